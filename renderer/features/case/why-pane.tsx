import type { CaseFile, FiredSignal } from '../../../core/contract/case.ts';
import { Pane } from '../../ui/pane.tsx';
import { ScoreBar } from './score-bar.tsx';
import styles from './why-pane.module.css';

/** How the signal has done so far: the share that analysts rejected, of those they decided. */
function Record({ record }: { readonly record: FiredSignal['record'] }) {
  const { decided, rejected } = record;
  if (decided === 0) return <span className={styles.record}>no decisions yet</span>;
  return (
    <span className={styles.record} title={`Of ${decided} decided cases with this signal, ${rejected} were rejected`}>
      <svg width="40" height="4" aria-hidden="true" className={styles.share}>
        <rect width="40" height="4" rx="2" />
        <rect width={(40 * rejected) / decided} height="4" rx="2" className={styles.rejected} />
      </svg>
      rejected {rejected} of {decided}
    </span>
  );
}

function Sum({ file }: { readonly file: CaseFile }) {
  const sum = file.signals.reduce((total, signal) => total + signal.points, 0);
  const pieces = file.signals.map((signal) => signal.points).join(' + ');
  if (sum === file.score) {
    return (
      <span className={styles.sum}>
        {pieces} = <strong>{file.score}</strong>
      </span>
    );
  }
  return (
    <span className={styles.wrong}>
      signals add up to {sum}, the score is {file.score}
    </span>
  );
}

/** Why the case is here: what adds up to the score, each with what a person can check. */
export function WhyPane({ file }: { readonly file: CaseFile }) {
  const signals = file.signals.toSorted((a, b) => b.points - a.points);
  const byPoints = { ...file, signals };
  return (
    <Pane heading="Why" aside={<Sum file={byPoints} />}>
      <ScoreBar signals={signals} score={file.score} band={file.band} />
      <ul role="list" aria-label="Signals" className={styles.signals}>
        {signals.map((signal) => (
          <li key={signal.name} className={styles.signal} data-signal={signal.name}>
            <span className={styles.points}>+{signal.points}</span>
            <h3 className={styles.label}>{signal.label}</h3>
            <Record record={signal.record} />
            <p className={`${styles.sentence ?? ''} selectable`}>{signal.sentence}</p>
          </li>
        ))}
      </ul>
      {file.innocent.length > 0 && (
        <div className={styles.innocent}>
          <h3>May speak for them</h3>
          <ul aria-label="May speak for them">
            {file.innocent.map((fact) => (
              <li key={fact} className="selectable">
                {fact}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Pane>
  );
}
