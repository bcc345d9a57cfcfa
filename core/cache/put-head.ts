import { ERASED_NAME } from '../domain/erased.ts';
import type { Head } from '../sync/ports.ts';
import { priorityNumber, signalsText } from './head-row.ts';
import { QUEUE_INDEXES } from './migrations.ts';
import { NOT_OVER } from './outbox-sql.ts';
import type { Store } from './store.ts';

type Column = readonly [name: string, of: (head: Head, pull: number) => string | number | null];

/** What a search reads, in lower case; a line break keeps a match from reaching over two of them. */
const searchText = (head: Head): string => `${head.referrerName}\n${head.refereeName}\n${head.code}`.toLowerCase();

/** What the indexes of the queue hold, and what the shown status follows from. */
const PLACE: readonly Column[] = [
  ['priority', ({ priority }) => priorityNumber(priority)],
  ['score', ({ score }) => score],
  ['due', ({ dueAt }) => Date.parse(dueAt)],
  ['stake', ({ stake }) => stake],
  ['created', ({ createdAt }) => Date.parse(createdAt)],
  ['status', ({ status }) => status],
  ['is_gone', () => 0],
];
const REST: readonly Column[] = [
  ['search', searchText],
  ['signals', ({ signals }) => signalsText(signals)],
  ['referrer_id', ({ referrerId }) => referrerId],
  ['referee_id', ({ refereeId }) => refereeId],
  ['relationship_id', ({ relationshipId }) => relationshipId],
  ['version', ({ version }) => version],
  ['brought_by', (_, pull) => pull],
  ['stamp', ({ stamp }) => stamp],
  ['rule_set_version', ({ ruleSetVersion }) => ruleSetVersion],
  ['referrer_name', ({ referrerName }) => referrerName],
  ['referee_name', ({ refereeName }) => refereeName],
  ['referrer_referrals', ({ referrerReferrals }) => referrerReferrals],
  ['code', ({ code }) => code],
  ['source_app_id', ({ sourceAppId }) => sourceAppId],
  ['flagged', ({ flagged }) => (flagged ? 1 : 0)],
  ['releases', ({ releases }) => releases],
  ['rejects', ({ rejects }) => rejects],
  ['takes_back', ({ takesBack }) => takesBack],
  ['second_review', ({ secondReview }) => secondReview],
  ['due_at', ({ dueAt }) => dueAt],
  ['created_at', ({ createdAt }) => createdAt],
];
const ALL = [...PLACE, ...REST];
const names = (columns: readonly Column[]): string[] => columns.map(([name]) => name);

/** What was answered ends with the head that it was an answer about, or a later one. */
const ANSWERED = ['answered_status', 'answered_version'].map(
  (column) => `${column} = CASE WHEN items.answered_version > excluded.version THEN items.${column} END`,
);
const SET = [...['shown', ...names(ALL)].map((column) => `${column} = excluded.${column}`), ...ANSWERED];
const PUT = `INSERT INTO items (item_id, shown, ${names(ALL).join(', ')})
  VALUES (?, coalesce((SELECT status FROM overlay WHERE item_id = ?), ?), ${ALL.map(() => '?').join(', ')})
  ON CONFLICT (item_id) DO UPDATE SET ${SET.join(', ')}`;
const PUT_NEWER = `${PUT} WHERE excluded.version >= items.version`;

/** A head that stays where it is in every order of the queue leaves the indexes alone: each would be written again. */
const STAY = `UPDATE items SET ${names(REST)
  .map((name) => `${name} = ?`)
  .join(', ')}
  WHERE item_id = ? AND ${names(PLACE)
    .map((name) => `${name} = ?`)
    .join(' AND ')} AND answered_status IS NULL`;
const STAY_NEWER = `${STAY} AND version <= ?`;

/** Writes a head that this pull brought; with `evenOlder` over a higher version too. Says whether it did. */
export function putHead(store: Store, head: Head, pull: number, evenOlder: boolean): boolean {
  const values = ALL.map(([, of]) => of(head, pull));
  const isPut = store.run(evenOlder ? PUT : PUT_NEWER, head.itemId, head.itemId, head.status, ...values) > 0;
  if (isPut) forget(store, head);
  return isPut;
}

/** The same for a head that is probably there, and probably where it was. */
export function replaceHead(store: Store, head: Head, pull: number, evenOlder: boolean): boolean {
  const rest = REST.map(([, of]) => of(head, pull));
  const place = PLACE.map(([, of]) => of(head, pull));
  const stayed = evenOlder
    ? store.run(STAY, ...rest, head.itemId, ...place)
    : store.run(STAY_NEWER, ...rest, head.itemId, ...place, head.version);
  if (stayed === 0) return putHead(store, head, pull, evenOlder);
  forget(store, head);
  return true;
}

/**
 * What is kept of an item is of another moment now. An erased person is nowhere any more, whatever else is lost with the evidence; of a
 * closed item it goes too, since nothing would fetch it again and it may name others who are erased.
 */
function forget(store: Store, { itemId, stamp, status, referrerName, refereeName }: Head): void {
  const isOld = 'item_id = ? AND stamp <> ? AND good_for <> ?';
  if (referrerName === ERASED_NAME || refereeName === ERASED_NAME) {
    store.run(`DELETE FROM facts WHERE ${isOld}`, itemId, stamp, stamp);
    store.run(
      `UPDATE outbox SET referrer_name = CASE WHEN ? THEN ? ELSE referrer_name END, referee_name = CASE WHEN ? THEN ? ELSE referee_name END
       WHERE item_id = ?`,
      referrerName === ERASED_NAME ? 1 : 0,
      ERASED_NAME,
      refereeName === ERASED_NAME ? 1 : 0,
      ERASED_NAME,
      itemId,
    );
  } else if (status === 'approved' || status === 'rejected') {
    store.run(
      `DELETE FROM facts WHERE ${isOld} AND item_id NOT IN (SELECT item_id FROM outbox WHERE ${NOT_OVER})`,
      itemId,
      stamp,
      stamp,
    );
  }
}

/** A first pull of many is several times faster without them, and a scan serves the window meanwhile. */
export function dropQueueIndexes(store: Store): void {
  for (const name of Object.keys(QUEUE_INDEXES)) store.exec(`DROP INDEX IF EXISTS ${name}`);
}
export function makeQueueIndexes(store: Store): void {
  for (const [name, columns] of Object.entries(QUEUE_INDEXES)) {
    store.exec(`CREATE INDEX IF NOT EXISTS ${name} ON items (${columns})`);
  }
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
