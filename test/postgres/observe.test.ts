import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { score } from '../../core/engine/score.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { decide } from '../../core/review/decide.ts';
import { readCase } from '../../core/review/case.ts';
import { scanChanges, type ScanReport } from '../../core/programme/observe/scan.ts';
import { verify } from '../../core/programme/verify.ts';
import { TEST_KEY } from '../support/migrated.ts';
import { type Clock, type Deeds, Owner, type Settled } from '../support/owner-life.ts';
import { expectedScores, writtenScores } from '../support/owner-scores.ts';
import { makeOwnersTables, ownersCatalog } from '../support/owner.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = connect(database.url, 'umpire test');
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const START = Date.parse('2026-03-10T12:00:00Z');
const HOUR = 60 * 60 * 1000;

const NOTHING: ScanReport = { full: true, users: 0, referrals: 0, bonuses: 0, patterns: 0, items: 0, pending: 0 };

const read = async <Row>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await pool.query(sql, values)).rows as Row[];

/** Every row of Umpire's own tables with the transaction that wrote it; when a scan began is no news. */
async function ownRows(): Promise<readonly string[]> {
  const tables = await read<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'umpire' AND tablename <> 'scans'`,
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await read<{ line: string }>(
      `SELECT '${name} ' || t.xmin || ' ' || t::text AS line FROM umpire.${name} AS t`,
    );
    lines.push(...rows.map(({ line }) => line));
  }
  return lines.sort();
}

/** The owner's rows as far as Umpire may not write them. */
const OWN_COLUMNS: { readonly [table: string]: readonly string[] } = {
  'referrals.relationships': ['fraud_score', 'fraud_signals', 'is_flagged', 'updated_at'],
  'referrals.bonus_events': ['status', 'hold_reason', 'hold_until', 'released_at', 'transaction_id'],
  'referrals.cross_app_activations': ['bonus_paid'],
  'referrals.user_tiers': ['total_earned', 'updated_at'],
  'referrals.fingerprints': ['flagged_count'],
  'referrals.codes': [],
  'referrals.user_fingerprints': [],
  'referrals.fraud_patterns': [],
  'referrals.rate_limits': [],
  'referrals.daily_stats': [],
  'auth.users': [],
};

async function ownersRows(): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [table, columns] of Object.entries(OWN_COLUMNS)) {
    const rows = await read<{ line: string }>(
      `SELECT '${table} ' || (to_jsonb(t) - $1::text[])::text AS line FROM ${table} AS t`,
      [columns],
    );
    lines.push(...rows.map(({ line }) => line));
  }
  return lines.sort();
}

describe.each([{ ledger: false }, { ledger: true }])(
  'a service writes while Umpire looks on (ledger: $ledger)',
  ({ ledger }) => {
    test(
      'every change is found, every bonus dealt with by its band, and nothing of the owner’s is touched',
      { timeout: 300_000 },
      async () => {
        const clock: Clock = { now: START };
        const deeds: Deeds = { bonuses: new Map(), settled: new Map() };
        const owners = [1, 2, 3].map((number) => new Owner(pool, `o${number}`, 70 + number, { ledger, clock, deeds }));
        await makeOwnersTables(pool, { ledger });
        await owners[0]!.begin(20, 40);
        const catalog = await ownersCatalog(pool);
        await migrate(pool, { key: TEST_KEY });

        const over = new AbortController();
        const scans = { begun: 0 };
        const again = async (work: (now: Date) => Promise<unknown>): Promise<void> => {
          while (!over.signal.aborted) await work(new Date(clock.now));
        };
        // Two machines: each looks, scores and pays.
        const machine = async (number: number): Promise<void> => {
          const other = connect(database.url, `umpire test ${number}`);
          try {
            await Promise.all([
              again(async (now) => {
                scans.begun += 1;
                await scanChanges(other, { now, key: TEST_KEY, full: scans.begun % 7 === 0 });
              }),
              again(async (now) => {
                await score(other, { now });
                await releaseHolds(other, now);
              }),
            ]);
          } finally {
            await other.end();
          }
        };
        const machines = Promise.all([machine(1), machine(2)]);
        const living = async (owner: Owner): Promise<void> => {
          for (let acts = 0; acts < 160 || scans.begun < 12; acts += 40) await owner.live(40);
        };
        await Promise.all(owners.map(living)).finally(() => over.abort());
        await machines;

        // What is left is healed by the nightly pass.
        const rows = await ownersRows();
        clock.now += 2 * HOUR;
        const now = new Date(clock.now);
        await scanChanges(pool, { now, key: TEST_KEY, full: true });
        expect((await score(pool, { now })).failing).toBe(0);
        expect(await writtenScores(pool)).toEqual(await expectedScores(pool, { ledger }));
        // What was just scored shows something else: that is noted once.
        await scanChanges(pool, { now, key: TEST_KEY, full: false });
        const own = await ownRows();
        expect(await scanChanges(pool, { now, key: TEST_KEY, full: true })).toEqual(NOTHING);
        expect(await scanChanges(pool, { now, key: TEST_KEY, full: false })).toEqual({ ...NOTHING, full: false });
        expect((await score(pool, { now })).scored).toBe(0);
        expect(await ownRows()).toEqual(own);

        await expectBandsFollowed();
        await expectMoneyRight(deeds, ledger);
        expect(await verify(pool)).toEqual([]);
        await releaseAll(clock);
        await decideSome(clock);
        await expectMoneyRight(deeds, ledger);

        expect(await verify(pool)).toEqual([]);
        expect(await ownersRows()).toEqual(rows);
        expect(await ownersCatalog(pool)).toEqual(catalog);
      },
    );
  },
);

/** After scoring: nothing pending, what is held is held as its band says, and what is high is in the queue. */
async function expectBandsFollowed(): Promise<void> {
  expect(await read(`SELECT id FROM referrals.bonus_events WHERE status = 'pending'`)).toEqual([]);
  expect(
    await read(
      `SELECT b.id, b.status, b.hold_reason, b.hold_until, s.held_band FROM referrals.bonus_events AS b JOIN umpire.scores AS s USING (relationship_id)
       WHERE b.status = 'held' AND b.hold_reason LIKE 'fraud%' AND (
         b.hold_reason <> 'fraud_' || s.held_band
         OR b.hold_until IS DISTINCT FROM CASE s.held_band WHEN 'medium' THEN s.first_held_at + interval '48 hours' END)`,
    ),
  ).toEqual([]);
  expect(
    await read(
      `SELECT s.relationship_id FROM umpire.scores AS s JOIN referrals.relationships AS r ON r.id = s.relationship_id
       WHERE s.held_band >= 'high' AND NOT EXISTS (SELECT 1 FROM referrals.review_queue AS q WHERE q.relationship_id = r.id AND q.status = 'pending')
         OR (s.held_band = 'critical') <> r.is_flagged OR s.score <> r.fraud_score`,
    ),
  ).toEqual([]);
  const [found] = await read<{ queued: number; held: number; paid: number }>(
    `SELECT (SELECT count(*)::int FROM referrals.review_queue) AS queued,
       (SELECT count(*)::int FROM referrals.bonus_events WHERE hold_reason = 'fraud_medium') AS held,
       (SELECT count(*)::int FROM umpire.money_log WHERE transition = 'paid') AS paid`,
  );
  expect(Math.min(found!.queued, found!.held, found!.paid)).toBeGreaterThan(5);
}

/** What the owner settled stays as it left it; what Umpire paid, it paid once. */
async function expectMoneyRight(deeds: Deeds, ledger: boolean): Promise<void> {
  const bonuses = await read<{ id: string; status: string; released_at: Date | null; transaction_id: string | null }>(
    'SELECT id, status, released_at, transaction_id FROM referrals.bonus_events',
  );
  const found = new Map(bonuses.map((bonus) => [bonus.id, bonus]));
  const left: [string, Settled][] = [...deeds.settled].filter(([id]) => found.has(id));
  expect(
    left.map(([id]): [string, Settled] => {
      const { status, released_at: at, transaction_id: transactionId } = found.get(id)!;
      return [id, { status, releasedAt: at?.toISOString() ?? null, transactionId }];
    }),
  ).toEqual(left);

  const paid = await read<{ bonus_id: string }>(`SELECT bonus_id FROM umpire.money_log WHERE transition = 'paid'`);
  const ids = paid.map(({ bonus_id: id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => deeds.settled.has(id))).toEqual([]);
  expect(ids.filter((id) => found.has(id) && found.get(id)!.status !== 'paid')).toEqual([]);

  // What everybody earned, where the owner keeps a row of it.
  const earned = new Map<string, number>();
  const ownerPaid = [...deeds.settled].filter(([, { status }]) => status === 'paid').map(([id]) => id);
  for (const id of [...ownerPaid, ...ids]) {
    const { userId, credits } = deeds.bonuses.get(id)!;
    earned.set(userId, (earned.get(userId) ?? 0) + credits);
  }
  const tiers = await read<{ user_id: string; total_earned: number }>(
    'SELECT user_id, total_earned FROM referrals.user_tiers',
  );
  expect(tiers.map((tier) => [tier.user_id, tier.total_earned])).toEqual(
    tiers.map(({ user_id: id }) => [id, earned.get(id) ?? 0]),
  );

  // Without a ledger a bonus that Umpire paid points at nothing; with one, at a row of its own.
  const movement = ledger
    ? `SELECT id, user_id, amount, idempotency_key FROM credits.transactions`
    : `SELECT id, user_id, credits_final AS amount, 'bonus:' || id || ':1' AS idempotency_key FROM referrals.bonus_events`;
  const wrong = await read<{ id: string }>(
    `SELECT b.id FROM referrals.bonus_events AS b LEFT JOIN (${movement}) AS t ON t.id = ${ledger ? 'b.transaction_id' : 'b.id'}
     WHERE b.id = ANY ($1) AND (
       (b.transaction_id IS NOT NULL) <> $2
       OR (t.user_id, t.amount, t.idempotency_key) IS DISTINCT FROM (b.user_id, b.credits_final, 'bonus:' || b.id || ':1'))`,
    [ids, ledger],
  );
  expect(wrong).toEqual([]);
  const unexplained = ledger
    ? await read(
        `SELECT b.user_id FROM credits.balances AS b LEFT JOIN umpire.opening_balances AS o USING (user_id)
         WHERE o.credits IS NULL OR b.balance + b.free_credits_remaining <> o.credits
           + (SELECT coalesce(sum(t.amount), 0) FROM credits.transactions AS t WHERE t.user_id = b.user_id AND t.status = 'completed')`,
      )
    : [];
  expect(unexplained).toEqual([]);
}

/** Two days later the holds of the medium band end, or wait for the time of their claim; no other fraud holds do. */
async function releaseAll(clock: Clock): Promise<void> {
  const held = (condition: string): Promise<{ id: string; at: Date | null }[]> =>
    read(
      `SELECT id, hold_until AS at FROM referrals.bonus_events WHERE status = 'held' AND ${condition} ORDER BY hold_until, id`,
    );
  const others = `hold_reason NOT IN ('fraud_medium', 'rate_limited')`;
  const medium = await held(`hold_reason = 'fraud_medium'`);
  const before = await held(others);
  await releaseHolds(pool, new Date(medium[0]!.at!.getTime() - 1));
  expect(await held(`hold_reason = 'fraud_medium'`)).toEqual(medium);
  clock.now += 49 * HOUR;
  expect(await releaseHolds(pool, new Date(clock.now))).toBeGreaterThan(0);
  const left = await read<{ id: string }>(
    `SELECT id FROM referrals.bonus_events
     WHERE id = ANY ($1) AND status <> 'paid' AND (hold_reason, hold_until > $2) IS DISTINCT FROM ('rate_limited', true)`,
    [medium.map(({ id }) => id), new Date(clock.now)],
  );
  expect(left).toEqual([]);
  expect(await held(others)).toEqual(before);
}

async function decideSome(clock: Clock): Promise<void> {
  const items = await read<{ id: string; relationship_id: string }>(
    `SELECT q.id, q.relationship_id FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id
     WHERE q.status = 'pending' AND r.qualified_at IS NOT NULL
       AND EXISTS (SELECT 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = r.id AND b.status = 'paid')
       AND EXISTS (SELECT 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = r.id AND b.hold_reason LIKE 'fraud%')
       AND NOT EXISTS (SELECT 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = r.id AND b.created_at > $1)
     ORDER BY q.id`,
    [new Date(clock.now)],
  );
  const [approved, rejected] = items;
  const now = new Date(clock.now);
  const file = await readCase(pool, approved!.id, now);
  expect(file?.relationshipId).toBe(approved!.relationship_id);
  expect(file?.signals.length).toBeGreaterThan(0);
  const before = await read<{ id: string; relationship_id: string; status: string; hold_reason: string | null }>(
    'SELECT id, relationship_id, status, hold_reason FROM referrals.bonus_events ORDER BY id',
  );
  const outcomes = await decide(
    pool,
    [
      {
        decisionId: '00000000-0000-7000-8000-000000000001',
        itemId: approved!.id,
        decision: 'approve',
        reason: 'household',
      },
      {
        decisionId: '00000000-0000-7000-8000-000000000002',
        itemId: rejected!.id,
        decision: 'reject',
        reason: 'account_farm',
      },
    ],
    { now },
  );
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
  const after = await read('SELECT id, relationship_id, status, hold_reason FROM referrals.bonus_events ORDER BY id');
  expect(after).toEqual(
    before.map((bonus) => {
      const isUnpaid = bonus.status === 'held';
      if (bonus.relationship_id === approved!.relationship_id && isUnpaid && bonus.hold_reason?.startsWith('fraud')) {
        return { ...bonus, status: 'paid', hold_reason: null };
      }
      if (bonus.relationship_id === rejected!.relationship_id && isUnpaid)
        return { ...bonus, status: 'rejected', hold_reason: null };
      return bonus;
    }),
  );
}
