import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxRow } from '../../core/contract/sync.ts';
import { tellOutbox } from '../../renderer/app/outbox-news.ts';
import { followDecisions, useDecisions } from '../../renderer/features/case/decisions-made.ts';
import { outboxRow } from '../support/outbox-row.ts';

const idOf = (kind: number, number: number): string =>
  `0189000${kind}-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** Decisions on cases of their own. */
const rowsOf = (first: number, many: number, change: Partial<OutboxRow> = {}): OutboxRow[] =>
  Array.from({ length: many }, (_, n) => outboxRow({ id: idOf(1, first + n), itemId: idOf(2, first + n), ...change }));

let updates = 0;
let stops: (() => void)[] = [];

beforeEach(() => {
  updates = 0;
  stops = [followDecisions(), useDecisions.subscribe(() => (updates += 1))];
});
afterEach(() => {
  for (const stop of stops) stop();
  useDecisions.setState(useDecisions.getInitialState(), true);
});

/** How often all that shows it was drawn anew for this. */
function updatesBy(rows: readonly OutboxRow[]): number {
  const before = updates;
  tellOutbox(rows);
  return updates - before;
}

const decided = (): number => useDecisions.getState().decided.size;
const cameBack = (): readonly string[] => useDecisions.getState().cameBack.map(({ id }) => id);

describe('what became of many', () => {
  it('is one change a notice, and none where it is known already', () => {
    const waits = { state: 'awaiting_second' } as const;
    expect(updatesBy(rowsOf(0, 500, waits))).toBe(1);
    expect(decided()).toBe(500);
    // Told again, as when a second analyst was asked about.
    expect(updatesBy(rowsOf(0, 500, waits))).toBe(0);
    expect(updatesBy(rowsOf(400, 200, waits))).toBe(1);
    expect(decided()).toBe(600);
    expect(updatesBy(rowsOf(0, 500, { state: 'sending' }))).toBe(0);
    expect(updatesBy(rowsOf(0, 600, { state: 'applied' }))).toBe(1);
    expect(decided()).toBe(0);
    expect(updatesBy(rowsOf(0, 600, { state: 'applied' }))).toBe(0);
  });

  it('is of different kinds one change too, and the last word on a case counts', () => {
    const [waits] = rowsOf(1, 1, { state: 'awaiting_second' });
    const [back] = rowsOf(2, 1, { state: 'conflict' });
    const undo = outboxRow({ id: idOf(3, 1), kind: 'undo', itemId: idOf(2, 1), undoes: idOf(1, 1), state: 'applied' });
    expect(waits && back && updatesBy([waits, back, undo])).toBe(1);
    expect(decided()).toBe(0);
    expect(cameBack()).toEqual([idOf(1, 2)]);
  });

  it('that came back is kept in the order in which it was told, and leaves when it is settled', () => {
    const [first, second] = rowsOf(1, 2, { state: 'conflict' });
    if (first === undefined || second === undefined) throw new Error('there are two');
    expect(updatesBy([first, second])).toBe(1);
    expect(updatesBy([first])).toBe(0);
    expect(cameBack()).toEqual([first.id, second.id]);
    expect(updatesBy([{ ...first, state: 'rejected', message: 'No.' }])).toBe(1);
    expect(cameBack()).toEqual([second.id, first.id]);
    expect(updatesBy([{ ...second, resolution: 'kept' }])).toBe(1);
    expect(cameBack()).toEqual([first.id]);
    expect(updatesBy([{ ...second, resolution: 'kept' }])).toBe(0);
  });
});
