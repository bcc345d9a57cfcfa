import type { CaseFile } from '../../../core/contract/case.ts';
import { exactMoment, moment, words } from '../../ui/format.ts';
import { doneWord } from './decisions-made.ts';
import styles from './timeline.module.css';

export function DecisionsSoFar({
  decisions,
  now,
}: {
  readonly decisions: CaseFile['decisions'];
  readonly now: number;
}) {
  if (decisions.length === 0) return null;
  return (
    <ul className={styles.decisions} aria-label="Decisions so far">
      {decisions.map((made, place) => (
        <li key={`${place} ${made.at}`}>
          <time dateTime={made.at} title={exactMoment(made.at)} className={styles.at}>
            {moment(made.at, now)}
          </time>
          <span className="selectable">
            <strong>{doneWord(made.decision)}</strong> by {made.by}: {words(made.reason)}
            {made.note !== null && <span className={styles.noteText}> “{made.note}”</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
