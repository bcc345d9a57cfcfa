import { afterEach, beforeEach, expect, test } from 'vitest';
import { markAllDirty, score } from '../../core/engine/score.ts';
import { eraseUser } from '../../core/programme/erase.ts';
import { importEvents, type ImportReport } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { verify } from '../../core/programme/verify.ts';
import { decide } from '../../core/review/decide.ts';
import { readCase } from '../../core/review/case.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { dump } from '../support/scenario-dump.ts';
import {
  at,
  bought,
  pattern,
  referee,
  referrer,
  type ScenarioEvent,
  seen,
  used,
  user,
} from '../support/scenario-events.ts';
import { openWorkbench } from '../support/scenario-workbench.ts';
import { type StoryEvent, tell, tellDemo } from '../support/story.ts';

let db: MigratedDatabase;
beforeEach(async () => {
  db = await migratedDatabase();
});
afterEach(() => db.end());

const day = (offset: string): Date => new Date(at(offset));
const NOW = day('+3d');

/** Everything that must not change for others: all of the programme but who the user is and where they were. */
async function programme(): Promise<readonly string[]> {
  const tables = [
    'relationships',
    'bonus_events',
    'review_queue',
    'codes',
    'user_tiers',
    'cross_app_activations',
    'daily_stats',
  ];
  const all = [
    ...tables.map((name) => `referrals.${name}`),
    'credits.transactions',
    'credits.balances',
    'umpire.decisions',
  ];
  return dump(db.pool, all);
}

