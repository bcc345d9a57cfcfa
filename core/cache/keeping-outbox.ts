import { IS_NEEDED } from './outbox-sql.ts';
import type { Store } from './store.ts';

/**
 * Removes all that was read from the server, and keeps of the outbox what is not over, and what that takes back: who may not see the one any more has made the
 * other, and of what came back and nobody has settled this may be the only trace. Of what is removed nothing is left in the file. The
 * next pull is a full one; of which history what waits is stays known (`witness`).
 */
export function keepNotOver(store: Store): void {
  store.write(() => {
    store.run(`DELETE FROM outbox WHERE NOT ${IS_NEEDED}`);
    for (const table of ['items', 'claims', 'arriving', 'remembered', 'erased']) store.run(`DELETE FROM ${table}`);
    for (const name of ['epoch', 'cursor']) store.setState(name, null);
  });
  store.touchItems();
  // Pages that are free still hold what was on them, and so does the log.
  store.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
}
