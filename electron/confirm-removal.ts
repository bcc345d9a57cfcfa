import type { MessageBoxOptions } from 'electron';
import {
  type CallOutcome,
  METHODS,
  type MethodName,
  type MethodRequest,
  type MethodResponse,
} from '../core/contract/methods.ts';
import type { CacheSettings } from '../core/contract/sync.ts';
import { counted } from '../core/domain/counted.ts';
import { notOverWords } from '../core/domain/not-over-words.ts';
import type { Supervisor } from './host/supervisor.ts';

export type RemovalMethod = 'sync.wipe' | 'sync.wipeOther';

export type ConfirmNeeds = {
  readonly call: Supervisor['call'];
  /** The system's own dialog; resolves with the index of the button. */
  readonly ask: (options: MessageBoxOptions) => Promise<number>;
};

const KEEP = 0;
const REMOVE = 1;

export const isRemoval = (method: MethodName): method is RemovalMethod =>
  method === 'sync.wipe' || method === 'sync.wipeOther';

/**
 * Removes a copy once the person has agreed in a dialog of the system: decisions that are nowhere else are not destroyed by what a page
 * calls. A removal that the host refuses while it would lose anything needs no question.
 */
export async function removeCopy(
  method: RemovalMethod,
  request: MethodRequest<MethodName>,
  { call, ask }: ConfirmNeeds,
): Promise<Awaited<ReturnType<Supervisor['call']>>> {
  if (method === 'sync.wipe' && !METHODS['sync.wipe'].request.parse(request).evenUndelivered)
    return call(method, request);
  const settings = await answerOf(call, 'sync.settings');
  const { message, detail } =
    method === 'sync.wipe'
      ? { message: 'Remove the copy of the queue from this computer?', detail: await ownLoss(call, settings) }
      : otherWords(settings, METHODS['sync.wipeOther'].request.parse(request).copy);
  const chosen = await ask({
    type: 'warning',
    title: 'Umpire',
    message,
    detail,
    buttons: ['Keep it', 'Remove it'],
    defaultId: KEEP,
    cancelId: KEEP,
    noLink: true,
  });
  const kept: CallOutcome<RemovalMethod> = { ok: true, value: { removed: false } };
  return chosen === REMOVE ? call(method, request) : kept;
}

type Words = Required<Pick<MessageBoxOptions, 'message' | 'detail'>>;

async function answerOf<M extends 'sync.settings' | 'workspace.status'>(
  call: ConfirmNeeds['call'],
  method: M,
): Promise<MethodResponse<M> | null> {
  const told = await call(method, {});
  const answer = told.ok ? METHODS[method].response.safeParse(told.value) : null;
  return answer?.success === true ? (answer.data as MethodResponse<M>) : null;
}

/** What goes with this copy. Where it is closed, the host may still know: of a disabled account it keeps what is not over. */
async function ownLoss(call: ConfirmNeeds['call'], settings: CacheSettings | null): Promise<string> {
  if (settings !== null) return lossOf(settings);
  const status = await answerOf(call, 'workspace.status');
  const lost = status?.state === 'failed' ? (status.removal?.lost ?? null) : null;
  if (lost === null) return UNKNOWN;
  return lost === 0
    ? NOTHING_LOST
    : `This destroys what is nowhere else: ${counted(lost, 'decision')} that no server has taken or nobody has settled.`;
}

function otherWords(settings: CacheSettings | null, copy: string): Words {
  const other = settings?.others.find((one) => one.copy === copy);
  const whose =
    other === undefined || other.address === null
      ? 'another copy'
      : `the copy of ${other.login ?? ''} on ${other.address}`;
  return {
    message: `Remove ${whose} from this computer?`,
    detail:
      other === undefined || other.undelivered === null || other.unsettled === null
        ? UNKNOWN
        : lossOf({ undelivered: other.undelivered, unsettled: other.unsettled }),
  };
}

const NOTHING_LOST = 'Every decision was delivered; nothing is lost.';
const UNKNOWN =
  'It cannot be read, so that nobody knows whether decisions wait in it. Those that no server has taken would be lost for good.';

function lossOf({ undelivered, unsettled }: Pick<CacheSettings, 'undelivered' | 'unsettled'>): string {
  const lost = notOverWords({ undelivered, unsettled });
  return lost.length === 0 ? NOTHING_LOST : `This destroys what is nowhere else: ${lost.join(', ')}.`;
}