/** Every value in every table of the database, as text. */
async function everything(): Promise<string> {
  const { rows: tables } = await db.pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('referrals', 'auth', 'credits', 'umpire')`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await db.pool.query<{ text: string | null }>(
      `select string_agg(t::text, E'\\n') as text from ${name} t`,
    );
    parts.push(rows[0]?.text ?? '');
  }
  return parts.join('\n');
}

/** Rob refers Roxana, whose name, address and device are his; then Roxane, whose name is hers. */
const STORY: readonly ScenarioEvent[] = [
  ...referrer().map((event) => (event.type === 'user.created' ? user('rob', '-60d', 'roxanna.canary@firm.de') : event)),
  pattern('email_domain', '/canary/', 5),
  pattern('ip_range', '192.0.2.0/24', 5),
  seen('rob', '-2d', { ip: '192.0.2.1', device: 'tablet' }),
  ...referee('roxana', 'ROB', '0', { ip: '192.0.2.1', device: 'tablet', ipType: 'vpn' }).map((event) =>
    event.type === 'user.created'
      ? { ...event, user: { id: 'roxana', name: 'Roxana Canary', email: 'roxana.canary@mailinator.com' } }
      : event,
  ),
  ...referee('roxane', 'ROB', '+2h').map((event) =>
    event.type === 'user.created'
      ? { ...event, user: { id: 'roxane', name: 'Roxane Ash', email: 'roxana.canary@web.de' } }
      : event,
  ),
  seen('roxana', '+1d', { ip: '198.51.100.9', device: 'phone' }),
  used('roxana', '+1d'),
  bought('roxana', '+2d'),
];

async function told(): Promise<void> {
  await tell(db.pool, STORY as StoryEvent[], NOW);
}

async function hashes(userId: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ hash: string }>(
    `select distinct unnest(array[ip_hash, device_hash, user_agent_hash] || network_hashes) as hash from umpire.sightings where user_id = $1`,
    [userId],
  );
  return rows.flatMap(({ hash }) => hash ?? []);
}

test('name, e-mail and every trace of where the user was are gone; all else is as it was, also when scored again', async () => {
  await told();
  const signals = await db.pool.query<{ fraud_signals: string }>(
    `select fraud_signals from referrals.relationships where referee_id = 'roxana'`,
  );
  expect(signals.rows[0]?.fraud_signals).toMatch(
    /same_device.*same_ip.*similar_email.*disposable_email.*vpn_proxy.*pattern.*pattern/,
  );
  const own = (await hashes('roxana')).filter((hash) => typeof hash === 'string');
  const before = await programme();

  const report = await eraseUser(db.pool, 'roxana', { now: day('+4d') });
  expect(report).toMatchObject({ wasErased: false, sightings: 2, fingerprintLinks: 2, fingerprints: 1 });
  expect(await programme()).toEqual(before);
  const { rows } = await db.pool.query(
    `select name, email, email_verified, image, deleted_at from auth.users where id = 'roxana'`,
  );
  expect(rows).toEqual([
    {
      name: 'Erased user',
      email: expect.stringMatching(/^erased-[0-9a-f-]{36}@erased\.invalid$/),
      email_verified: false,
      image: null,
      deleted_at: day('+4d'),
    },
  ]);

  await markAllDirty(db.pool);
  expect(await score(db.pool, { now: day('+4d') })).toEqual({ scored: 2, changed: 0, failing: 0 });
  expect(await programme()).toEqual(before);
  expect(await verify(db.pool)).toEqual([]);
  // Rob's own stay: that he was there is his.
  const ofRob = await hashes('rob');
  const text = await everything();
  for (const hash of own.filter((one) => !ofRob.includes(one))) expect(text).not.toContain(hash);
  expect(text).not.toMatch(/roxana[. ]?canary@mailinator|Roxana Canary|mailinator/i);
  const evidence = await db.pool.query<{ evidence: string }>(
    `select evidence::text from umpire.evidence e join umpire.referrals r using (relationship_id) where r.referee_id = 'roxana'`,
  );
  for (const hash of [...own, ...ofRob]) expect(evidence.rows.map((row) => row.evidence).join()).not.toContain(hash);
});

test('what others’ evidence quotes of the user is gone, and their scores stay', async () => {
  await told();
  const quoted = `select evidence::text as text from umpire.evidence e join umpire.referrals r using (relationship_id) where r.referee_id = 'roxane' and signal = 'similar_email'`;
  expect((await db.pool.query<{ text: string }>(quoted)).rows[0]?.text).toContain('roxan');
  const before = await programme();
  await eraseUser(db.pool, 'rob', { now: NOW });
  expect((await db.pool.query<{ text: string }>(quoted)).rows[0]?.text).toMatch(/"erased": true/);
  expect((await db.pool.query<{ text: string }>(quoted)).rows[0]?.text).not.toMatch(/canary/);
  await markAllDirty(db.pool);
  expect(await score(db.pool, { now: NOW })).toMatchObject({ changed: 0, failing: 0 });
  expect(await programme()).toEqual(before);
  expect(await verify(db.pool)).toEqual([]);
  expect(await count(`umpire.sightings where user_id = 'rob'`)).toBe(0);
  // Where Roxana was with him stays, as she was there.
  expect(await count(`referrals.user_fingerprints where user_id = 'roxana'`)).toBe(2);
});

async function count(sql: string): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(`select count(*)::int as n from ${sql}`);
  return rows[0]?.n ?? -1;
}

test('twice changes nothing', async () => {
  await told();
  await eraseUser(db.pool, 'roxana', { now: NOW });
  const before = (await everything()).split('\n').sort();
  expect(await eraseUser(db.pool, 'roxana', { now: day('+9d') })).toMatchObject({
    wasErased: true,
    evidence: 0,
    sightings: 0,
  });
  expect((await everything()).split('\n').sort()).toEqual(before);
});

test('what comes later and tells of the user is refused; their money still counts', async () => {
  await told();
  await eraseUser(db.pool, 'roxana', { now: NOW });
  const late = [
    {
      id: 'l1',
      type: 'user.updated',
      at: at('+5d'),
      user: { id: 'roxana', name: 'Roxana Canary', email: 'new.canary@gmail.com' },
    },
    { ...seen('roxana', '+6d', { ip: '198.51.100.77' }) },
    {
      id: 'l2',
      type: 'user.created',
      at: at('-90d'),
      user: { id: 'roxana', name: 'Roxana Canary', email: 'new.canary@gmail.com' },
    },
    bought('roxana', '+6d', { amount: 40 }),
    // Her old address is free.
    user('ann', '+6d', 'roxana.canary@mailinator.com'),
  ];
  expect(await imported(late, day('+7d'))).toMatchObject({ imported: 5, refused: { user_erased: 3 }, parked: 0 });
  const { rows } = await db.pool.query(
    `select u.name, b.balance from auth.users u join credits.balances b on b.user_id = u.id where u.id = 'roxana'`,
  );
  expect(rows).toEqual([{ name: 'Erased user', balance: 100 + 40 - 5 }]);
  expect(await count(`umpire.sightings where user_id = 'roxana'`)).toBe(0);
  expect(await count(`umpire.events where content is not null`)).toBe(0);
});

function imported(events: readonly object[], now: Date): Promise<ImportReport> {
  return importEvents(
    db.pool,
    eventSource(() => events),
    { key: TEST_KEY, now },
  );
}

test('events that wait with the user’s data lose it, and whoever waited for the address gets it', async () => {
  await told();
  await tell(
    db.pool,
    [
      // Wants an address that is taken, and the other way round.
      { id: 'w1', type: 'user.updated', at: at('+2d'), user: { id: 'roxana', email: 'roxana.canary@web.de' } },
      {
        id: 'w2',
        type: 'user.created',
        at: at('+2d'),
        user: { id: 'eve', name: 'Eve Ash', email: 'roxana.canary@mailinator.com' },
      },
    ],
    NOW,
  );
  expect(await count(`umpire.events where status = 'parked'`)).toBe(2);
  expect(await eraseUser(db.pool, 'roxana', { now: NOW })).toMatchObject({ events: 1 });
  const { rows } = await db.pool.query(
    `select event_id, status, reason, content is null as bare from umpire.events where event_id like 'w_' order by 1`,
  );
  expect(rows).toEqual([
    { event_id: 'w1', status: 'refused', reason: 'user_erased', bare: true },
    { event_id: 'w2', status: 'staged', reason: null, bare: false },
  ]);
  await tell(db.pool, [], NOW);
  expect(await count(`auth.users where id = 'eve'`)).toBe(1);
});

test('a user who only waits to be made loses what waits; one that nobody knows is told', async () => {
  await told();
  await tell(
    db.pool,
    [
      {
        id: 'w3',
        type: 'user.created',
        at: at('+2d'),
        user: { id: 'eve', name: 'Eve Canary', email: 'roxana.canary@web.de' },
      },
    ],
    NOW,
  );
  expect(await eraseUser(db.pool, 'eve', { now: NOW })).toMatchObject({ events: 1 });
  expect(await everything()).not.toContain('Eve Canary');
  await expect(eraseUser(db.pool, 'nobody', { now: NOW })).rejects.toThrow('There is no user nobody');
});

test('what is not scored yet is scored first', async () => {
  await imported(STORY, NOW);
  await eraseUser(db.pool, 'roxana', { now: NOW });
  const { rows } = await db.pool.query<{ score: number }>(
    `select fraud_score as score from referrals.relationships where referee_id = 'roxana'`,
  );
  expect(rows[0]?.score).toBeGreaterThanOrEqual(125);
  expect(await count(`referrals.bonus_events where status = 'paid'`)).toBe(0);
});

test('while a referral of theirs cannot be scored a user is not erased, and it is said why', async () => {
  await imported(STORY, NOW);
  await db.pool.query(`update umpire.dirty set retry_at = $1, attempts = 3, error = 'x'`, [day('+9d')]);
  const before = await everything();
  await expect(eraseUser(db.pool, 'roxana', { now: NOW })).rejects.toThrow(/Nothing was changed.*umpire score/s);
  expect(await everything()).toBe(before);
  expect(await eraseUser(db.pool, 'roxana', { now: day('+9d') })).toMatchObject({ wasErased: false });
});

test('erasing while others score, import and erase comes to the same', async () => {
  const now = new Date('2026-10-01T12:00:00Z');
  await tellDemo(db.pool, 200, now);
  const before = await programme();
  const { rows } = await db.pool.query<{ id: string }>('select id from auth.users order by id');
  await markAllDirty(db.pool);
  const [some, others] = [0, 1].map((part) => rows.filter((_, index) => index % 8 === part));
  const eraseAll = async (users: typeof rows = []): Promise<void> => {
    for (const { id } of users) await eraseUser(db.pool, id, { now });
  };
  await Promise.all([eraseAll(some), eraseAll(others), score(db.pool, { now, batchSize: 10 }), imported([], now)]);
  await markAllDirty(db.pool);
  expect(await score(db.pool, { now })).toMatchObject({ changed: 0, failing: 0 });
  expect(await programme()).toEqual(before);
  expect(await verify(db.pool)).toEqual([]);
});

test('where another service writes, only what Umpire itself holds goes, and it says so', async () => {
  await told();
  await db.pool.query(`update umpire.workspace set mode = 'observe'`);
  const owners = await dump(db.pool, ['auth.users', 'referrals.user_fingerprints', 'referrals.fingerprints']);
  expect(await eraseUser(db.pool, 'roxana', { now: NOW })).toMatchObject({
    ownersRowsLeft: true,
    sightings: 2,
    fingerprintLinks: 0,
  });
  expect(await dump(db.pool, ['auth.users', 'referrals.user_fingerprints', 'referrals.fingerprints'])).toEqual(owners);
  expect(await count(`umpire.users where user_id = 'roxana' and email_local is null and erased_at is not null`)).toBe(
    1,
  );
  await markAllDirty(db.pool);
  expect(await score(db.pool, { now: NOW })).toMatchObject({ changed: 0, failing: 0 });
});

test('a case with an erased user is shown, and a decision on it works', async () => {
  await told();
  const { rows } = await db.pool.query<{ id: string }>(
    `select q.id from referrals.review_queue q join referrals.relationships r on r.id = q.relationship_id where r.referee_id = 'roxana'`,
  );
  const item = rows[0]?.id ?? '';
  const before = await readCase(db.pool, item, NOW, 'UTC');
  await eraseUser(db.pool, 'roxana', { now: NOW });
  await eraseUser(db.pool, 'rob', { now: NOW });
  const file = await readCase(db.pool, item, NOW, 'UTC');
  expect(file).toMatchObject({ score: before?.score, referee: { name: 'Erased user', addresses: [] } });
  expect(file?.version).toBeGreaterThan(before?.version ?? 0);
  expect(file?.signals.map(({ name }) => name)).toEqual(before?.signals.map(({ name }) => name));
  expect(file?.likenesses.map(({ fact }) => fact)).not.toContain('name');
  expect(JSON.stringify(file)).not.toMatch(/canary|undefined|mailinator/i);
  const [outcome] = await decide(
    db.pool,
    [{ decisionId: '00000000-0000-4000-8000-000000000001', itemId: item, decision: 'reject', reason: 'account_farm' }],
    { now: NOW },
  );
  expect(outcome).toMatchObject({ outcome: 'applied' });
  expect(await verify(db.pool)).toEqual([]);
});

test('what was known when something was decided loses the same, and no digest of it tells what was there', async () => {
  await told();
  const { rows } = await db.pool.query<{ id: string; hash: string }>(
    `select q.id, s.evidence_hash as hash from referrals.review_queue q join umpire.scores s on s.relationship_id = q.relationship_id
     join referrals.relationships r on r.id = q.relationship_id where r.referee_id = 'roxana'`,
  );
  const call = { itemId: rows[0]?.id ?? '', decision: 'reject', reason: 'account_farm' } as const;
  await decide(db.pool, [{ decisionId: '00000000-0000-4000-8000-000000000001', ...call }], { now: NOW });
  const own = (await hashes('roxana')).filter((hash) => typeof hash === 'string');
  const before = await programme();
  await eraseUser(db.pool, 'roxana', { now: NOW });
  expect(await programme()).toEqual(before);
  const ofRob = await hashes('rob');
  const text = await everything();
  for (const hash of own.filter((one) => !ofRob.includes(one))) expect(text).not.toContain(hash);
  expect(text).not.toMatch(/roxana[. ]?canary@mailinator|Roxana Canary|mailinator/i);
  expect(text).not.toContain(rows[0]?.hash);
  const known = await db.pool.query(
    `select salt, evidence_hash = digest as anonymous, jsonb_array_length(signals) > 5 as told from umpire.known_evidence`,
  );
  expect(known.rows).toEqual([{ salt: null, anonymous: true, told: true }]);
  expect(await verify(db.pool)).toEqual([]);
});

test('a programme in which every third user is erased scores as before', async () => {
  const now = new Date('2026-10-01T12:00:00Z');
  await tellDemo(db.pool, 200, now);
  const before = await programme();
  const scores = await dump(db.pool, ['umpire.evidence']);
  const { rows } = await db.pool.query<{ id: string }>('select id from auth.users order by id');
  const erased = rows.filter((_, index) => index % 3 === 0);
  for (const { id } of erased) await eraseUser(db.pool, id, { now });
  await markAllDirty(db.pool);
  expect(await score(db.pool, { now })).toMatchObject({ changed: 0, failing: 0 });
  expect(await programme()).toEqual(before);
  expect((await dump(db.pool, ['umpire.evidence'])).length).toBe(scores.length);
  expect(await verify(db.pool)).toEqual([]);
});

test('by the command line: done, done before, and no such user', async () => {
  const bench = await openWorkbench();
  try {
    await bench.import(
      STORY.map((event) => JSON.stringify(event)),
      at('+3d'),
      [],
      0,
    );
    const erase = async (id: string, exit: number): Promise<string> => {
      const { stdout, stderr } = await bench.umpire(['erase', id, '--now', at('+3d')], exit);
      return stdout + stderr;
    };
    expect(await erase('roxana', 0)).toContain('roxana is erased');
    expect(await erase('roxana', 0)).toContain('was erased before');
    expect(await erase('nobody', 1)).toContain('There is no user nobody');
  } finally {
    await bench.close();
  }
});
