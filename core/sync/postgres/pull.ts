import { z } from 'zod';
import { dbCount, dbInstant, type Queryable, row, rows } from '../../postgres/rows.ts';
import { missesHeadUnread } from '../../review/audit-log.ts';
import { IS_LIVE } from '../../review/live-claim.ts';
import { type LiveClaim, type PullEnd, type PullPage, type Server, ServerFailure } from '../ports.ts';
import { cursorOf, isAhead, isTooOld, readCursor, type Seen } from './cursor.ts';
import { isOneLine } from './epoch.ts';
import { readHeads } from './heads.ts';
import { type Access, inSession } from './session.ts';

/** Items in one page: what is held in memory at once. */
const PAGE = 2000;

const written = z.object({ id: z.string(), tx: z.string() }).nullable();
const here = z.object({
  epoch: z.string(),
  snapshot: z.string(),
  now: dbInstant,
  read: dbInstant,
  seq: dbCount,
  hash: z.string(),
  role: z.string().nullable(),
  item: written,
  score: written,
});
type Since = Parameters<Server['pull']>[0];
type OnPage = Parameters<Server['pull']>[1];

/**
 * Everything that changed, in one snapshot (ports.ts). Everything there is, of the same history, where that is asked for, the database was
 * migrated, the settings of the second review changed, the cursor is too old for what was deleted since, or a row that it names was deleted.
 */
export function pull(access: Access, since: Since, onPage: OnPage): Promise<PullEnd> {
  return inSession(access, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', async (db, apart) => {
    const found = await row(
      db,
      here,
      `SELECT umpire.epoch() AS epoch, pg_current_snapshot()::text AS snapshot, date_trunc('milliseconds', transaction_timestamp()) AS now,
         date_trunc('milliseconds', clock_timestamp()) AS read, h.seq, h.hash, umpire.login_role() AS role,
         (${lastOf('umpire.items', 'item_id')}) AS item, (${lastOf('umpire.scores', 'relationship_id')}) AS score
       FROM umpire.audit_head AS h`,
    );
    if (found === null) throw new ServerFailure('refused', 'The server told nothing of itself.');
    const { epoch, snapshot, read, seq, hash, role, item, score } = found;
    const at = access.now?.() ?? new Date(found.now);
    const seen = since === null || !isOneLine(since.epoch, epoch) ? null : readCursor(since.cursor);
    const told = seen === null || isAhead(seen, snapshot) ? 'lost' : await whatBecameOf(db, seen, at);
    const isAsked = since?.epoch === epoch && since.everything !== true;
    const isDelta = isAsked && seen !== null && told === 'kept' && !isTooOld(seen, new Date(found.now));
    const changed = isDelta ? await changedItems(db, seen, at) : null;
    const ids = changed === null ? await windowItems(db, at) : idsOf(changed, { gone: false });
    const gone = changed === null ? [] : idsOf(changed, { gone: true });
    await readPages(db, ids, gone, at, (page) => apart(() => onPage(page)));
    return {
      epoch,
      cursor: cursorOf({ snapshot, at, head: { seq, hash }, item, score }),
      full: changed === null,
      isSameHistory: told !== 'lost',
      claims: await liveClaims(db),
      at: read,
      erased: await erasedUsers(db, changed === null ? null : seen),
      ...(role === null ? {} : { role }),
    };
  });
}

/** The row that was written last, by transactions of this server: a restored database may have some that are ahead of it. */
function lastOf(table: string, id: string): string {
  return `SELECT jsonb_build_object('id', l.${id}, 'tx', l.tx::text) FROM ${table} AS l
    WHERE l.tx < pg_snapshot_xmax(pg_current_snapshot()) ORDER BY l.tx DESC LIMIT 1`;
}

const witnesses = z.object({
  isSetBack: z.boolean(),
  isItemGone: z.boolean(),
  isScoreGone: z.boolean(),
  /** A referral, with a case or without, was deleted since. */
  isReferralGone: z.boolean(),
});

/**
 * Whether this server has what it told, or something newer. One that was set back has not, or older: `lost`. A row that is not there is
 * lost too, but where the item, or of a score any referral, was deleted since then.
 */
