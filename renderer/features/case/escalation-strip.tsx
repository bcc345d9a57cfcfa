import type { CaseFile } from '../../../core/contract/case.ts';
import { exactMoment, moment } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { useNow } from '../../ui/now.ts';
import { useReasonLabel } from './reasons.ts';
import styles from './strip.module.css';

/** Under the head of an escalated case: who handed it to a lead, why, and with what note. */
export function EscalationStrip({ file }: { readonly file: CaseFile }) {
  const now = useNow();
  const labelOf = useReasonLabel();
  if (file.status !== 'escalated') return null;
  const made = file.decisions.findLast((other) => other.decision === 'escalate' && !other.isUndone);
  return (
    <div className={styles.strip} role="note" aria-label="Escalation">
      <Icon name="escalated" size={14} />
      {made === undefined ? (
        <p>With a lead because two analysts decided differently.</p>
      ) : (
        <p className={`${styles.text ?? ''} selectable`} title={made.note ?? undefined}>
          <strong>Escalated by {made.by}</strong>{' '}
          <time dateTime={made.at} title={exactMoment(made.at)}>
            {moment(made.at, now)}
          </time>{' '}
          · {labelOf(made.reason)}
          {made.note !== null && <> “{made.note}”</>}
        </p>
      )}
    </div>
  );
}
