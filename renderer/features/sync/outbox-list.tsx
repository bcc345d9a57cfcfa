import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { OutboxRow } from '../../../core/contract/sync.ts';
import { failureText } from '../../app/bridge.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { clockTime, exactMoment, lineName } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { useReasonLabel } from '../case/reasons.ts';
import { useOutboxFilter } from './outbox-filter.ts';
import type { OutboxRows } from './outbox-rows.ts';
import { isTroubled, signOf, standing, whatWords } from './outbox-words.ts';
import { StateGlyph } from './state-glyph.tsx';
import styles from './outbox-list.module.css';

const ROW_HEIGHT = 44;
const OVERSCAN = 12;

function Cells({ row, now }: { readonly row: OutboxRow; readonly now: number }) {
  const labelOf = useReasonLabel();
  const what = row.reason === null ? whatWords(row) : `${whatWords(row)} · ${labelOf(row.reason)}`;
  return (
    <>
      <span role="gridcell" className={styles.sign} title={standing(row)}>
        <StateGlyph sign={signOf(row)} />
      </span>
      <span role="gridcell" className={styles.names}>
        <span className={styles.score} data-band={row.priority}>
          <BandGlyph band={row.priority} size={12} />
          {row.score}
          <span className="visually-hidden"> {row.priority}</span>
        </span>
        {lineName(row.referrerName)} <span className={styles.arrow}>→</span> {lineName(row.refereeName)}
      </span>
      <span role="gridcell" className={styles.at}>
        <time dateTime={row.decidedAt} title={exactMoment(row.decidedAt)}>
          {clockTime(row.decidedAt, now)}
        </time>
      </span>
      <span role="gridcell" className={styles.what} title={row.note ?? undefined}>
        {what}
        {row.note !== null && <span className={styles.note}> “{row.note}”</span>}
      </span>
      <span role="gridcell" className={styles.state} data-troubled={isTroubled(row)} title={row.message ?? undefined}>
        {standing(row)}
      </span>
    </>
  );
}

function Empty() {
  const view = useOutboxFilter((filter) => filter.view);
  if (view === 'troubled') return <p className={styles.none}>Nothing needs you.</p>;
  if (view === 'waiting') return <p className={styles.none}>Nothing waits: every decision was answered.</p>;
  return <p className={styles.none}>Nothing here. What you decide goes through this list.</p>;
}

/** The operations on the screen, of however many there are. One row takes Tab, the arrows move. */
export function OutboxList({
  rows,
  place,
  onVisible,
  onOpen,
  onStep,
}: {
  readonly rows: OutboxRows;
  /** Of the open one, -1 where it is not among those shown. */
  readonly place: number;
  readonly onVisible: (range: { readonly first: number; readonly last: number }) => void;
  readonly onOpen: (id: string) => void;
  readonly onStep: (by: 1 | -1) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow();
  // oxlint-disable-next-line react/incompatible-library -- nothing here is compiled for memoisation
  const virtualizer = useVirtualizer({
    count: rows.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    useFlushSync: false,
  });
  const shown = virtualizer.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? 40;
  useEffect(() => onVisible({ first, last }), [first, last, onVisible]);
  useEffect(() => {
    if (place < 0) return;
    virtualizer.scrollToIndex(place, { align: 'auto' });
    const list = scroller.current;
    if (list?.contains(document.activeElement) !== true) return;
    list.querySelector<HTMLElement>('[aria-selected=true]')?.focus({ preventScroll: true });
  }, [place, virtualizer]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    onStep(event.key === 'ArrowDown' ? 1 : -1);
    event.preventDefault();
  };
  return (
    <>
      {rows.error !== null && (
        <p role="alert" className={styles.none}>
          The outbox could not be read. {failureText(rows.error)}
        </p>
      )}
      {rows.error === null && rows.byState !== null && rows.total === 0 && <Empty />}
      <div
        ref={scroller}
        className={styles.grid}
        role="grid"
        aria-label="Decisions"
        aria-rowcount={rows.total}
        aria-colcount={5}
        tabIndex={rows.total === 0 ? 0 : -1}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" className={styles.rows} style={{ height: virtualizer.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const row = rows.rowAt(index);
            return (
              <div
                key={index}
                role="row"
                className={styles.row}
                aria-rowindex={index + 1}
                aria-selected={index === place}
                data-id={row?.id}
                data-state={row?.state}
                data-item-id={row?.itemId}
                tabIndex={index === Math.max(place, 0) ? 0 : -1}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => row !== undefined && onOpen(row.id)}
                onKeyDown={(event) => event.key === 'Enter' && row !== undefined && onOpen(row.id)}
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
          })}
        </div>
      </div>
    </>
  );
}
