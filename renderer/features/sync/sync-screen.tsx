import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useCommands } from '../../ui/registry.ts';
import { Operation } from './operation.tsx';
import { OutboxHead } from './outbox-head.tsx';
import { OutboxList } from './outbox-list.tsx';
import { sectionsOf, useOutboxFilter } from './outbox-filter.ts';
import { useOutboxRows, type OutboxRows } from './outbox-rows.ts';
import { Overview } from './overview.tsx';
import styles from './sync-screen.module.css';

type Range = { readonly first: number; readonly last: number };
const FIRST_SCREEN: Range = { first: 0, last: 40 };

function placeOf(id: string, rows: OutboxRows, { first, last }: Range): number {
  for (let index = first; index <= last; index += 1) if (rows.rowAt(index)?.id === id) return index;
  return -1;
}

/** What was decided here and where it is: the outbox, and what has come back for a person to look at. */
export function SyncScreen() {
  const { id } = useParams({ from: '/sync/{-$id}' });
  const navigate = useNavigate();
  const filter = useOutboxFilter();
  const [visible, setVisible] = useState(FIRST_SCREEN);
  const rows = useOutboxRows(sectionsOf(filter), visible.first, visible.last);

  const open = (next: string | null) =>
    void navigate({ to: '/sync/{-$id}', params: { id: next ?? undefined }, replace: true });
  const place = id === undefined ? -1 : placeOf(id, rows, visible);
  const step = (by: number) => {
    const row = rows.rowAt(Math.min(Math.max(place + by, 0), rows.total - 1));
    if (row !== undefined) open(row.id);
  };
  useCommands({ next: () => step(1), previous: () => step(-1) });

  return (
    <div className={styles.screen}>
      <h1 className="visually-hidden">Sync</h1>
      <section className={styles.list} aria-label="Outbox">
        <OutboxHead rows={rows} />
        <OutboxList rows={rows} place={place} onVisible={setVisible} onOpen={open} onStep={step} />
      </section>
      <section className={styles.detail} aria-label="Operation">
        {id === undefined ? <Overview /> : <Operation key={id} id={id} onNext={open} />}
      </section>
    </div>
  );
}
