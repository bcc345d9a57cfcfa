import { afterEach, beforeEach, expect, test } from 'vitest';
import { markAllDirty, score } from '../../core/engine/score.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { changes } from '../../core/programme/jobs/changes.ts';
import { fullPass } from '../../core/programme/jobs/full-pass.ts';
import { eraseUser } from '../../core/programme/erase.ts';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { merge } from '../../core/programme/merge.ts';
import { scanChanges, type ScanReport } from '../../core/programme/observe/scan.ts';
import { verify } from '../../core/programme/verify.ts';
import { decide } from '../../core/review/decide.ts';
import { undo } from '../../core/review/undo.ts';
import { migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { makeOwnersTables } from '../support/owner.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { HASH_KEY, runUmpire } from '../support/scenario-command.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = connect(database.url, 'umpire test');
  await makeOwnersTables(pool, { ledger: false });
  await migrate(pool, { key: KEY });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** That of the command line's runs here. */
const KEY = hashKey(HASH_KEY);
const NOW = '2026-03-10T12:00:00Z';
const HOUR = 60 * 60 * 1000;

const at = (hours: number): Date => new Date(Date.parse(NOW) + hours * HOUR);
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

const look = (now: Date, full = false): Promise<ScanReport> => scanChanges(pool, { now, key: KEY, full });
const lookAndScore = async (now: Date, full = false): Promise<void> => {
  await look(now, full);
  await score(pool, { now });
};

type Writer = { query(text: string, values?: unknown[]): Promise<unknown> };

async function user(db: Writer, name: string, created: Date, email = `${name}@firm.example`): Promise<void> {
  await db.query('INSERT INTO auth.users (id, name, email, created_at, updated_at) VALUES ($1, $1, $2, $3, $3)', [
    name,
    email,
    created,
  ]);
}

/** Till, who refers everybody, from address `home`. */
async function till(): Promise<void> {
  await user(pool, 'till', at(-1000));
  await pool.query(`INSERT INTO referrals.codes (id, user_id, code, created_at) VALUES ($1, 'till', 'TILL', $2)`, [
    id(1),
    at(-1000),
  ]);
  await seen(pool, 'till', 'home', 'login', at(-900));
}

async function seen(db: Writer, name: string, ip: string, context: string, when: Date): Promise<void> {
  await db.query(
    `INSERT INTO referrals.fingerprints (id, ip_hash, first_seen_at, last_seen_at) SELECT gen_random_uuid(), $1, $2, $2
     WHERE NOT EXISTS (SELECT 1 FROM referrals.fingerprints WHERE ip_hash = $1)`,
    [ip, when],
  );
  await db.query(
    `INSERT INTO referrals.user_fingerprints (user_id, fingerprint_id, seen_at, context) SELECT $1, id, $2, $3 FROM referrals.fingerprints WHERE ip_hash = $4`,
    [name, when, context, ip],
  );
}

/** A referral by Till with its two bonuses; its ids are made from `number`. */
async function referral(
  db: Writer,
  number: number,
  name: string,
  when: Date,
  ip: string,
  email?: string,
): Promise<void> {
  await user(db, name, when, email);
  await seen(db, name, ip, 'registration', when);
  await db.query(
    `INSERT INTO referrals.relationships (id, referrer_id, referee_id, code_id, registered_at, created_at, updated_at) VALUES ($1, 'till', $2, $3, $4, $4, $4)`,
    [id(number), name, id(1), when],
  );
  await db.query(
    `INSERT INTO referrals.bonus_events (id, relationship_id, user_id, event_type, credits_base, credits_final, tier_at_time, created_at)
     VALUES ($1, $3, 'till', 'registered', 5, 5, 'bronze', $5), ($2, $3, $4, 'registered', 25, 25, 'bronze', $5)`,
    [id(number + 1), id(number + 2), id(number), name, when],
  );
}

async function told(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `SELECT r.referee_id || ' ' || r.fraud_score || ' ' || coalesce(r.fraud_signals, 'unscored') || ' ' ||
       (SELECT string_agg(concat_ws(':', b.status, b.hold_reason), ' ' ORDER BY b.id) FROM referrals.bonus_events AS b WHERE b.relationship_id = r.id) AS line
     FROM referrals.relationships AS r ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}

test('a transaction that commits after a scan is found by the next one', async () => {
  await till();
  await look(at(0));
  const late = await pool.connect();
  try {
    await late.query('BEGIN');
    await referral(late, 10, 'ann', at(0.5), 'cafe');
    await lookAndScore(at(1));
    await late.query('COMMIT');
  } finally {
    late.release(true);
  }
  await lookAndScore(at(1.01));
  expect(await told()).toEqual(['ann 0 [] paid paid']);
});

test('a machine whose clock is years ahead does not make the next scan look at too little', async () => {
  await till();
  await look(new Date('2036-01-01T00:00:00Z'), true);
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  await referral(pool, 10, 'ann', rows[0]!.now, 'home');
  await lookAndScore(rows[0]!.now);
  expect(await told()).toEqual(['ann 30 ["same_ip"] held:fraud_medium held:fraud_medium']);
});

test('a referral with a pending bonus is found at once, however old its times say it is', async () => {
  await till();
  await look(at(0));
  await referral(pool, 10, 'ann', at(-500), 'home');
  await lookAndScore(at(1));
  expect(await told()).toEqual(['ann 30 ["same_ip"] held:fraud_medium held:fraud_medium']);
});

test('what changed without any time is found by the full pass, and so is what that means for others', async () => {
  await till();
  await referral(pool, 10, 'anneliese', at(-3), 'cafe');
  await referral(pool, 20, 'benedikt', at(-2), 'office');
  await lookAndScore(at(0));
  expect(await told()).toEqual(['anneliese 0 [] paid paid', 'benedikt 0 [] paid paid']);
  await look(at(8));
  await pool.query(`UPDATE auth.users SET email = 'benedict@firm.example' WHERE id = 'anneliese'`);
  await pool.query(`UPDATE referrals.relationships SET registered_at = $1 WHERE referee_id = 'anneliese'`, [at(-2.05)]);
  expect(await look(at(9))).toMatchObject({ full: false, users: 0, referrals: 0 });
  await lookAndScore(at(9.1), true);
  expect(await told()).toEqual([
    'anneliese 0 [] paid paid',
    'benedikt 40 ["similar_email", "rapid_registration"] paid paid',
  ]);
});

test('a second scan writes no row, a score that the owner wrote over is written again', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'home');
  await lookAndScore(at(0));
  const before = await told();
  expect(await look(at(0.1), true)).toEqual({
    full: true,
    users: 0,
    referrals: 0,
    bonuses: 0,
    patterns: 0,
    items: 0,
    pending: 0,
  });
  await pool.query('UPDATE referrals.relationships SET fraud_score = 0, fraud_signals = NULL');
  await lookAndScore(at(0.2), true);
  expect(await told()).toEqual(before);
});

test('what the owner deletes goes with all that Umpire kept of it', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'home', 'x@mailinator.com');
  await referral(pool, 20, 'bea', at(-2.99), 'home', 'y@mailinator.com');
  await lookAndScore(at(0));
  expect((await pool.query('SELECT 1 FROM referrals.review_queue')).rowCount).toBe(1);
  await pool.query(`DELETE FROM auth.users WHERE id = 'bea'`);
  await lookAndScore(at(1), true);
  expect(await told()).toEqual(['ann 50 ["same_ip", "disposable_email"] held:fraud_medium held:fraud_medium']);
  const kept = await pool.query<{ found: string }>(
    `SELECT 'referrals' AS found FROM umpire.referrals WHERE referee_id = 'bea'
     UNION ALL SELECT 'users' FROM umpire.users WHERE user_id = 'bea'
     UNION ALL SELECT 'sightings' FROM umpire.sightings WHERE user_id = 'bea'
     UNION ALL SELECT 'observed' FROM umpire.observed WHERE id = 'bea'
     UNION ALL SELECT 'bonuses' FROM umpire.bonuses WHERE bonus_id = ANY ($2)
     UNION ALL SELECT 'items' FROM umpire.items WHERE relationship_id = $1
     UNION ALL SELECT 'scores' FROM umpire.scores WHERE relationship_id = $1
     UNION ALL SELECT 'evidence' FROM umpire.evidence WHERE relationship_id = $1
     UNION ALL SELECT 'dirty' FROM umpire.dirty WHERE relationship_id = $1`,
    [id(20), [id(21), id(22)]],
  );
  expect(kept.rows).toEqual([]);
});

test('one deleted while it waits to be scored holds up nobody and does not show as failing', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'cafe');
  await referral(pool, 20, 'bea', at(-2), 'home', 'y@mailinator.com');
  await look(at(0));
  await pool.query('DELETE FROM referrals.relationships WHERE id = $1', [id(20)]);
  expect(await score(pool, { now: at(0) })).toMatchObject({ failing: 0 });
  expect(await told()).toEqual(['ann 0 [] paid paid']);
  expect((await pool.query('SELECT 1 FROM umpire.dirty')).rowCount).toBe(0);
});

test('fingerprints that the owner purged take their copies along and change no score', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'home');
  await lookAndScore(at(0));
  const before = await told();
  await pool.query('DELETE FROM referrals.fingerprints');
  await look(at(1), true);
  await markAllDirty(pool);
  await score(pool, { now: at(1) });
  expect(await told()).toEqual(before);
  const kept = await pool.query(
    `SELECT 1 FROM umpire.sightings UNION ALL SELECT 1 FROM umpire.referrals WHERE ip_hash IS NOT NULL`,
  );
  expect(kept.rowCount).toBe(0);
  expect(await look(at(2), true)).toMatchObject({ users: 0, referrals: 0 });
});

test('who was erased here stays so, whatever the owner still holds of them', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'home', 'x@mailinator.com');
  await lookAndScore(at(0));
  const before = await told();
  await eraseUser(pool, 'ann', { now: at(1) });
  await seen(pool, 'ann', 'cafe', 'login', at(2));
  await look(at(3), true);
  await markAllDirty(pool);
  await score(pool, { now: at(3) });
  expect(await told()).toEqual(before);
  const { rows } = await pool.query(
    `SELECT u.email_local, u.email_domain, r.ip_hash, (SELECT count(*)::int FROM umpire.sightings WHERE user_id = 'ann') AS sightings,
       (SELECT digest FROM umpire.observed WHERE kind = 'user' AND id = 'ann') AS digest
     FROM umpire.users AS u JOIN umpire.referrals AS r ON r.referee_id = u.user_id`,
  );
  expect(rows).toEqual([{ email_local: null, email_domain: null, ip_hash: null, sightings: 0, digest: 'erased' }]);
  expect(await look(at(4), true)).toMatchObject({ users: 0, referrals: 0 });
});

test('a bonus that the owner is paying while Umpire releases holds is left to the owner, and delays no other', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'home');
  await lookAndScore(at(0));
  const owner = await pool.connect();
  try {
    await owner.query('BEGIN');
    await owner.query(
      `UPDATE referrals.bonus_events SET status = 'paid', hold_reason = NULL, hold_until = NULL, released_at = $2 WHERE id = $1`,
      [id(11), at(1)],
    );
    expect(await releaseHolds(pool, at(49))).toBe(1);
    await owner.query('COMMIT');
  } finally {
    owner.release(true);
  }
  expect(await releaseHolds(pool, at(49))).toBe(0);
  const { rows } = await pool.query('SELECT released_at FROM referrals.bonus_events ORDER BY id');
  expect(rows).toEqual([{ released_at: at(1) }, { released_at: at(49) }]);
  expect((await pool.query(`SELECT 1 FROM umpire.money_log WHERE transition = 'paid'`)).rowCount).toBe(1);
});

test.each(['bonus_events', 'relationships'])(
  'whoever writes a tier and then %s while Umpire releases holds never loses the transaction to it',
  async (second) => {
    await till();
    await referral(pool, 10, 'ann', at(-3), 'home');
    await pool.query(`INSERT INTO referrals.user_tiers (user_id) VALUES ('till')`);
    await lookAndScore(at(0));
    const owner = await pool.connect();
    try {
      await owner.query('BEGIN');
      await owner.query('SELECT 1 FROM referrals.user_tiers FOR UPDATE');
      const releasing = releaseHolds(pool, at(49)).catch((error: unknown) => error);
      await until(async () => {
        const { rows } = await pool.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0 ? true : null;
      });
      await owner.query(`SELECT 1 FROM referrals.${second} FOR UPDATE`);
      await owner.query('COMMIT');
      await releasing;
    } finally {
      owner.release(true);
    }
    await releaseHolds(pool, at(49));
    expect((await pool.query(`SELECT 1 FROM referrals.bonus_events WHERE status = 'held'`)).rowCount).toBe(0);
  },
);

test.each([
  ['bonus', 'SELECT 1 FROM referrals.bonus_events WHERE id = $1 FOR UPDATE', 11],
  ['referral', 'SELECT 1 FROM referrals.relationships WHERE id = $1 FOR UPDATE', 10],
])('a %s that the owner holds locked is scored later, and all else at once', async (_what, lock, number) => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'cafe');
  await referral(pool, 20, 'bea', at(-2), 'office');
  await look(at(0));
  const owner = await pool.connect();
  try {
    await owner.query('BEGIN');
    await owner.query(lock, [id(number)]);
    expect(await score(pool, { now: at(0) })).toMatchObject({ scored: 1, failing: 1 });
    expect(await told()).toEqual(['ann 0 unscored pending pending', 'bea 0 [] paid paid']);
    await owner.query('COMMIT');
  } finally {
    owner.release(true);
  }
  expect(await score(pool, { now: at(1) })).toMatchObject({ scored: 1, failing: 0 });
  expect(await told()).toEqual(['ann 0 [] paid paid', 'bea 0 [] paid paid']);
});

test('a review item that the owner deletes is opened again: its credits would be held unseen', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'cafe');
  await pool.query(
    `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, score_impact) VALUES ('email_domain', 'firm.example', 70)`,
  );
  await lookAndScore(at(0));
  expect((await pool.query('DELETE FROM referrals.review_queue')).rowCount).toBe(1);
  await lookAndScore(at(1));
  expect((await pool.query(`SELECT 1 FROM referrals.review_queue WHERE status = 'pending'`)).rowCount).toBe(1);
  await lookAndScore(at(2));
  expect((await pool.query('SELECT 1 FROM umpire.dirty')).rowCount).toBe(0);
});

test('where no link says that it is of a registration, the last one of the day before it counts', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'cafe');
  await pool.query('DELETE FROM referrals.user_fingerprints WHERE user_id = $1', ['ann']);
  await seen(pool, 'ann', 'office', 'login', at(-40));
  await seen(pool, 'ann', 'home', 'code_validation', at(-3.1));
  await seen(pool, 'ann', 'street', 'login', at(-2));
  await lookAndScore(at(0));
  expect(await told()).toEqual(['ann 30 ["same_ip"] held:fraud_medium held:fraud_medium']);
  await seen(pool, 'ann', 'flat', 'registration', at(-3));
  await lookAndScore(at(0), true);
  expect(await told()).toEqual(['ann 0 [] held:fraud_medium held:fraud_medium']);
});

test('a merge keeps where somebody registered, though they were seen there before', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'cafe');
  await pool.query(`DELETE FROM referrals.user_fingerprints WHERE user_id = 'ann'`);
  for (const [context, hours] of [
    ['code_validation', -3.1],
    ['registration', -3],
  ] as const) {
    await pool.query(
      `WITH f AS (
         INSERT INTO referrals.fingerprints (ip_hash, first_seen_at, last_seen_at) VALUES ('home', $1, $1) RETURNING id
       )
       INSERT INTO referrals.user_fingerprints (user_id, fingerprint_id, seen_at, context) SELECT 'ann', id, $1, $2 FROM f`,
      [at(hours), context],
    );
  }
  await merge(pool, { dryRun: false });
  const { rows } = await pool.query(
    `SELECT l.seen_at, l.context FROM referrals.user_fingerprints AS l WHERE l.user_id = 'ann'`,
  );
  expect(rows).toEqual([{ seen_at: at(-3.1), context: 'registration' }]);
  await lookAndScore(at(0));
  expect(await told()).toEqual(['ann 30 ["same_ip"] held:fraud_medium held:fraud_medium']);
});

test('a bonus that the owner wrote twice, or puts back to pending, is paid once', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'cafe');
  await pool.query(
    `INSERT INTO referrals.bonus_events (id, relationship_id, user_id, event_type, app_id, credits_base, credits_final, tier_at_time, created_at)
     SELECT $1, relationship_id, user_id, event_type, app_id, credits_base, credits_final, tier_at_time, created_at + interval '1 second'
     FROM referrals.bonus_events WHERE id = $2`,
    [id(99), id(11)],
  );
  await lookAndScore(at(0));
  await pool.query(`UPDATE referrals.bonus_events SET status = 'pending' WHERE id = $1`, [id(11)]);
  await lookAndScore(at(1));
  const { rows } = await pool.query(
    `SELECT bonus_id, count(*)::int AS times FROM umpire.money_log WHERE transition = 'paid' AND bonus_id IN ($1, $2) GROUP BY 1`,
    [id(11), id(99)],
  );
  expect(rows).toEqual([{ bonus_id: id(11), times: 1 }]);
});

test('a review item that the owner wrote can be decided', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'home');
  await pool.query(
    `INSERT INTO referrals.review_queue (id, relationship_id, fraud_score, fraud_signals, created_at) VALUES ($1, $2, 1, '[]', $3)`,
    [id(15), id(10), at(-1)],
  );
  await lookAndScore(at(0));
  const [outcome] = await decide(
    pool,
    [{ decisionId: id(99), itemId: id(15), decision: 'approve', reason: 'household' }],
    { now: at(1) },
  );
  expect(outcome).toMatchObject({ outcome: 'applied', paid: 30 });
  expect(await told()).toEqual(['ann 30 ["same_ip"] paid paid']);
});

test.each(['approve', 'reject', 'escalate'] as const)(
  'an undone %s leaves the owner’s rows as they were',
  async (decision) => {
    await till();
    await referral(pool, 10, 'ann', at(-3), 'home');
    await pool.query(
      `INSERT INTO referrals.review_queue (id, relationship_id, fraud_score, fraud_signals, created_at, notes) VALUES ($1, $2, 1, '[]', $3, 'theirs')`,
      [id(15), id(10), at(-1)],
    );
    await lookAndScore(at(0));
    const rows = async (): Promise<string> => {
      const { rows: found } = await pool.query(
        `SELECT (SELECT jsonb_agg(to_jsonb(b) ORDER BY b.id) FROM (SELECT id, status, hold_reason, hold_until, credits_final FROM referrals.bonus_events) AS b) AS bonuses,
         (SELECT jsonb_agg(to_jsonb(q)) FROM referrals.review_queue AS q) AS items, (SELECT jsonb_agg(to_jsonb(t)) FROM referrals.user_tiers AS t) AS tiers,
         (SELECT jsonb_agg(r.is_flagged) FROM referrals.relationships AS r) AS flags, (SELECT jsonb_agg(to_jsonb(f) ORDER BY f.id) FROM referrals.fingerprints AS f) AS places`,
      );
      return JSON.stringify(found);
    };
    const before = await rows();
    const reason = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' }[decision];
    const call = { decisionId: id(99), itemId: id(15), decision, reason, note: 'ours' };
    expect(await decide(pool, [call], { now: at(1) })).toMatchObject([{ outcome: 'applied' }]);
    expect(await rows()).not.toBe(before);
    const undone = await undo(pool, [{ undoId: id(98), decisionId: id(99) }], { now: at(1) });
    expect(undone).toMatchObject([
      { outcome: 'applied', status: 'pending', reversed: decision === 'approve' ? 30 : 0 },
    ]);
    expect(await rows()).toBe(before);
    await lookAndScore(at(1));
    expect(await rows()).toBe(before);
    expect(await verify(pool)).toEqual([]);
  },
);

test('a pattern that the owner changes, switches off or deletes takes its points along', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'cafe');
  const pattern = async (sql: string): Promise<readonly string[]> => {
    await pool.query(sql);
    await lookAndScore(at(0));
    const { rows } = await pool.query<{ fraud_score: number }>('SELECT fraud_score FROM referrals.relationships');
    return rows.map(({ fraud_score: points }) => String(points));
  };
  expect(
    await pattern(
      `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, score_impact) VALUES ('email_domain', 'firm.example', 40)`,
    ),
  ).toEqual(['40']);
  expect(await pattern('UPDATE referrals.fraud_patterns SET score_impact = 7')).toEqual(['7']);
  expect(await pattern(`UPDATE referrals.fraud_patterns SET pattern_value = 'other.example'`)).toEqual(['0']);
  expect(await pattern(`UPDATE referrals.fraud_patterns SET pattern_value = '/^ann@/'`)).toEqual(['7']);
  expect(await pattern('UPDATE referrals.fraud_patterns SET is_active = false')).toEqual(['0']);
  expect(await pattern('UPDATE referrals.fraud_patterns SET is_active = true')).toEqual(['7']);
  expect(await pattern('DELETE FROM referrals.fraud_patterns')).toEqual(['0']);
});

test.each([
  {
    what: 'a sighting of the referrer from before',
    change: `INSERT INTO referrals.user_fingerprints (user_id, fingerprint_id, seen_at, context)
      SELECT 'till', id, '2026-03-01', 'login' FROM referrals.fingerprints WHERE ip_hash = 'cafe'`,
    signals: ['minimal_activity', 'same_ip'],
  },
  {
    what: 'usage between registration and purchase',
    change: `INSERT INTO referrals.cross_app_activations (relationship_id, app_id, activated_at) SELECT id, 'chat', registered_at + interval '1 hour' FROM referrals.relationships`,
    signals: [],
  },
  {
    what: 'activation before the purchase',
    change: `UPDATE referrals.relationships SET activated_at = registered_at + interval '1 hour'`,
    signals: [],
  },
  {
    what: 'the code’s time of making',
    change: `UPDATE referrals.codes SET created_at = (SELECT registered_at - interval '1 minute' FROM referrals.relationships)`,
    signals: ['minimal_activity', 'rapid_registration'],
  },
  {
    what: 'the age of the referrer’s account',
    change: `UPDATE auth.users SET created_at = '2026-03-05' WHERE id = 'till'`,
    signals: ['minimal_activity', 'new_account_referrer'],
  },
  {
    what: 'the kind of the address',
    change: `UPDATE referrals.fingerprints SET ip_type = 'tor' WHERE ip_hash = 'cafe'`,
    signals: ['minimal_activity', 'vpn_proxy'],
  },
  {
    what: 'the referrer’s e-mail',
    change: `UPDATE auth.users SET email = 'anneliese@gmail.com' WHERE id = 'till'`,
    signals: ['minimal_activity', 'similar_email'],
  },
  {
    what: 'the purchase',
    change: `UPDATE referrals.relationships SET qualified_at = registered_at + interval '2 hours'`,
    signals: ['instant_qualification', 'minimal_activity'],
  },
])('scored again when it comes or changes later: $what', async ({ change, signals }) => {
  await till();
  await referral(pool, 10, 'anneliese', at(-100), 'cafe');
  await pool.query(`UPDATE referrals.relationships SET status = 'qualified', activated_at = $1, qualified_at = $1`, [
    at(-50),
  ]);
  await lookAndScore(at(0));
  const found = async (): Promise<unknown> => {
    const { rows } = await pool.query<{ names: string }>('SELECT fraud_signals AS names FROM referrals.relationships');
    return (JSON.parse(rows[0]?.names ?? 'null') as string[]).toSorted();
  };
  expect(await found()).toEqual(['minimal_activity']);
  await pool.query(change);
  await lookAndScore(at(1), true);
  expect(await found()).toEqual(signals);
});

test('a pattern that was switched on while somebody scored, and off again before the next scan, leaves no points', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'cafe');
  await pool.query(
    `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, score_impact, is_active) VALUES ('email_domain', 'firm.example', 40, false)`,
  );
  await look(at(0));
  await pool.query('UPDATE referrals.fraud_patterns SET is_active = true');
  await score(pool, { now: at(0) });
  expect(await told()).toEqual([expect.stringContaining('ann 40 ')]);
  await pool.query('UPDATE referrals.fraud_patterns SET is_active = false');
  await lookAndScore(at(1));
  expect(await told()).toEqual(['ann 0 [] held:fraud_medium held:fraud_medium']);
});

test('more rows than a page holds are all found', async () => {
  await till();
  const many = 4500;
  await pool.query(
    `INSERT INTO auth.users (id, name, email, created_at) SELECT 'u' || n, 'U', 'u' || n || '@firm.example', $2::timestamptz FROM generate_series(1, $1::int) AS n`,
    [many, at(-10)],
  );
  await pool.query(
    `INSERT INTO referrals.relationships (referrer_id, referee_id, code_id, registered_at, created_at, updated_at)
     SELECT 'till', 'u' || n, $2, $3::timestamptz + n * interval '1 hour', $3, $3 FROM generate_series(1, $1::int) AS n`,
    [many, id(1), at(-10)],
  );
  expect(await look(at(0))).toMatchObject({ full: true, users: many + 1, referrals: many });
  await pool.query(`UPDATE auth.users SET email = 'v' || email, updated_at = $1`, [at(0)]);
  await pool.query('UPDATE referrals.relationships SET activated_at = $1', [at(0)]);
  expect(await look(at(0.1))).toMatchObject({ full: false, users: many + 1, referrals: many });
});

test('the jobs look for changes and at everything; stopped, they begin where they began', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'home');
  const stop = new AbortController();
  stop.abort();
  expect(await changes.run(pool, { now: at(0), key: KEY, signal: stop.signal })).toMatchObject({
    users: 0,
    referrals: 0,
  });
  expect(await changes.run(pool, { now: at(0), key: KEY })).toEqual({
    users: 2,
    referrals: 1,
    bonuses: 2,
    patterns: 0,
    items: 0,
    pending: 0,
  });
  await pool.query(`DELETE FROM referrals.relationships`);
  expect(await fullPass.run(pool, { now: at(1), key: KEY })).toMatchObject({ referrals: 1, bonuses: 2 });
});

test('umpire score looks for changes first', async () => {
  await till();
  await referral(pool, 10, 'ann', at(-3), 'home');
  const scored = await runUmpire(['score', '--json', '--now', NOW, '--database-url', database.url]);
  expect([scored.exit, JSON.parse(scored.stdout)]).toEqual([0, { scored: 1, changed: 1, failing: 0 }]);
  expect(await told()).toEqual(['ann 30 ["same_ip"] held:fraud_medium held:fraud_medium']);
});

test('another key is refused, and so is a database in programme mode', async () => {
  await expect(scanChanges(pool, { now: at(0), key: TEST_KEY, full: true })).rejects.toThrow('another key');
  const programme = await migratedDatabase();
  try {
    await expect(scanChanges(programme.pool, { now: at(0), key: TEST_KEY, full: true })).rejects.toThrow(
      'observe mode',
    );
  } finally {
    await programme.end();
  }
});
