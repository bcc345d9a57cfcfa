import type { BulkSession } from '../../../core/contract/bulk.ts';
import { counted } from '../../../core/domain/counted.ts';
import { useReadyWorkspace } from '../../app/connection.ts';
import { exactMoment, moment } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { useCommands } from '../../ui/registry.ts';
import { move, saveReport, useBulkActions } from './actions.ts';
import { Action, ActionBar } from './action-bar.tsx';
import { ItemsTable } from './items-table.tsx';
import { OutcomeCounts } from './outcome-counts.tsx';
import { Problem } from './problem.tsx';
import { mayUndo, progressOf } from './session-words.ts';
import styles from './result-view.module.css';

/** How it ended, item by item; to keep, and to take back as a whole. */
export function ResultView({ session }: { readonly session: BulkSession }) {
  const now = useNow();
  const workspace = useReadyWorkspace();
  const busy = useBulkActions((state) => state.busy);
  const { sessionId, finishedAt, state, outcomes } = session;
  const undoable =
    workspace !== null && mayUndo(session, { lead: workspace.may.lead, undoMinutes: workspace.undoMinutes }, now);
  const save = () => void saveReport(session);
  useCommands({ report: save });
  const takenBack = (outcomes['applied'] ?? 0) + (outcomes['awaiting_second'] ?? 0);
  return (
    <>
      <div className={styles.content}>
        {state === 'undone' && (
          <p className={styles.undone}>
            <strong>{counted(progressOf(session).done, 'decision')} taken back.</strong> What had been decided:
          </p>
        )}
        <OutcomeCounts session={session} />
        <Problem sessionId={sessionId} />
        <ItemsTable session={session} />
      </div>
      <ActionBar>
        <Action command="report" onPress={save}>
          Save report (CSV)
        </Action>
        {undoable && (
          <Action available={!busy} onPress={() => void move('bulk.undo', sessionId)}>
            Undo all {takenBack.toLocaleString('en-GB')}
          </Action>
        )}
        {finishedAt !== null && (
          <p title={exactMoment(finishedAt)}>
            Ended {moment(finishedAt, now)}
            {undoable && !workspace.may.lead && ` · can be undone for ${workspace.undoMinutes} min after that`}
          </p>
        )}
      </ActionBar>
    </>
  );
}
