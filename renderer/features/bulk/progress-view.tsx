import type { BulkSession } from '../../../core/contract/bulk.ts';
import { number } from '../../ui/format.ts';
import { useCommands } from '../../ui/registry.ts';
import { move, useBulkActions } from './actions.ts';
import { Action, ActionBar } from './action-bar.tsx';
import { useStalled } from './bulk-queries.ts';
import { OutcomeCounts } from './outcome-counts.tsx';
import { Problem } from './problem.tsx';
import { progressOf } from './session-words.ts';
import styles from './progress-view.module.css';

const HEADINGS: { readonly [S in BulkSession['state']]?: string } = {
  running: 'Deciding',
  paused: 'Paused after',
  undoing: 'Taking back',
};

/** How far it is, with the ways to stop it and to go on. */
export function ProgressView({ session }: { readonly session: BulkSession }) {
  const busy = useBulkActions((state) => state.busy);
  const stalled = useStalled(session);
  const { sessionId, state, isMine } = session;
  const { done, total } = progressOf(session);
  const undoing = state === 'undoing';
  const goesOn = state === 'paused' || stalled;
  const go = () => void move(undoing ? 'bulk.undo' : 'bulk.run', sessionId);
  const pause = () => void move('bulk.pause', sessionId);
  useCommands(isMine && !busy ? (goesOn ? { run: go } : { pause }) : {});
  const heading = HEADINGS[state] ?? '';
  return (
    <>
      <div className={styles.content} role="group" aria-label="Progress" tabIndex={0}>
        <p className={styles.count}>
          {heading} <strong>{number(done)}</strong> of {number(total)}
        </p>
        <progress className={styles.bar} aria-label={heading} value={done} max={Math.max(total, 1)} />
        {stalled && (
          <p role="alert" className={styles.stalled}>
            Nothing has moved for a while: the program that ran it may have ended. Go on; nothing is done twice.
          </p>
        )}
        <OutcomeCounts session={session} />
        <Problem sessionId={sessionId} />
      </div>
      {isMine && (
        <ActionBar>
          {goesOn ? (
            <Action primary command="run" available={!busy} onPress={go}>
              Go on
            </Action>
          ) : (
            <Action command="pause" available={!busy} onPress={pause}>
              Pause
            </Action>
          )}
          {!undoing && (
            <Action available={!busy} onPress={() => void move('bulk.cancel', sessionId)}>
              Cancel the rest
            </Action>
          )}
          <p>
            {undoing
              ? 'What is not taken back yet stands.'
              : 'Pausing and cancelling wait for the batch at hand; what is decided stays.'}
          </p>
        </ActionBar>
      )}
    </>
  );
}
