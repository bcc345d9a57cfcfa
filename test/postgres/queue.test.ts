import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  QUEUE_ORDERS,
  type QueueFilter,
  queueFilter,
  type QueueRow,
  queuePage as pageShape,
} from '../../core/contract/queue.ts';
import { SEVERITIES } from '../../core/domain/vocabulary.ts';
import { queuePage, queueSummary } from '../../core/review/queue.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { tellDemo } from '../support/story.ts';

const NOW = new Date('2026-10-01T12:00:00Z');
let db: MigratedDatabase;

beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 1500, NOW);
  // A queue in the middle of its work: every fifth item is decided.
  await db.pool.query(
    `UPDATE referrals.review_queue SET status = CASE WHEN n % 10 = 0 THEN 'approved' ELSE 'rejected' END::public.review_status
     FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM referrals.review_queue) AS x
     WHERE x.id = review_queue.id AND n % 5 = 0`,
  );
});
afterAll(() => db.end());

async function rowsOf(filter: Partial<QueueFilter> = {}): Promise<QueueRow[]> {
  const page = await queuePage(db.pool, { filter: queueFilter.parse(filter), offset: 0, limit: 500 }, NOW);
  expect(page).toEqual(pageShape.parse(page));
  expect(page.total).toBe(page.rows.length);
  return page.rows;
}

/** Column values of all items, straight from the tables. */
async function ids(where: string, values: unknown[] = []): Promise<string[]> {
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT q.id FROM referrals.review_queue q JOIN referrals.relationships r ON r.id = q.relationship_id
     JOIN auth.users referrer ON referrer.id = r.referrer_id JOIN auth.users referee ON referee.id = r.referee_id
     JOIN referrals.codes c ON c.id = r.code_id WHERE ${where} ORDER BY q.id`,
    values,
  );
  return rows.map(({ id }) => id);
}

const idsOf = (rows: readonly QueueRow[]): string[] => rows.map((row) => row.itemId).sort();

const pending = (row: QueueRow): boolean => row.status === 'pending';
const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

type Key = readonly (number | string)[];
const time = (instant: string): number => Date.parse(instant);
/** Smaller comes first; independent of the SQL. */
const KEYS: { readonly [Order in (typeof QUEUE_ORDERS)[number]]: (row: QueueRow) => Key } = {
  priority: (row) => [-SEVERITIES.indexOf(row.priority), -row.score, time(row.dueAt)],
  score: (row) => [-row.score, time(row.dueAt)],
  due: (row) => [time(row.dueAt), -row.score],
  stake: (row) => [-row.stake, -SEVERITIES.indexOf(row.priority), -row.score],
  newest: (row) => [-time(row.createdAt)],
};

function compare(a: Key, b: Key): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? 0;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

test.each(QUEUE_ORDERS)('ordered by %s, and equal ones by id', async (order) => {
  const rows = await rowsOf({ statuses: [], order });
  const key = (row: QueueRow): Key => [...KEYS[order](row), row.itemId];
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.map((row) => row.itemId)).toEqual(
    [...rows].sort((a, b) => compare(key(a), key(b))).map((row) => row.itemId),
  );
});

test('pages follow each other without a gap or a repetition, and each knows the total', async () => {
  const all = await rowsOf();
  const paged: QueueRow[] = [];
  for (let offset = 0; offset < all.length; offset += 7) {
    const page = await queuePage(db.pool, { filter: queueFilter.parse({}), offset, limit: 7 }, NOW);
    expect(page.total).toBe(all.length);
    paged.push(...page.rows);
  }
  expect(paged).toEqual(all);
});

test('a page beyond the end is empty and still knows the total, with a search too', async () => {
  const all = await rowsOf({ search: '@' });
  const page = await queuePage(db.pool, { filter: queueFilter.parse({ search: '@' }), offset: 9999, limit: 7 }, NOW);
  expect(page).toEqual({ total: all.length, offset: 9999, rows: [] });
});

test('filters by status, priority and signal', async () => {
  expect(idsOf(await rowsOf({ statuses: ['approved', 'rejected'] }))).toEqual(
    await ids(`q.status IN ('approved', 'rejected')`),
  );
  expect(idsOf(await rowsOf({ priorities: ['critical'] }))).toEqual(
    await ids(`q.status = 'pending' AND q.priority = 'critical'`),
  );
  const both = await rowsOf({ signals: ['same_device', 'same_ip'] });
  expect(both.length).toBeGreaterThan(0);
  expect(idsOf(both)).toEqual(
    await ids(`q.status = 'pending' AND q.fraud_signals::jsonb ?& ARRAY['same_device', 'same_ip']`),
  );
});

test('search finds names, e-mails, codes and ids, and takes no text as a pattern', async () => {
  const [first] = await rowsOf();
  if (first === undefined) throw new Error('the queue is empty');
  const word = first.refereeName.split(' ').at(-1)?.toUpperCase() ?? '';
  const named = await rowsOf({ statuses: [], search: ` ${word} ` });
  expect(named.map((row) => row.itemId)).toContain(first.itemId);
  expect(idsOf(named)).toEqual(
    await ids(
      `concat_ws('|', referrer.name, referrer.email, referee.name, referee.email, c.code) ILIKE '%' || $1 || '%'`,
      [word],
    ),
  );
  const { rows } = await db.pool.query<{ email: string; code: string; relationship_id: string; referee_id: string }>(
    `SELECT u.email, c.code, r.id AS relationship_id, r.referee_id FROM referrals.review_queue q
     JOIN referrals.relationships r ON r.id = q.relationship_id JOIN auth.users u ON u.id = r.referee_id
     JOIN referrals.codes c ON c.id = r.code_id WHERE q.id = $1`,
    [first.itemId],
  );
  const known = rows[0];
  if (known === undefined) throw new Error('the item is gone');
  for (const search of [known.email, known.referee_id, first.itemId, first.itemId.slice(0, 8), known.relationship_id]) {
    expect((await rowsOf({ search })).map((row) => row.itemId)).toEqual([first.itemId]);
  }
  expect((await rowsOf({ search: known.code.toLowerCase() })).map((row) => row.itemId)).toContain(first.itemId);
  for (const search of ['%%', 'a_b_c_', String.raw`\%`, `'; DROP TABLE auth.users; --`, '😀']) {
    expect(await rowsOf({ search })).toEqual([]);
  }
});

