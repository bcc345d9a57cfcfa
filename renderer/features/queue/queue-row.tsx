import { memo, type MouseEvent } from 'react';
import type { QueueRow } from '../../../core/contract/queue.ts';
import { signalLabel } from '../../../core/domain/signals.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { Icon } from '../../ui/icons.tsx';
import { due, exactMoment, initials, lineName, number } from '../../ui/format.ts';
import styles from './queue-grid.module.css';

type Props = {
  readonly index: number;
  readonly top: number;
  /** Undefined while its page is on the way. */
  readonly row: QueueRow | undefined;
  /** Whether it is the open case. */
  readonly selected: boolean;
  /** Whether it is chosen for a bulk session. */
  readonly picked: boolean;
  /** Who looks: one's own claim is no news. */
  readonly me: string | null;
  /** Whether Tab comes here. */
  readonly reachable: boolean;
  readonly now: number;
  readonly onClick: (row: QueueRow, index: number, event: MouseEvent) => void;
};

/** Where one's own decision on the case is, while it is not over. */
const OUTBOX_MARKS = {
  waiting: { icon: 'clock', title: 'Your decision waits to be sent' },
  troubled: { icon: 'differ', title: 'Your decision came back: it needs you (g s)' },
} as const;

function OutboxMark({ at }: { readonly at: NonNullable<QueueRow['outbox']> }) {
  const { icon, title } = OUTBOX_MARKS[at];
  return (
    <span className={styles.outbox} data-outbox={at} title={title}>
      <Icon name={icon} size={12} />
      <span className="visually-hidden">{title}</span>
    </span>
  );
}

/** Not written anew where the row only moves up. */
const Cells = memo(function Cells({
  row,
  picked,
  me,
  now,
}: { readonly row: QueueRow } & Pick<Props, 'picked' | 'me' | 'now'>) {
  const deadline = due(row.dueAt, now);
  const open = row.status === 'pending' || row.status === 'escalated';
  return (
    <>
      <span role="gridcell" className={styles.score} data-band={row.priority}>
        <BandGlyph band={row.priority} />
        {row.score}
        <span className="visually-hidden">
          {' '}
          {row.priority}
          {picked && ', selected'}
        </span>
      </span>
      <span role="gridcell" className={styles.names}>
        {lineName(row.referrerName)} <span className={styles.arrow}>→</span> {lineName(row.refereeName)}
        {row.referrerReferrals > 1 && (
          <span className={styles.accounts} title="Accounts this referrer has brought in">
            {number(row.referrerReferrals)} accounts
          </span>
        )}
      </span>
      <span role="gridcell" className={styles.stake} title="Credits that a decision is about">
        {number(row.stake)} cr
      </span>
      <span role="gridcell" className={styles.signals}>
        {row.signals.map(signalLabel).join(' · ')}
      </span>
      <span
        role="gridcell"
        className={styles.due}
        data-overdue={open && deadline.overdue}
        title={exactMoment(row.dueAt)}
      >
        {row.outbox !== null && <OutboxMark at={row.outbox} />}
        {row.claimedBy !== null && row.claimedBy !== me && (
          <span className={styles.claimed} title={`${row.claimedBy} is on it`}>
            {initials(row.claimedBy)}
          </span>
        )}
        {open ? deadline.text : row.status}
      </span>
    </>
  );
});

export const QueueRowLine = memo(function QueueRowLine({
  index,
  top,
  row,
  selected,
  picked,
  me,
  reachable,
  now,
  onClick,
}: Props) {
  return (
    <div
      role="row"
      className={styles.row}
      aria-rowindex={index + 1}
      aria-selected={selected}
      data-picked={picked}
      data-item-id={row?.itemId}
      tabIndex={reachable ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => row !== undefined && onClick(row, index, event)}
    >
      {row === undefined ? (
        <span role="gridcell" className={styles.names}>
          <span className={styles.coming} />
          <span className="visually-hidden">Loading</span>
        </span>
      ) : (
        <Cells row={row} picked={picked} me={me} now={now} />
      )}
    </div>
  );
});
