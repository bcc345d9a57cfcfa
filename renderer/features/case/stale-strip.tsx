import type { CaseAnswer } from '../../../core/contract/case.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { exactMoment, moment } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { useNow } from '../../ui/now.ts';
import styles from './strip.module.css';

/**
 * Under the head of a case whose evidence is of before its last change, or that is read off-line: of when it is. Others at its addresses,
 * and their credits, may have changed since without a word of it.
 */
export function StaleStrip({ isStale, readAt }: Extract<CaseAnswer, { readonly state: 'whole' }>) {
  const now = useNow();
  const isOnline = useIsOnline();
  if (!isStale && isOnline) return null;
  const title = isStale ? 'Changed since' : 'Off-line';
  return (
    <div className={styles.strip} role="note" aria-label={title}>
      <Icon name="clock" size={14} />
      <p className={styles.text}>
        <strong>{title}:</strong> what you see was read{' '}
        <time dateTime={readAt} title={exactMoment(readAt)}>
          {moment(readAt, now)}
        </time>
        . {isOnline ? 'It is being read anew.' : 'It is read anew when you are on-line again.'}
      </p>
    </div>
  );
}