async function whatBecameOf(db: Queryable, seen: Seen, at: Date): Promise<'kept' | 'deleted' | 'lost'> {
  const { snapshot, head, item, score } = seen;
  if ((await missesHeadUnread(db, head)) !== null) return 'lost';
  const found = await row(
    db,
    witnesses,
    `SELECT EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.item_id = $1
         AND i.tx <> $2::xid8 AND pg_visible_in_snapshot(i.tx, $5::pg_snapshot))
       OR EXISTS (SELECT 1 FROM umpire.scores AS s WHERE s.relationship_id = $3
         AND s.tx <> $4::xid8 AND pg_visible_in_snapshot(s.tx, $5::pg_snapshot)) AS "isSetBack",
       $1::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.item_id = $1) AS "isItemGone",
       $3::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM umpire.scores AS s WHERE s.relationship_id = $3) AS "isScoreGone",
       EXISTS (SELECT 1 FROM umpire.referrals_gone AS g
         WHERE g.tx >= pg_snapshot_xmin($5::pg_snapshot) AND NOT pg_visible_in_snapshot(g.tx, $5::pg_snapshot)
           AND pg_visible_in_snapshot(g.tx, pg_current_snapshot())) AS "isReferralGone"`,
    [item?.id ?? null, item?.tx ?? null, score?.id ?? null, score?.tx ?? null, snapshot],
  );
  if (found === null || found.isSetBack) return 'lost';
  if (!found.isItemGone && !found.isScoreGone) return 'kept';
  const isDeleted = found.isItemGone
    ? (await deletedItems(db, seen, at)).includes(item?.id ?? '')
    : found.isReferralGone;
  return isDeleted ? 'deleted' : 'lost';
}

/** Items that were deleted since; what is gone from the queue alone is there yet. */
async function deletedItems(db: Queryable, seen: Seen, at: Date): Promise<string[]> {
  const gone = idsOf((await changedItems(db, seen, at)) ?? [], { gone: true });
  const kept = await rows(
    db,
    z.object({ id: z.string() }),
    'SELECT i.item_id AS id FROM umpire.items AS i WHERE i.item_id = ANY ($1::uuid[])',
    [gone],
  );
  const ids = new Set(kept.map(({ id }) => id));
  return gone.filter((id) => !ids.has(id));
}

type Changed = { readonly id: string; readonly isGone: boolean };
const idsOf = (changed: readonly Changed[], { gone }: { readonly gone: boolean }): string[] =>
  changed.flatMap(({ id, isGone }) => (isGone === gone ? [id] : []));
const changedItem = z.object({ id: z.string().nullable(), isGone: z.boolean() });

/** Null where everything is to be read again. */
async function changedItems(db: Queryable, seen: Seen, at: Date): Promise<Changed[] | null> {
  const found = await rows(
    db,
    changedItem,
    'SELECT c.item_id AS id, c.is_gone AS "isGone" FROM umpire.changed_items($1::pg_snapshot, $2, $3) AS c ORDER BY 1',
    [seen.snapshot, seen.at, at],
  );
  const changed = found.flatMap(({ id, isGone }) => (id === null ? [] : [{ id, isGone }]));
  return changed.length < found.length ? null : changed;
}

async function windowItems(db: Queryable, at: Date): Promise<string[]> {
  const found = await rows(
    db,
    z.object({ id: z.string() }),
    'SELECT w.item_id AS id FROM umpire.window_items($1) AS w',
    [at],
  );
  return found.map(({ id }) => id);
}

/** The server reads a page while the one before it is written. What is gone comes with the first. */
async function readPages(
  db: Queryable,
  ids: readonly string[],
  gone: readonly string[],
  at: Date,
  onPage: (page: PullPage) => Promise<void>,
): Promise<void> {
  const read = (from: number): ReturnType<typeof readHeads> => {
    const page = readHeads(db, ids.slice(from, from + PAGE), at);
    // Whoever awaits it is told; until then a failure is not nobody's.
    page.catch(() => {});
    return page;
  };
  let next = read(0);
  let done = 0;
  do {
    const heads = await next;
    const from = done;
    done = Math.min(done + PAGE, ids.length);
    if (done < ids.length) next = read(done);
    const first = from === 0 ? gone : [];
    if (heads.length > 0 || first.length > 0) await onPage({ heads, gone: first, done, total: ids.length });
  } while (done < ids.length);
}

const liveClaim = z.object({ itemId: z.string(), by: z.string(), until: dbInstant, isMine: z.boolean() });

function liveClaims(db: Queryable): Promise<LiveClaim[]> {
  return rows(
    db,
    liveClaim,
    `SELECT c.item_id AS "itemId", c.analyst AS by, c.expires_at AS until, c.analyst = session_user AS "isMine"
     FROM umpire.claims AS c WHERE ${IS_LIVE} ORDER BY c.item_id`,
  );
}

/** Users who were erased since then, or ever. */
async function erasedUsers(db: Queryable, since: Seen | null): Promise<string[]> {
  const found = await rows(
    db,
    z.object({ id: z.string() }),
    'SELECT e.user_id AS id FROM umpire.erased_users($1::pg_snapshot) AS e ORDER BY 1',
    [since?.snapshot ?? null],
  );
  return found.map(({ id }) => id);
}
