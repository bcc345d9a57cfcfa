import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { Link } from '@tanstack/react-router';
import type { BulkItems, BulkSession } from '../../../core/contract/bulk.ts';
import { signalLabel } from '../../../core/domain/signals.ts';
import { failureText } from '../../app/bridge.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { lineName } from '../../ui/format.ts';
import { useBulkItems } from './bulk-queries.ts';
import { OUTCOME_LABELS } from './session-words.ts';
import styles from './items-table.module.css';

const ROW_HEIGHT = 28;
const FIRST_SCREEN = 40;

type Item = BulkItems['rows'][number];

function outcomeText({ outcome, undone }: Item): string {
  if (outcome === null) return 'Not decided';
  return undone ? `${OUTCOME_LABELS[outcome]}, taken back` : OUTCOME_LABELS[outcome];
}

function Cells({ item }: { readonly item: Item }) {
  const { row, message } = item;
  return (
    <>
      <span role="cell" className={styles.score} data-band={row.priority}>
        <BandGlyph band={row.priority} />
        {row.score}
        <span className="visually-hidden"> {row.priority}</span>
      </span>
      <span role="cell" className={styles.names}>
        <Link to="/queue/{-$itemId}" params={{ itemId: row.itemId }} className={styles.open}>
          {lineName(row.referrerName)} → {lineName(row.refereeName)}
        </Link>
      </span>
      <span role="cell" className={styles.signals}>
        {row.signals.map(signalLabel).join(' · ')}
      </span>
      <span role="cell" className={styles.outcome} data-outcome={item.undone ? 'undone' : item.outcome}>
        {outcomeText(item)}
      </span>
      <span role="cell" className={styles.message} title={message ?? undefined}>
        {message}
      </span>
    </>
  );
}

/** Every item of the session with what became of it, however many there are. */
export function ItemsTable({ session }: { readonly session: BulkSession }) {
  const scroller = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing here is compiled for memoisation
  const virtualizer = useVirtualizer({
    count: session.items,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    useFlushSync: false,
  });
  const shown = virtualizer.getVirtualItems();
  const items = useBulkItems(session, shown[0]?.index ?? 0, shown.at(-1)?.index ?? FIRST_SCREEN);
  return (
    <div role="table" aria-label="Items" aria-rowcount={session.items + 1} className={styles.table}>
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className={styles.head}>
          <span role="columnheader">Score</span>
          <span role="columnheader">Referral</span>
          <span role="columnheader">Signals</span>
          <span role="columnheader">Outcome</span>
          <span role="columnheader">Remark</span>
        </div>
      </div>
      {items.error !== null && (
        <p role="alert" className={styles.failed}>
          The items could not be read. {failureText(items.error)}
        </p>
      )}
      <div ref={scroller} role="rowgroup" className={styles.scroller} tabIndex={0} aria-label="Items">
        <div role="presentation" style={{ height: virtualizer.getTotalSize() }} className={styles.rows}>
          {shown.map(({ index, start }) => {
            const item = items.rowAt(index);
            return (
              <div
                key={index}
                role="row"
                aria-rowindex={index + 2}
                data-item-id={item?.row.itemId}
                className={styles.row}
                style={{ transform: `translateY(${start}px)` }}
              >
                {item === undefined ? <span role="cell" className={styles.coming} /> : <Cells item={item} />}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
