import { memo } from 'react';
import type { QueueRow } from '../../../core/contract/queue.ts';
import { signalLabel } from '../../../core/domain/signals.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { due, exactMoment, number, lineName } from '../../ui/format.ts';
import styles from './queue-grid.module.css';

type Props = {
  readonly index: number;
  readonly top: number;
  /** Undefined while its page is on the way. */
  readonly row: QueueRow | undefined;
  readonly selected: boolean;
  /** Whether Tab comes here. */
  readonly reachable: boolean;
  readonly now: number;
  readonly onOpen: (itemId: string) => void;
};

function Cells({ row, now }: { readonly row: QueueRow; readonly now: number }) {
  const deadline = due(row.dueAt, now);
  const open = row.status === 'pending' || row.status === 'escalated';
  return (
    <>
      <span role="gridcell" className={styles.score} data-band={row.priority}>
        <BandGlyph band={row.priority} />
        {row.score}
        <span className="visually-hidden"> {row.priority}</span>
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
        {open ? deadline.text : row.status}
      </span>
    </>
  );
}

export const QueueRowLine = memo(function QueueRowLine({ index, top, row, selected, reachable, now, onOpen }: Props) {
  return (
    <div
      role="row"
      className={styles.row}
      aria-rowindex={index + 1}
      aria-selected={selected}
      data-item-id={row?.itemId}
      tabIndex={reachable ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => row !== undefined && onOpen(row.itemId)}
    >
      {row === undefined ? (
        <span role="gridcell" className={styles.names}>
          <span className={styles.coming} />
          <span className="visually-hidden">Loading</span>
        </span>
      ) : (
        <Cells row={row} now={now} />
      )}
    </div>
  );
});
