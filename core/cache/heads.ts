import type { Head, LiveClaim, Position, PullPage, SyncStore } from '../sync/ports.ts';
import { erase } from './erasing.ts';
import { NOT_OVER } from './outbox-sql.ts';
import { dropQueueIndexes, makeQueueIndexes, patchHead, putHead, replaceHead } from './put-head.ts';
import { putServerTime } from './server-time.ts';
import type { Store } from './store.ts';
import { sweepOutbox } from './sweeping.ts';
import { verifyFrom } from './verifying.ts';

export type PullSide = Pick<SyncStore, 'position' | 'witness' | 'beginPull' | 'putPage' | 'endPull'> & {
  /** A claim that was told between two pulls; the next one tells all again. */
  noteClaim(claim: LiveClaim): void;
};

/** So many rows of what arrives are in memory at once. */
const SLICE = 2000;

/**
 * The pull side. A pull over a cache that is whole counts at its end and all at once: until then it might be of another history, and a
 * queue of two is none. A first one is shown while it streams; what an interrupted one left is overtaken by it.
 */
export function pullSide(store: Store): PullSide {
  const latest = (): number => Number(store.state('pull') ?? '0');

  function position(): Position | null {
    const [epoch, cursor] = [store.state('epoch'), store.state('cursor')];
    return epoch === null || cursor === null ? null : { epoch, cursor };
  }

  function witness(): Position | null {
    const last = position();
    if (last !== null && last.cursor !== '') return last;
    const cursor = store.state('witness');
    return cursor === null ? null : { epoch: store.state('witness_epoch') ?? '', cursor };
  }

  return {
    position,
    witness,
    beginPull: () =>
      store.write(() => {
        const pull = latest() + 1;
        store.setState('pull', String(pull));
        store.run('DELETE FROM arriving');
        return pull;
      }),
    putPage: (pull, page) =>
      store.write(() => {
        if (pull !== latest()) return;
        if (position() !== null) {
          stage(store, page);
          return;
        }
        if (store.get('SELECT 1 FROM items') === undefined) dropQueueIndexes(store);
        for (const head of page.heads) {
          // An answer since it was read, or what an interrupted pull left of a server that was set back: known at the end.
          if (!putHead(store, head, pull, false)) stage(store, { heads: [head], gone: [] });
        }
        for (const itemId of page.gone) letGo(store, 'item_id = ?', itemId);
        store.touchItems();
      }),
    noteClaim: (claim) => store.write(() => putClaim(store, claim)),
    endPull: (pull, end, last) =>
      store.write(() => {
        if (pull !== latest()) return;
        if (last !== null) stage(store, last);
        const isOther = end.full && !end.isSameHistory;
        if (isOther) leaveHistory(store);
        // Of a database that was migrated no stamp tells whether its evidence reads as it did: it stays, and is fetched again.
        else if (store.state('epoch') !== end.epoch) store.run(`UPDATE facts SET stamp = '', good_for = ''`);
        const settled = settle(store, pull, end.full);
        if (end.full || settled > 0) store.touchItems();
        if (end.full) letGo(store, 'brought_by <> ?', pull);
        if (isOther) enterHistory(store, pull);
        // Evidence that was younger than its head and still is, is of a server that was set back since.
        if (store.run(`UPDATE facts SET good_for = '' WHERE good_for <> '' AND good_for <> stamp`) > 0)
          store.touchItems();
        const time = putServerTime(store, end.at);
        erase(store, end.erased, time);
        sweepOutbox(store, time);
        putClaims(store, end.claims);
        makeQueueIndexes(store);
        store.setState('epoch', end.epoch);
        store.setState('cursor', end.cursor);
        store.setState('witness', end.cursor);
        store.setState('witness_epoch', end.epoch);
        store.setState('pulled', String(pull));
      }),
  };
}

function stage(store: Store, { heads, gone }: Pick<PullPage, 'heads' | 'gone'>): void {
  const put = 'INSERT INTO arriving (item_id, head) VALUES (?, ?)';
  for (const head of heads) store.run(put, head.itemId, JSON.stringify(head));
  for (const itemId of gone) store.run(put, itemId, null);
}

