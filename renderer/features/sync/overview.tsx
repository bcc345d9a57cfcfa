import { Link } from '@tanstack/react-router';
import { counted } from '../../../core/domain/counted.ts';
import { useMay } from '../../app/connection.ts';
import { tryNow, useSyncStatus } from '../../app/sync-state.ts';
import { CommandKey } from '../../ui/command-key.tsx';
import { clockTime, exactMoment, number } from '../../ui/format.ts';
import { useWallClock } from '../../ui/now.ts';
import { Figure, Figures } from '../bulk/figures.tsx';
import { Handed } from './handed.tsx';
import { linkWords, nextTryWords } from './link-words.ts';
import styles from './overview.module.css';

/** With nothing open: where the link stands, and how much waits for what. */
export function Overview() {
  const status = useSyncStatus();
  const now = useWallClock();
  const { lead } = useMay();
  if (status === undefined) return <p className={styles.late}>Asking where the outbox stands</p>;
  const { link, reason, nextTryAt, offlineSince, pulledAt, waiting, troubled, awaitingSecond, kept } = status;
  const words = linkWords(status, now);
  return (
    <div className={styles.page} role="group" aria-label="Where it stands" tabIndex={0}>
      <h2 className={styles.title}>
        <span aria-hidden="true" className={styles.sign} data-tone={words.tone}>
          {words.sign}
        </span>
        {link === 'online' && 'On-line'}
        {link === 'connecting' && 'Connecting'}
        {link === 'offline' && (offlineSince === null ? 'Off-line' : `Off-line since ${clockTime(offlineSince, now)}`)}
      </h2>
      <p className={styles.text}>
        {link === 'online' && (reason === null || waiting === 0) && 'Decisions are sent as they are made.'}
        {link === 'online' && reason !== null && waiting > 0 && 'What waits is kept on this computer.'}
        {link !== 'online' &&
          'You can go on deciding. Decisions are kept on this computer and sent when the server answers.'}
      </p>
      {link === 'online' && reason !== null && <p className={`${styles.wrong ?? ''} selectable`}>{reason}</p>}
      {link !== 'online' && (
        <div className={styles.try}>
          <button type="button" className={styles.action} onClick={() => void tryNow()}>
            Try now <CommandKey id="tryNow" />
          </button>
          <p className={`${styles.quiet ?? ''} selectable`}>
            {reason} {nextTryWords(nextTryAt, now)}
          </p>
        </div>
      )}
      <div className={styles.figures}>
        <Figures>
          <Figure name="waiting to be sent">{number(waiting)}</Figure>
          <Figure name={troubled === 1 ? 'needs you' : 'need you'}>{number(troubled)}</Figure>
          <Figure name="with a second analyst">{number(awaitingSecond)}</Figure>
        </Figures>
      </div>
      <dl className={styles.facts}>
        <dt>Last sync</dt>
        <dd>{pulledAt === null ? 'never' : <span title={exactMoment(pulledAt)}>{clockTime(pulledAt, now)}</span>}</dd>
        <dt>Kept for off-line use</dt>
        <dd>
          {number(kept.present)} of {counted(kept.wanted, 'open case')} with all evidence.{' '}
          <Link to="/settings" className={styles.link}>
            Change
          </Link>
        </dd>
      </dl>
      {lead && <Handed />}
    </div>
  );
}
