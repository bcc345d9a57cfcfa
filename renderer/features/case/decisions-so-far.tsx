import type { CaseFile } from '../../../core/contract/case.ts';
import { exactMoment, moment } from '../../ui/format.ts';
import { actWord, doneWord } from './decision-words.ts';
import { useReasonLabel } from './reasons.ts';
import { TakeBackButton } from './take-back-button.tsx';
import styles from './timeline.module.css';

/** Without effect until a second analyst agrees; only one's own are told. */
function isWaiting(made: CaseFile['decisions'][number]): boolean {
  return made.undo === 'withdrawal' && !made.isUndone;
}

/** What was decided, taken back or in force; with the way back where this login has one. */
export function DecisionsSoFar({ file, now }: { readonly file: CaseFile; readonly now: number }) {
  const labelOf = useReasonLabel();
  if (file.decisions.length === 0) return null;
  return (
    <ul className={styles.decisions} aria-label="Decisions so far">
      {file.decisions.map((made) => (
        <li key={made.decisionId} data-undone={made.isUndone}>
          <time dateTime={made.at} title={exactMoment(made.at)} className={styles.at}>
            {moment(made.at, now)}
          </time>
          <span className={`${styles.made ?? ''} selectable`}>
            <span className={styles.what}>
              <strong>{isWaiting(made) ? actWord(made.decision) : doneWord(made.decision)}</strong> by {made.by}:{' '}
              {labelOf(made.reason)}
            </span>
            {made.note !== null && <span className={styles.noteText}> “{made.note}”</span>}
            {made.isUndone && <span className={styles.undone}> undone</span>}
            {isWaiting(made) && <span className={styles.noteText}> waits for a second analyst</span>}
          </span>
          {made.undo !== null && !made.isUndone && (
            <TakeBackButton file={file} what={{ decisionId: made.decisionId, made: made.decision, kind: made.undo }} />
          )}
        </li>
      ))}
    </ul>
  );
}
