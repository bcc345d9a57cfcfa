import type { Sent, SyncStore } from '../sync/ports.ts';
import { storedOperation } from './outbox-row.ts';
import { withdrawUndos } from './sending.ts';
import type { Store } from './store.ts';
import { unsettle } from './taking-back.ts';

type VerifySide = Pick<SyncStore, 'doubt' | 'toVerify' | 'putVerified'>;

/** What a server has answered and is to have, but for what a person settled otherwise. */
const ANSWERED = `attempts > 0 AND resolution IS NULL
  AND state IN ('applied', 'agreed', 'awaiting_second', 'conflict', 'returned', 'withdrawn')`;

const SET_BACK = 'The server was set back to a time before this: look again.';
const BOTH_GONE = 'The server was set back to a time before this, and it was taken back: there is nothing to look at.';

/** State `verify`: of which row on the outbox is to be verified; none where it is. `doubted`: without a pull of everything before. */
export function verifySide(store: Store): VerifySide {
  return {
    doubt: () =>
      store.write(() => {
        const first = store.get<{ seq: number | null }>(
          `SELECT min(seq) AS seq FROM outbox WHERE answered_in >= ? AND ${ANSWERED}`,
          Number(store.state('pulled') ?? '0'),
        )?.seq;
        if (first === null || first === undefined) return;
        verifyFrom(store, first);
        store.setState('doubted', '1');
      }),
    toVerify: (most) =>
      store.write(() => {
        const from = store.state('verify');
        if (from === null) return [];
        const rows = store.all<Sent>(
          `SELECT id, item_id AS itemId FROM outbox WHERE seq >= ? AND ${ANSWERED} ORDER BY seq LIMIT ?`,
          Number(from),
          most,
        );
        if (rows.length === 0) {
          store.setState('verify', null);
          store.setState('doubted', null);
        }
        return rows;
      }),
    putVerified: (asked, known) =>
      store.write(() => {
        const waits = new Map(known.map((one) => [one.id.toLowerCase(), one.waits]));
        const changed: string[] = [];
        let lost = 0;
        for (const { id } of asked) {
          const here = waits.get(id.toLowerCase());
          const gone = here === undefined ? lose(store, id) : [];
          if (gone.length > 0) lost += 1;
          changed.push(...gone);
          if (here === true && waitAgain(store, id)) changed.push(id);
          const seq = storedOperation(store, id)?.seq;
          if (seq !== undefined) store.setState('verify', String(seq + 1));
        }
        // No pull noticed that the server was set back: the next one brings everything.
        if (lost > 0 && store.state('doubted') !== null && store.state('cursor') !== null) {
          store.setState('cursor', '');
          store.setState('witness_epoch', null);
        }
        if (changed.length > 0) store.touchItems();
        return changed;
      }),
  };
}

/** From this row on at least; what was not verified before is still to be. */
export function verifyFrom(store: Store, seq: number): void {
  store.setState('verify', String(Math.min(seq, Number(store.state('verify') ?? seq))));
}

/** The server does not have it. A decision and its undo that are both gone leave nothing to look at. Returns what has changed. */
function lose(store: Store, id: string): string[] {
  const row = storedOperation(store, id);
  if (row === undefined || row.state === 'returned' || row.state === 'withdrawn') return [];
  const target = row.undoes === null ? undefined : storedOperation(store, row.undoes);
  const undone = store.get(`SELECT 1 FROM outbox WHERE undoes = ? AND state IN ('applied', 'agreed')`, id);
  const isOver =
    row.kind === 'undo' ? target?.state === 'returned' || target?.state === 'withdrawn' : undone !== undefined;
  store.run(
    `UPDATE outbox SET state = ?, message = ?, in_doubt = 0, paid = 0, rejected = 0, reversed = 0,
       answered_status = NULL, answered_version = NULL WHERE id = ?`,
    isOver ? 'withdrawn' : 'returned',
    isOver ? BOTH_GONE : SET_BACK,
    id,
  );
  if (row.kind === 'object' && row.settles !== null && storedOperation(store, row.settles) !== undefined) {
    // No lead has it: what it was to settle is to be settled again, and there is nothing to do about this one.
    unsettle(store, row.settles);
    store.run(`UPDATE outbox SET resolution = 'kept' WHERE id = ?`, id);
    return [id, row.settles];
  }
  return [id, ...(row.kind === 'decide' ? withdrawUndos(store, id) : [])];
}

/** What became of it is gone: the second analyst has not decided there. */
function waitAgain(store: Store, id: string): boolean {
  const changed = store.run(
    `UPDATE outbox SET state = 'awaiting_second', message = NULL, paid = 0, rejected = 0, reversed = 0,
       answered_status = NULL, answered_version = NULL, asked_version = NULL
     WHERE id = ? AND kind = 'decide' AND state <> 'awaiting_second'`,
    id,
  );
  return changed > 0;
}
