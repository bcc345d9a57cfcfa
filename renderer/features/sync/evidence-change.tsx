import type { ConflictView, EvidenceSeen } from '../../../core/contract/sync.ts';
import { capital } from '../../ui/format.ts';
import { unchangedWords } from './conflict-words.ts';
import { differences } from './evidence-diff.ts';
import styles from './evidence-change.module.css';

type Props = {
  readonly view: ConflictView;
  readonly seen: EvidenceSeen;
  readonly now: NonNullable<ConflictView['now']>;
};

/** What was known when it was decided, and what is known now; nothing of now where that is of before the answer. */
export function EvidenceChange({ view, seen, now }: Props) {
  const changes = view.isBehind ? [] : view.changes;
  return (
    <section className={styles.section} aria-labelledby="evidence-change">
      <h3 id="evidence-change" className={styles.heading}>
        What changed in the evidence
      </h3>
      {changes.length === 0 ? (
        <p className={styles.none}>{unchangedWords(view)}</p>
      ) : (
        <ul className={styles.changes} aria-label="Changes">
          {changes.map((change) => (
            <li key={change} className="selectable">
              {change}
            </li>
          ))}
        </ul>
      )}
      {!view.isBehind && <Table seen={seen} now={now} />}
    </section>
  );
}

function Table({ seen, now }: Omit<Props, 'view'>) {
  return (
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
  );
}