/** What arrived counts now: over everything in a full pull, otherwise over what is not newer. Returns how much it was. */
function settle(store: Store, pull: number, evenOlder: boolean): number {
  for (let after = 0; ;) {
    const rows = store.all<{ seq: number; item_id: string; head: string | null }>(
      'SELECT seq, item_id, head FROM arriving WHERE seq > ? ORDER BY seq LIMIT ?',
      after,
      SLICE,
    );
    for (const { seq, item_id: itemId, head } of rows) {
      after = seq;
      if (head === null) letGo(store, 'item_id = ?', itemId);
      else replaceHead(store, JSON.parse(head) as Head, pull, evenOlder);
    }
    if (rows.length < SLICE) break;
  }
  return store.run('DELETE FROM arriving');
}

/**
 * Removes items, but for those with an operation that is not over: they stay to be read, and leave the queue. Their evidence goes:
 * nothing fetches it again, and it may tell of somebody who is erased later.
 */
function letGo(store: Store, which: string, value: string | number): void {
  store.run(
    `UPDATE items SET is_gone = 1 WHERE ${which} AND NOT is_gone AND item_id IN (SELECT item_id FROM outbox WHERE ${NOT_OVER})`,
    value,
  );
  store.run(`DELETE FROM facts WHERE item_id IN (SELECT item_id FROM items WHERE ${which} AND is_gone)`, value);
  store.run(
    `DELETE FROM items WHERE ${which} AND item_id NOT IN (SELECT item_id FROM outbox WHERE ${NOT_OVER})`,
    value,
  );
}

/** To an empty cache, in another epoch, and where the server was set back, versions and stamps begin again. */
function leaveHistory(store: Store): void {
  store.run('UPDATE items SET answered_status = NULL, answered_version = NULL WHERE answered_status IS NOT NULL');
}

/**
 * Kept evidence goes, and what may be sent (again) is expected on the version of the new head, or on none where its band is higher than
 * the one that was looked at.
 */
function enterHistory(store: Store, pull: number): void {
  // What was answered since the pull began was nothing new to a head of the history before.
  for (const answer of store.all<{ item_id: string; status: string; version: number }>(
    `SELECT item_id, answered_status AS status, answered_version AS version FROM outbox
     WHERE answered_in = ? AND answered_status IS NOT NULL AND answered_version IS NOT NULL ORDER BY seq`,
    pull,
  )) {
    patchHead(store, answer.item_id, answer.status, answer.version);
  }
  store.run('DELETE FROM facts');
  store.run('DELETE FROM erased');
  // The clock may be another one too.
  store.setState('erased_at', null);
  const isKnown = `json_extract(o.seen, '$.version') = o.expected_version AND i.priority <= o.priority`;
  store.run(
    `UPDATE outbox AS o SET
       expected_version = CASE WHEN ${isKnown} THEN i.version ELSE 0 END,
       seen = CASE WHEN ${isKnown} THEN json_set(o.seen, '$.version', i.version) ELSE o.seen END
     FROM items AS i WHERE i.item_id = o.item_id AND NOT i.is_gone
       AND o.kind = 'decide' AND o.state IN ('queued', 'sending', 'awaiting_second', 'rejected')`,
  );
  // What was answered there may never have been here.
  verifyFrom(store, 0);
  store.setState('doubted', null);
  // What was settled there may be open here.
  store.run(`UPDATE outbox SET asked_version = NULL WHERE state = 'awaiting_second'`);
}

function putClaims(store: Store, claims: readonly LiveClaim[]): void {
  store.run('DELETE FROM claims');
  for (const claim of claims) putClaim(store, claim);
}

function putClaim(store: Store, { itemId, by, until, isMine }: LiveClaim): void {
  store.run(
    'INSERT OR REPLACE INTO claims (item_id, analyst, until_at, until, is_mine) VALUES (?, ?, ?, ?, ?)',
    itemId,
    by,
    until,
    Date.parse(until),
    isMine ? 1 : 0,
  );
}
