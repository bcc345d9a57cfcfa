import { useQuery } from '@tanstack/react-query';
import { create } from 'zustand';
import type { BulkStart } from '../../../core/contract/bulk.ts';
import type { OfflineBulkPreview } from '../../../core/contract/sync.ts';
import { counted } from '../../../core/domain/counted.ts';
import { UNDELIVERED } from '../../../core/domain/outbox.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { refreshReviews } from '../../app/connection.ts';
import { capital, number } from '../../ui/format.ts';
import { say } from '../case/decisions-made.ts';
import { unselect } from '../queue/selection.ts';
import { useBulkActions } from './actions.ts';

/** A bulk session without a server: what it would do by what the cache knows, then its decisions in the outbox. */
export type OfflineSession = {
  readonly request: BulkStart;
  /** How it was chosen, in words. */
  readonly words: string;
  readonly preview: OfflineBulkPreview;
  readonly state: 'preview' | 'waiting' | 'taken_back';
  /** Of those taken back: how many had not been sent, and how many are undone by an operation each. */
  readonly withdrawn: number;
  readonly undos: number;
};

export const useOfflineSession = create<{ readonly session: OfflineSession | null }>()(() => ({ session: null }));

/** "Put 240 decisions into the outbox". */
export function putWords({ willDecide }: OfflineBulkPreview): string {
  return willDecide === 0 ? 'Nothing to decide' : `Put ${counted(willDecide, 'decision')} into the outbox`;
}

/** "Reject 240 cases". */
export function offlineTitle({ request, preview }: Pick<OfflineSession, 'request' | 'preview'>): string {
  return `${capital(request.decision)} ${counted(preview.items, 'case')}`;
}

/** How many of its decisions no server has answered yet; undefined until that is known. */
export function useStillWaiting({ request: { sessionId } }: OfflineSession): number | undefined {
  return useQuery({
    queryKey: ['outbox', 'session', sessionId],
    queryFn: () => ask('sync.outbox', { states: [...UNDELIVERED], sessionId, offset: 0, limit: 1 }),
  }).data?.total;
}

/** Where its decisions are by now; null until it is known how many of them still wait. */
export function waitingWords(
  all: number,
  waiting: number | undefined,
  isOnline: boolean,
): readonly [string, string] | null {
  if (waiting === undefined) return null;
  const rest = 'The outbox tells what became of each.';
  if (waiting === 0) return [`None of the ${counted(all, 'decision')} waits to be sent.`, rest];
  const many = waiting < all ? `${number(waiting)} of ${counted(all, 'decision')}` : counted(all, 'decision');
  const how = isOnline ? 'being sent' : 'sent when you are on-line again';
  return [
    `${many} ${waiting === 1 ? 'waits' : 'wait'} in the outbox.`,
    `${waiting === 1 ? 'It is' : 'They are'} ${how}.`,
  ];
}

async function call(failed: string, work: () => Promise<OfflineSession>): Promise<boolean> {
  if (useBulkActions.getState().busy) return false;
  useBulkActions.setState({ busy: true, problem: null });
  try {
    useOfflineSession.setState({ session: await work() });
    return true;
  } catch (error) {
    useBulkActions.setState({ problem: { sessionId: '', text: `${failed}: ${failureText(error)}` } });
    return false;
  } finally {
    useBulkActions.setState({ busy: false });
    refreshReviews();
  }
}

/** Counts what it would do; nothing is decided. False where it could not be. */
export function previewOffline(request: BulkStart, words: string): Promise<boolean> {
  return call('Not previewed', async () => {
    const preview = await ask('sync.bulkPreview', request);
    return { request, words, preview, state: 'preview', withdrawn: 0, undos: 0 };
  });
}

/** Puts all of its decisions into the outbox, or none. */
export function putIntoOutbox(session: OfflineSession): Promise<boolean> {
  return call('Not put into the outbox', async () => {
    const preview = await ask('sync.bulk', session.request);
    unselect();
    say(`${counted(preview.willDecide, 'decision')} put into the outbox`);
    return { ...session, preview, state: 'waiting' };
  });
}

/** Withdraws those that were not sent meanwhile, and undoes the others. */
export function takeAllBack(session: OfflineSession): Promise<boolean> {
  return call('Not taken back', async () => {
    const back = await ask('sync.withdrawBulk', { sessionId: session.request.sessionId });
    say(takenBackWords(back));
    return { ...session, state: 'taken_back', ...back };
  });
}

/** What is only asked for is not done yet. */
export function takenBackWords({ undos }: Pick<OfflineSession, 'undos'>): string {
  return undos > 0 ? 'The bulk session is being taken back' : 'The bulk session is taken back';
}

/** Forgets the session; its decisions stay in the outbox. */
export function closeOffline(): void {
  useOfflineSession.setState({ session: null });
}
