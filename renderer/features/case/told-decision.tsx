import type { CaseFile } from '../../../core/contract/case.ts';
import { exactMoment, moment } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { useReasonLabel } from './reasons.ts';
import styles from './told-decision.module.css';

/** When, why, and what was noted: one line. */
export function ToldDecision({ made }: { readonly made: CaseFile['decisions'][number] }) {
  const now = useNow();
  const reason = useReasonLabel()(made.reason);
  const text = made.note === null ? reason : `${reason} “${made.note}”`;
  return (
    <p className={`${styles.line ?? ''} selectable`} title={text}>
      <time dateTime={made.at} title={exactMoment(made.at)}>
        {moment(made.at, now)}
      </time>{' '}
      · {reason}
      {made.note !== null && <span className={styles.note}> “{made.note}”</span>}
    </p>
  );
}
