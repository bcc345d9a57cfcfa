import type { Head, LiveClaim, PullEnd, PullPage, SyncStore } from '../sync/ports.ts';
import { dropQueueIndexes, makeQueueIndexes, putHead } from './head-row.ts';
import { NOT_OVER } from './outbox-sql.ts';
import type { Store } from './store.ts';

type PullSide = Pick<SyncStore, 'position' | 'beginPull' | 'putPage' | 'endPull'>;

/**
 * The pull side. A pull does not know its epoch before its end, so that a head older than the one here waits apart until then: in the
 * same epoch it is late news, in another one it is what there is.
 */
export function pullSide(store: Store): PullSide {
  const latest = (): number => Number(store.state('pull') ?? '0');

  function position(): ReturnType<PullSide['position']> {
    const [epoch, cursor] = [store.state('epoch'), store.state('cursor')];
    // Heads of an interrupted pull may be of another epoch than the cursor: a delta from it would leave them there.
    if (epoch === null || cursor === null || store.state('half_pulled') !== null) return null;
    return { epoch, cursor };
  }

  function put(pull: number, { heads, gone }: PullPage): void {
    for (const head of heads) {
      if (putHead(store, head, pull, false)) continue;
      store.run('INSERT OR REPLACE INTO older_heads (item_id, head) VALUES (?, ?)', head.itemId, JSON.stringify(head));
      store.run('UPDATE items SET brought_by = ? WHERE item_id = ?', pull, head.itemId);
    }
    for (const itemId of gone) letGo(store, 'item_id = ?', itemId);
  }

  return {
    position,
    beginPull: () =>
      store.write(() => {
        const pull = latest() + 1;
        store.setState('pull', String(pull));
        store.run('DELETE FROM older_heads');
        return pull;
      }),
    putPage: (pull, page) =>
      store.write(() => {
        if (pull !== latest()) return;
        if (store.state('half_pulled') === null) {
          store.setState('half_pulled', '1');
          if (store.get('SELECT 1 FROM items') === undefined) dropQueueIndexes(store);
        }
        put(pull, page);
      }),
    endPull: (pull, end, last) =>
      store.write(() => {
        if (pull !== latest()) return;
        if (last !== null) put(pull, last);
        // Everything is sent to an empty cache, in another epoch, and where the server does not know the cursor: set back, whatever its epoch.
        if (end.full) enterHistory(store, pull);
        if (end.full) letGo(store, 'brought_by <> ?', pull);
        store.run('DELETE FROM older_heads');
        putClaims(store, end.claims);
        makeQueueIndexes(store);
        finish(store, end);
      }),
  };
}

function finish(store: Store, { epoch, cursor }: PullEnd): void {
  store.setState('epoch', epoch);
  store.setState('cursor', cursor);
  store.setState('half_pulled', null);
}

/** Removes items, but for those with an operation that is not over: they stay to be read, and leave the queue. */
function letGo(store: Store, which: string, value: string | number): void {
  store.run(
    `UPDATE items SET is_gone = 1 WHERE ${which} AND NOT is_gone AND item_id IN (SELECT item_id FROM outbox WHERE ${NOT_OVER})`,
    value,
  );
  store.run(
    `DELETE FROM items WHERE ${which} AND item_id NOT IN (SELECT item_id FROM outbox WHERE ${NOT_OVER})`,
    value,
  );
}

/**
 * What is of the history before yields to what this pull brought. Versions and stamps begin again: kept evidence goes, and what may be
 * sent (again) is expected on the version of the new head, or on none where its band is higher than the one that was looked at.
 */
function enterHistory(store: Store, pull: number): void {
  store.run('UPDATE items SET answered_status = NULL, answered_version = NULL');
  for (const { head } of store.all<{ head: string }>('SELECT head FROM older_heads')) {
    putHead(store, JSON.parse(head) as Head, pull, true);
  }
  // But not what the server answered since the pull began.
  for (const answer of store.all<{ item_id: string; status: string; version: number }>(
    `SELECT item_id, answered_status AS status, answered_version AS version FROM outbox
     WHERE answered_in = ? AND answered_status IS NOT NULL AND answered_version IS NOT NULL ORDER BY seq`,
    pull,
  )) {
    patchHead(store, answer.item_id, answer.status, answer.version);
  }
  store.run('DELETE FROM facts');
  const isKnown = `json_extract(o.seen, '$.version') = o.expected_version AND i.priority <= o.priority`;
  store.run(
    `UPDATE outbox AS o SET
       expected_version = CASE WHEN ${isKnown} THEN i.version ELSE 0 END,
       seen = CASE WHEN ${isKnown} THEN json_set(o.seen, '$.version', i.version) ELSE o.seen END
     FROM items AS i WHERE i.item_id = o.item_id AND NOT i.is_gone
       AND o.kind = 'decide' AND o.state IN ('queued', 'sending', 'awaiting_second', 'rejected')`,
  );
  // What was settled there may be open here.
  store.run(`UPDATE outbox SET asked_version = NULL WHERE state = 'awaiting_second'`);
}

/** How an answer says that its item stands, where that is newer than all that is known here. */
export function patchHead(store: Store, itemId: string, status: string, version: number): void {
  store.run(
    `UPDATE items SET answered_status = ?, answered_version = ?
     WHERE item_id = ? AND version < ? AND coalesce(answered_version, 0) < ?`,
    status,
    version,
    itemId,
    version,
    version,
  );
}

function putClaims(store: Store, claims: readonly LiveClaim[]): void {
  store.run('DELETE FROM claims');
  for (const { itemId, by, until, isMine } of claims) {
    store.run(
      'INSERT OR REPLACE INTO claims (item_id, analyst, until_at, until, is_mine) VALUES (?, ?, ?, ?, ?)',
      itemId,
      by,
      until,
      Date.parse(until),
      isMine ? 1 : 0,
    );
  }
}