test('the stake is what is unpaid and what was paid within seven days', async () => {
  const [first] = await rowsOf();
  if (first === undefined) throw new Error('the queue is empty');
  const { rows: bonuses } = await db.pool.query<{ id: string; credits: number }>(
    `SELECT b.id, b.credits_final AS credits FROM referrals.bonus_events b JOIN referrals.review_queue q USING (relationship_id)
     WHERE q.id = $1 ORDER BY b.credits_final DESC, b.id`,
    [first.itemId],
  );
  const [large, small] = bonuses;
  if (large === undefined || small === undefined) throw new Error('too few bonuses');
  const sum = bonuses.reduce((total, { credits }) => total + credits, 0);
  expect(first.stake).toBe(sum);
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    const paid = `UPDATE referrals.bonus_events SET status = 'paid', released_at = $2::timestamptz - interval '7 days' + $3::interval WHERE id = $1`;
    await client.query(paid, [large.id, NOW, '1 second']);
    await client.query(paid, [small.id, NOW, '0']);
    const page = await queuePage(
      client,
      { filter: queueFilter.parse({ search: first.itemId }), offset: 0, limit: 1 },
      NOW,
    );
    expect(page.rows[0]?.stake).toBe(sum - small.credits);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

test('signals are sorted by their points, and the names of both people are told', async () => {
  const { rows: evidence } = await db.pool.query<{ id: string; names: string[]; referrer: string; referee: string }>(
    `SELECT q.id, array_agg(e.points ORDER BY e.points DESC)::text[] AS names, a.name AS referrer, b.name AS referee
     FROM referrals.review_queue q JOIN umpire.evidence e USING (relationship_id)
     JOIN referrals.relationships r ON r.id = q.relationship_id
     JOIN auth.users a ON a.id = r.referrer_id JOIN auth.users b ON b.id = r.referee_id GROUP BY q.id, a.name, b.name`,
  );
  const points = await db.pool.query<{ id: string; signal: string; points: number }>(
    'SELECT q.id, e.signal, e.points FROM referrals.review_queue q JOIN umpire.evidence e USING (relationship_id)',
  );
  const pointsOf = new Map(points.rows.map((row) => [`${row.id} ${row.signal}`, String(row.points)]));
  const rows = await rowsOf({ statuses: [] });
  const told = rows.map((row) => ({
    id: row.itemId,
    names: row.signals.map((signal) => pointsOf.get(`${row.itemId} ${signal}`)),
    referrer: row.referrerName,
    referee: row.refereeName,
  }));
  expect(told.sort(byId)).toEqual(evidence.sort(byId));
});

test('an item whose signals are not JSON is shown without them', async () => {
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`UPDATE referrals.review_queue SET fraud_signals = 'same_ip;same_device'`);
    const page = await queuePage(client, { filter: queueFilter.parse({}), offset: 0, limit: 500 }, NOW);
    expect(page.rows.flatMap((row) => row.signals)).toEqual([]);
    expect(page.rows.length).toBeGreaterThan(0);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

test('the summary counts what the pages show', async () => {
  const summary = await queueSummary(db.pool, NOW);
  const all = await rowsOf({ statuses: [] });
  const count = (of: (row: QueueRow) => boolean): number => all.filter(of).length;
  const { rows } = await db.pool.query<{ holds: number }>(
    `SELECT count(DISTINCT relationship_id)::int AS holds FROM referrals.bonus_events
     WHERE hold_reason = 'fraud_medium' AND hold_until < $1::timestamptz + interval '60 hours'`,
    [NOW],
  );
  expect(summary).toEqual({
    byStatus: {
      pending: count(pending),
      approved: count((row) => row.status === 'approved'),
      rejected: count((row) => row.status === 'rejected'),
      escalated: 0,
    },
    byPriority: {
      low: 0,
      medium: 0,
      high: count((row) => pending(row) && row.priority === 'high'),
      critical: count((row) => pending(row) && row.priority === 'critical'),
    },
    overdue: count((row) => pending(row) && time(row.dueAt) < NOW.getTime()),
    // All were held just now, for 48 hours.
    holdsEndingSoon: 0,
  });
  const later = await queueSummary(db.pool, new Date(NOW.getTime() + 36 * 60 * 60 * 1000));
  expect(later.holdsEndingSoon).toBe(rows[0]?.holds);
  expect(later.holdsEndingSoon).toBeGreaterThan(0);
});
