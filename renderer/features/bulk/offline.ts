import { create } from 'zustand';
import type { BulkStart } from '../../../core/contract/bulk.ts';
import type { OfflineBulkPreview } from '../../../core/contract/sync.ts';
import { counted } from '../../../core/domain/counted.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { refreshReviews } from '../../app/connection.ts';
import { capital } from '../../ui/format.ts';
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
  /** Of which the time to undo them is over. */
  readonly late: number;
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
    return { request, words, preview, state: 'preview', withdrawn: 0, undos: 0, late: 0 };
  });
}

/** Puts all of its decisions into the outbox, or none. */
export function putIntoOutbox(session: OfflineSession): Promise<boolean> {
  return call('Not put into the outbox', async () => {
    const preview = await ask('sync.bulk', session.request);
    unselect();
    say(`${counted(preview.willDecide, 'decision')} will be sent when on-line`);
    return { ...session, preview, state: 'waiting' };
  });
}

/** Withdraws those that were not sent meanwhile, and undoes the others. */
export function takeAllBack(session: OfflineSession): Promise<boolean> {
  return call('Not taken back', async () => {
    const back = await ask('sync.withdrawBulk', { sessionId: session.request.sessionId });
    say(back.undos > 0 ? 'The bulk session is being taken back' : 'The bulk session is taken back');
    return { ...session, state: 'taken_back', ...back };
  });
}

export function closeOffline(): void {
  useOfflineSession.setState({ session: null });
}
