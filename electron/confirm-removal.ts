import type { MessageBoxOptions } from 'electron';
import { type CallOutcome, METHODS, type MethodName, type MethodRequest } from '../core/contract/methods.ts';
import type { CacheSettings } from '../core/contract/sync.ts';
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
  const told = await call('sync.settings', {});
  const settings = told.ok ? (METHODS['sync.settings'].response.safeParse(told.value).data ?? null) : null;
  const { message, detail } =
    method === 'sync.wipe'
      ? ownWords(settings)
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

function ownWords(settings: CacheSettings | null): Words {
  return {
    message: 'Remove the copy of the queue from this computer?',
    detail: settings === null ? UNKNOWN : lossOf(settings),
  };
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

const UNKNOWN =
  'It cannot be read, so that nobody knows whether decisions wait in it. Those that no server has taken would be lost for good.';

function lossOf({ undelivered, unsettled }: Pick<CacheSettings, 'undelivered' | 'unsettled'>): string {
  const lost = notOverWords({ undelivered, unsettled });
  return lost.length === 0
    ? 'Every decision was delivered; nothing is lost.'
    : `This destroys what is nowhere else: ${lost.join(', ')}.`;
}
