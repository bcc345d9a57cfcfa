import type { ConflictView, EvidenceSeen } from '../../../core/contract/sync.ts';
import { capital } from '../../ui/format.ts';
import { differences } from './evidence-diff.ts';
import styles from './evidence-change.module.css';

type Props = {
  readonly seen: EvidenceSeen;
  readonly now: NonNullable<ConflictView['now']>;
  readonly changes: readonly string[];
};

/** What was known when it was decided, and what is known now. */
export function EvidenceChange({ seen, now, changes }: Props) {
  return (
    <section className={styles.section} aria-labelledby="evidence-change">
      <h3 id="evidence-change" className={styles.heading}>
        What changed in the evidence
      </h3>
      {changes.length === 0 ? (
        <p className={styles.none}>Nothing: score, band and signals are as you saw them.</p>
      ) : (
        <ul className={styles.changes} aria-label="Changes">
          {changes.map((change) => (
            <li key={change} className="selectable">
              {change}
            </li>
          ))}
        </ul>
      )}
      <table className={styles.table}>
        <thead>
          <tr>
            <td />
            <th scope="col">When you decided</th>
            <th scope="col">
              Now <span className={styles.status}>{now.status}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {differences(seen, now).map((line) => (
            <tr key={line.name} data-changed={line.changed}>
              <th scope="row">{line.name}</th>
              <td>{line.seen === null ? '–' : capital(line.seen)}</td>
              <td>
                {line.now === null ? '–' : capital(line.now)}
                {line.changed && <span className={styles.mark}> changed</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
