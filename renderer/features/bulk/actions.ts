import { create } from 'zustand';
import type { BulkSession, BulkStart } from '../../../core/contract/bulk.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { refreshReviews, tellBulkSession } from '../../app/connection.ts';
import { say } from '../case/decisions-made.ts';

/** The calls that are on their way, and what went wrong last; one at a time. */
type State = { readonly busy: boolean; readonly problem: { readonly sessionId: string; readonly text: string } | null };

export const useBulkActions = create<State>()(() => ({ busy: false, problem: null }));

type Step = 'bulk.run' | 'bulk.pause' | 'bulk.cancel' | 'bulk.undo';

async function call(sessionId: string, failed: string, work: () => Promise<BulkSession>): Promise<BulkSession | null> {
  if (useBulkActions.getState().busy) return null;
  useBulkActions.setState({ busy: true, problem: null });
  try {
    const session = await work();
    tellBulkSession(session);
    return session;
  } catch (error) {
    useBulkActions.setState({ problem: { sessionId, text: `${failed}: ${failureText(error)}` } });
    return null;
  } finally {
    useBulkActions.setState({ busy: false });
    refreshReviews();
  }
}

const FAILED: { readonly [S in Step]: string } = {
  'bulk.run': 'Not run',
  'bulk.pause': 'Not paused',
  'bulk.cancel': 'Not cancelled',
  'bulk.undo': 'Not undone',
};

/** Moves a session on; where it then stands is told to every screen. */
export function move(step: Step, sessionId: string): Promise<BulkSession | null> {
  return call(sessionId, FAILED[step], () => ask(step, { sessionId }));
}

/** Freezes a choice. Null where it was refused; `problem` says why. */
export function start(request: BulkStart): Promise<BulkSession | null> {
  return call('', 'Not started', () => ask('bulk.start', request));
}

/** Asks where to save the report of a session, and says at the foot what became of it. */
export async function saveReport(session: BulkSession): Promise<void> {
  try {
    const { csv } = await ask('bulk.report', { sessionId: session.sessionId });
    const day = session.createdAt.slice(0, 10);
    const name = `umpire-bulk-${day}-${session.sessionId.slice(-8)}.csv`;
    const { saved } = await ask('file.save', { name, text: csv });
    if (saved) say('Report saved');
  } catch (error) {
    say(`Report not saved: ${failureText(error)}`);
  }
}
