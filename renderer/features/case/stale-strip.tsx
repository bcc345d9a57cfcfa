import type { CaseFile } from '../../../core/contract/case.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { exactMoment, moment } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { useNow } from '../../ui/now.ts';
import styles from './strip.module.css';

/** Under the head of a case whose evidence is of before its last change, and cannot be read anew now. */
export function StaleStrip({ file }: { readonly file: CaseFile }) {
  const now = useNow();
  const isOnline = useIsOnline();
  return (
    <div className={styles.strip} role="note" aria-label="Changed since">
      <Icon name="clock" size={14} />
      <p className={styles.text}>
        <strong>Changed since:</strong> what you see was scored{' '}
        <time dateTime={file.scoredAt} title={exactMoment(file.scoredAt)}>
          {moment(file.scoredAt, now)}
        </time>
        . {isOnline ? 'It is being read anew.' : 'It is read anew when you are on-line again.'}
      </p>
    </div>
  );
}
