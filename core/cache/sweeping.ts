import { IS_NEEDED, NOT_OVER } from './outbox-sql.ts';
import type { Store } from './store.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Well beyond the thirty days that closed items are kept. */
const OVER_KEPT_MS = 90 * 24 * HOUR_MS;

/**
 * Notes of operations that are over since when, by the server's clock: the first pull that found them so. Lets go of those of ninety
 * days: never of what a server or a person has still to do with, nor of what such an operation takes back. For that, once an hour is enough.
 */
export function sweepOutbox(store: Store, time: number): void {
  // A clock that was ahead is no reason to keep it longer.
  store.run(
    `UPDATE outbox SET over_since = ? WHERE (over_since IS NULL OR over_since > ?) AND NOT ${NOT_OVER}`,
    time,
    time,
  );
  const last = Number(store.state('swept') ?? '-1');
  if (last <= time && time < last + HOUR_MS) return;
  store.setState('swept', String(time));
  store.run(`UPDATE outbox SET over_since = NULL WHERE over_since IS NOT NULL AND ${NOT_OVER}`);
  store.run(`DELETE FROM outbox WHERE over_since < ? AND NOT ${IS_NEEDED}`, time - OVER_KEPT_MS);
  // What is too old by now is to be fetched again.
  store.touchItems();
}
