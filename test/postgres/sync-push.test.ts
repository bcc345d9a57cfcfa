import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TAKEN_BACK_SINCE } from '../../core/domain/decision.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { connect } from '../../core/postgres/connection.ts';
import { verify } from '../../core/programme/verify.ts';
import { listObjections, settleAlike, settleObjection } from '../../core/review/objections.ts';
import { changeSettings } from '../../core/review/settings.ts';
import type { Answer, Operation, Server } from '../../core/sync/ports.ts';
import { ServerFailure } from '../../core/sync/ports.ts';
import { serverFailure } from '../../core/sync/postgres/failure.ts';
import { serverOf } from '../../core/sync/postgres/server.ts';
import { referenceData } from '../../core/sync/reference.ts';
import { analysts } from '../support/analysts.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { tellDemo } from '../support/story.ts';
import { until } from '../support/until.ts';

let db: MigratedDatabase;
let logins: Logins;
let people: { readonly ana: Login; readonly ben: Login; readonly lea: Login; readonly vic: Login };
let ana: Server;
let ben: Server;
let items: string[];

beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 2000, new Date());
  logins = loginsOf(db.database, db.pool);
  people = {
    ana: await logins.add('analyst', 'ana'),
    ben: await logins.add('analyst', 'ben'),
    lea: await logins.add('lead', 'lea'),
    vic: await logins.add('viewer', 'vic'),
  };
  ana = serverOf(people.ana.pool);
  ben = serverOf(people.ben.pool);
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id`,
  );
  items = rows.map(({ id }) => id);
});
afterAll(async () => {
  const violations = await verify(db.pool);
  await logins.end();
  await db.end();
  if (violations.length > 0) throw new Error(JSON.stringify(violations));
});

function next(): string {
  const item = items.pop();
  if (item === undefined) throw new Error('All open items of this demo are used: tell a larger one.');
  return item;
}
const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;
type Decision = keyof typeof REASONS;

type Decide = Extract<Operation, { kind: 'decide' }>;
const decision = (itemId: string, made: Decision, id: string = randomUUID()): Decide => ({
  kind: 'decide',
  id,
  itemId,
  expectedVersion: 1,
  decision: made,
  reason: REASONS[made],
  note: null,
});
const taking = (itemId: string, undoes: string): Operation => ({
  kind: 'undo',
  id: randomUUID(),
  itemId,
  undoes,
  note: null,
});
const objecting = (itemId: string, id: string = randomUUID()): Operation => ({
  kind: 'object',
  id,
  itemId,
  decision: 'approve',
  reason: 'household',
  note: 'They share a flat.',
});

async function count(sql: string, values: unknown[]): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`, values);
  return rows[0]?.n ?? -1;
}

async function failure(call: Promise<unknown>): Promise<ServerFailure> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ServerFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const outcomes = (answers: readonly Answer[]): string[] => answers.map(({ outcome }) => outcome);

test('a decision has effect once, however often it is sent, and its answer is the same for ever', async () => {
  const item = next();
  const operation = decision(item, 'reject');
  const [first] = await ana.push([operation]);
  expect(first).toMatchObject({ id: operation.id, outcome: 'applied', status: 'rejected', version: 2, message: null });
  // The answer was lost: it is sent again, beside others and alone.
  expect(await ana.push([operation])).toEqual([first]);
  expect(await ana.push([decision(next(), 'approve'), operation, decision(next(), 'approve')])).toContainEqual(first);
  expect(await count('umpire.decisions WHERE item_id = $1', [item])).toBe(1);
});

test('the same key with something else in it is not allowed, and changes nothing', async () => {
  const operation = decision(next(), 'reject');
  await ana.push([operation]);
  const other = decision(next(), 'approve', operation.id);
  expect(await ana.push([other])).toMatchObject([{ id: operation.id, outcome: 'not_allowed' }]);
  expect(await count(`referrals.review_queue WHERE id = $1 AND status = 'pending'`, [other.itemId])).toBe(1);
});

test('operations of all kinds are answered in their order', async () => {
  const [one, two, theirs] = [next(), next(), next()];
  const made = decision(one, 'reject');
  await ben.push([decision(theirs, 'reject')]);
  const answers = await ana.push([
    made,
    decision(two, 'approve'),
    taking(one, made.id),
    objecting(theirs),
    decision(one, 'escalate'),
    objecting(randomUUID()),
    decision(randomUUID(), 'approve'),
  ]);
  expect(outcomes(answers)).toEqual(['applied', 'applied', 'applied', 'applied', 'applied', 'unknown', 'unknown']);
  expect(answers[2]).toMatchObject({ status: 'pending', version: 3 });
});

test('one that the server cannot take never holds up the others', async () => {
  const good = [next(), next(), next(), next()];
  const poisoned: Operation[] = [
    decision(good[0] ?? '', 'approve'),
    // Postgres stores no such character: the whole batch fails for it.
    { ...decision(good[1] ?? '', 'approve'), note: 'a\u0000b' },
    decision('not an id', 'approve'),
    decision(good[2] ?? '', 'approve'),
    { ...decision(good[3] ?? '', 'approve'), reason: 'x'.repeat(65) },
  ];
  const answers = await ana.push(poisoned);
  expect(outcomes(answers)).toEqual(['applied', 'not_allowed', 'not_allowed', 'applied', 'not_allowed']);
  expect(answers.map(({ id }) => id)).toEqual(poisoned.map(({ id }) => id));
  for (const answer of answers) expect(answer.outcome === 'applied' || answer.message !== null).toBe(true);
});

test('two analysts: the same is agreed, another one is a conflict, and theirs stands', async () => {
  const [same, other] = [next(), next()];
  expect(outcomes(await ana.push([decision(same, 'reject'), decision(other, 'reject')]))).toEqual([
    'applied',
    'applied',
  ]);
  const answers = await ben.push([decision(same, 'reject'), decision(other, 'approve')]);
  expect(answers).toMatchObject([
    { outcome: 'agreed', status: 'rejected' },
    { outcome: 'conflict', status: 'rejected' },
  ]);
});

test('two computers that send the same at the same time have one effect', async () => {
  const operations = [next(), next(), next()].flatMap((item) => [decision(item, 'reject')]);
  const other = serverOf(people.ana.pool);
  const [here, there] = await Promise.all([ana.push(operations), other.push(operations.toReversed())]);
  expect(here).toEqual(there.toReversed());
  expect(outcomes(here)).toEqual(['applied', 'applied', 'applied']);
});

test('a decision that waits for a second analyst tells what became of it when it is asked again', async () => {
  await changeSettings(db.pool, { second_review_share: 1 }, undefined);
  try {
    const [agreed, disagreed] = [decision(next(), 'reject'), decision(next(), 'reject')];
    const first = await ana.push([agreed, disagreed]);
    expect(outcomes(first)).toEqual(['awaiting_second', 'awaiting_second']);
    expect(await ana.push([agreed, disagreed])).toEqual(first);
    // The second one is told at once: it was settled in a transaction after the one that gave it.
    const second = await ben.push([decision(agreed.itemId, 'reject'), decision(disagreed.itemId, 'approve')]);
    expect(second).toMatchObject([
      { outcome: 'applied', status: 'rejected' },
      { outcome: 'conflict', status: 'escalated' },
    ]);
    expect(await ana.push([agreed, disagreed])).toMatchObject([
      { id: agreed.id, outcome: 'agreed', status: 'rejected', message: 'A second analyst decided the same.' },
      { id: disagreed.id, outcome: 'conflict', status: 'escalated' },
    ]);
  } finally {
    await changeSettings(db.pool, { second_review_share: 0 }, undefined);
  }
});

test('a first opinion whose end was taken back is to be looked at again, whatever stands by then', async () => {
  await changeSettings(db.pool, { second_review_share: 1 }, undefined);
  try {
    const first = decision(next(), 'reject');
    await ana.push([first]);
    const ended = decision(first.itemId, 'escalate');
    expect(outcomes(await ben.push([ended]))).toEqual(['applied']);
    expect(await ana.push([first])).toMatchObject([{ outcome: 'conflict', status: 'escalated' }]);
    expect(outcomes(await ben.push([taking(ended.itemId, ended.id)]))).toEqual(['applied']);
    expect(await ana.push([first])).toMatchObject([
      {
        outcome: 'returned',
        status: 'pending',
        message: TAKEN_BACK_SINCE,
      },
    ]);
  } finally {
    await changeSettings(db.pool, { second_review_share: 0 }, undefined);
  }
});

test('the same from two computers of one analyst waits as one, and each is told what became of it', async () => {
  await changeSettings(db.pool, { second_review_share: 1 }, undefined);
  try {
    const firsts = Array.from({ length: 4 }, () => decision(next(), 'reject'));
    const again = firsts.map(({ itemId }) => decision(itemId, 'reject'));
    const [agreed, disagreed, withdrawn] = firsts.map(({ itemId }) => itemId);
    expect(new Set(outcomes(await ana.push(firsts)))).toEqual(new Set(['awaiting_second']));
    expect(new Set(outcomes(await ana.push(again)))).toEqual(new Set(['awaiting_second']));
    const known = await ana.known(again);
    expect(known.map(({ waits }) => waits)).toEqual([true, true, true, true]);
    await ben.push([decision(agreed ?? '', 'reject'), decision(disagreed ?? '', 'approve')]);
    await ana.push([taking(withdrawn ?? '', firsts[2]?.id ?? '')]);
    const ends = await ana.push(again);
    expect(outcomes(await ana.push(firsts)).slice(0, 2)).toEqual(['agreed', 'conflict']);
    expect(ends).toMatchObject([
      { id: again[0]?.id, outcome: 'agreed', status: 'rejected', paid: 0, rejected: 0, reversed: 0 },
      { id: again[1]?.id, outcome: 'conflict', status: 'escalated' },
      { id: again[2]?.id, outcome: 'returned', status: 'pending' },
      { id: again[3]?.id, outcome: 'awaiting_second', status: 'pending' },
    ]);
  } finally {
    await changeSettings(db.pool, { second_review_share: 0 }, undefined);
  }
});

test('an objection is kept once and shown to leads until one of them settles it', async () => {
  const item = next();
  await ben.push([decision(item, 'reject')]);
  const objection = objecting(item);
  const [first] = await ana.push([objection]);
  expect(first).toMatchObject({ id: objection.id, outcome: 'applied', status: 'rejected' });
  expect(await ana.push([objection])).toEqual([first]);
  expect(await ana.push([{ ...objection, note: 'Another note.' }])).toMatchObject([{ outcome: 'not_allowed' }]);
  // Somebody else with the same id is somebody else.
  expect(await ben.push([objection])).toMatchObject([{ outcome: 'not_allowed' }]);
  const listed = (await listObjections(people.lea.pool)).filter(({ itemId }) => itemId === item);
  expect(listed).toMatchObject([
    {
      objectionId: objection.id,
      by: people.ana.name,
      decision: 'approve',
      note: 'They share a flat.',
      status: 'rejected',
    },
  ]);
  await expect(listObjections(people.ana.pool)).rejects.toThrow(/permission denied/);
  await expect(settleObjection(people.ana.pool, objection.id)).rejects.toThrow(/permission denied/);
  expect(await settleObjection(people.lea.pool, objection.id)).toBe(true);
  expect(await settleObjection(people.lea.pool, objection.id)).toBe(false);
  expect((await listObjections(people.lea.pool)).filter(({ itemId }) => itemId === item)).toEqual([]);
  const { rows } = await db.pool.query<{ kind: string }>(
    `SELECT kind FROM umpire.audit_log WHERE kind LIKE 'objection%' ORDER BY seq DESC LIMIT 2`,
  );
  expect(rows.map(({ kind }) => kind)).toEqual(['objection_settled', 'objections']);
});

test('what one analyst asks for alike in many cases hides nothing of others, and is settled in one go', async () => {
  const mine = Array.from({ length: 22 }, () => next());
  const other = next();
  await ben.push([...mine, other].map((item) => decision(item, 'reject')));
  const asked = mine.map((item) => ({ ...objecting(item), note: 'One building.' }));
  expect(new Set(outcomes(await ana.push(asked)))).toEqual(new Set(['applied']));
  const noor = serverOf((await logins.add('analyst', 'noor')).pool);
  const [alone] = await noor.push([objecting(other)]);
  const listed = async () =>
    (await listObjections(people.lea.pool)).filter(({ itemId }) => mine.includes(itemId) || itemId === other);
  const before = await listed();
  expect(before.filter(({ by }) => by === people.ana.name).map(({ alike, nth }) => [alike, nth])).toEqual(
    Array.from({ length: 20 }, (_, nth) => [22, nth + 1]),
  );
  expect(before.filter(({ itemId }) => itemId === other)).toMatchObject([{ alike: 1, nth: 1 }]);
  const [first] = before.filter(({ by }) => by === people.ana.name);
  const newest = first?.newest ?? '';
  await expect(settleAlike(people.ana.pool, newest, 22)).rejects.toThrow(/permission denied/);
  // Others than were told of are looked at first, also where they are as many: one was settled, and one came.
  expect(await settleAlike(people.lea.pool, newest, 21)).toBe(false);
  expect(await settleObjection(people.lea.pool, first?.objectionId ?? '')).toBe(true);
  const another = next();
  mine.push(another);
  await ben.push([decision(another, 'reject')]);
  await ana.push([{ ...objecting(another), note: 'One building.' }]);
  expect(await settleAlike(people.lea.pool, newest, 22)).toBe(false);
  const now = (await listed()).find(({ by }) => by === people.ana.name);
  expect(now).toMatchObject({ alike: 22, nth: 1 });
  expect(await settleAlike(people.lea.pool, now?.newest ?? '', 22)).toBe(true);
  expect(await listed()).toMatchObject([{ objectionId: alone?.id }]);
  expect(await settleAlike(people.lea.pool, now?.newest ?? '', 22)).toBe(false);
  expect(await settleObjection(people.lea.pool, alone?.id ?? '')).toBe(true);
});

test('an objection is for where somebody else decided, and one by each until it is settled', async () => {
  const [open, mine, theirs] = [next(), next(), next()];
  const made = decision(mine, 'reject');
  await ana.push([made]);
  await ben.push([decision(theirs, 'reject')]);
  const many = Array.from({ length: 20 }, () => objecting(theirs));
  const answers = await ana.push([objecting(open), objecting(mine), ...many]);
  expect(answers.slice(0, 4)).toMatchObject([
    { outcome: 'not_allowed', message: 'This case is open: decide it instead of handing it to a lead.' },
    { outcome: 'not_allowed', message: expect.stringContaining('your own decision') },
    { outcome: 'applied' },
    { outcome: 'not_allowed', message: 'You asked leads about this case already.' },
  ]);
  expect(outcomes(answers).filter((outcome) => outcome === 'applied')).toHaveLength(1);
  expect(await count('umpire.objections WHERE item_id = ANY ($1)', [[open, mine, theirs]])).toBe(1);
  // At the same time too.
  const twice = next();
  await ben.push([decision(twice, 'reject')]);
  const both = [objecting(twice), objecting(twice)];
  const told = await Promise.all(both.map((one) => serverOf(people.ana.pool).push([one])));
  expect(outcomes(told.flat()).toSorted()).toEqual(['applied', 'not_allowed']);
  // Once it was settled there is another reason to ask.
  const [asked] = (await listObjections(people.lea.pool)).filter(({ itemId }) => itemId === theirs);
  expect(await settleObjection(people.lea.pool, asked?.objectionId ?? '')).toBe(true);
  expect(outcomes(await ana.push([objecting(theirs)]))).toEqual(['applied']);
  // What stands is nobody's own any more once it was taken back.
  await ana.push([taking(mine, made.id)]);
  await ben.push([{ ...decision(mine, 'reject'), expectedVersion: 3 }]);
  expect(outcomes(await ana.push([objecting(mine)]))).toEqual(['applied']);
});

test('a lead settles what others asked, and is shown the oldest five hundred', async () => {
  const item = next();
  await ben.push([decision(item, 'reject')]);
  const own = objecting(item);
  expect(outcomes(await serverOf(people.lea.pool).push([own]))).toEqual(['applied']);
  await expect(settleObjection(people.lea.pool, own.id)).rejects.toThrow(/another lead settles it/);
  await expect(settleAlike(people.lea.pool, own.id, 1)).rejects.toThrow(/another lead settles it/);
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO umpire.objections (objection_id, item_id, relationship_id, actor, decision, reason, outcome, made_at)
       SELECT gen_random_uuid(), o.item_id, o.relationship_id, 'analyst ' || n, o.decision, o.reason, o.outcome, o.made_at + n * interval '1 second'
       FROM umpire.objections AS o, generate_series(1, 600) AS n WHERE o.objection_id = $1`,
      [own.id],
    );
    const listed = await listObjections(client);
    expect(listed).toHaveLength(500);
    expect(listed.map(({ at }) => at)).toEqual(listed.map(({ at }) => at).toSorted());
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

test('a viewer pulls and is told why nothing of theirs is taken', async () => {
  const server = serverOf(people.vic.pool);
  expect(await server.hello()).toMatchObject({ analyst: people.vic.name, role: 'viewer' });
  // System identifier, database, timeline, table and value of the stored counter and migrations, told to logins that may not read them.
  expect((await server.hello()).epoch).toMatch(/^\d{15,}\.\d+\.\d+\.\d+\.[0-9a-f-]{36}\.\d+$/);
  const pages: number[] = [];
  await server.pull(null, ({ heads }) => Promise.resolve(void pages.push(heads.length)));
  expect(pages.length).toBeGreaterThan(0);
  // Which says nothing of the decisions: they may have had effect before.
  expect(await failure(server.push([decision(next(), 'reject'), objecting(next())]))).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/may only look at present.*stays on this computer/),
    // This very call did nothing.
    isWithoutEffect: true,
  });
});

test('a push that is refused when a part of it has had effect does not say that it had none', async () => {
  const item = next();
  const rights = 'EXECUTE ON FUNCTION umpire.object_items(jsonb, text, timestamptz)';
  await db.pool.query(`REVOKE ${rights} FROM umpire_analyst`);
  try {
    expect(await failure(ana.push([objecting(item)]))).toMatchObject({ kind: 'refused', isWithoutEffect: true });
    expect(await failure(ana.push([decision(item, 'reject'), objecting(item)]))).toMatchObject({
      kind: 'refused',
      isWithoutEffect: false,
    });
  } finally {
    await db.pool.query(`GRANT ${rights} TO umpire_analyst`);
  }
  expect(await count('umpire.decisions WHERE item_id = $1', [item])).toBe(1);
});

test('of operations that were sent it is told whether the server has them, whatever the login is or is called by now', async () => {
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT 1`,
  );
  const itemId = rows[0]?.id ?? '';
  await ben.push([decision(itemId, 'reject')]);
  const made = decision(itemId, 'approve');
  const objection = objecting(itemId);
  expect(await ana.push([made, objection])).toMatchObject([{ outcome: 'conflict' }, { outcome: 'applied' }]);
  const sent = [made.id, objection.id, randomUUID()].map((id) => ({ id, itemId }));
  for (const server of [ana, ben, serverOf(people.vic.pool)]) {
    expect((await server.known(sent)).map(({ id }) => id).toSorted()).toEqual([made.id, objection.id].toSorted());
  }
});

test('what a login may not do is not done by calling the functions itself', async () => {
  const as = (pool: Pool, sql: string, values: unknown[] = []): Promise<unknown> => pool.query(sql, values);
  for (const denied of [
    `SELECT * FROM umpire.objections`,
    `SELECT * FROM umpire.items_gone`,
    `INSERT INTO umpire.objections SELECT * FROM umpire.objections`,
    `SELECT umpire.object_items('[]', 'somebody')`,
    `SELECT umpire.open_objections()`,
  ]) {
    await expect(as(people.ana.pool, denied)).rejects.toThrow(/permission denied|on behalf of others/);
  }
});

test('the reference holds reasons, settings, rules, records and statistics, and nothing that a pattern looks for', async () => {
  await db.pool.query(
    `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, severity, score_impact)
     VALUES ('email_domain', 'secret.example', 'high', 20)`,
  );
  const { json } = await ana.reference();
  const data = referenceData.parse(JSON.parse(json));
  expect(data.reasons.length).toBeGreaterThan(5);
  expect(data).toMatchObject({
    mode: 'programme',
    settings: { undoMinutes: 10, claimMinutes: 5 },
    rules: { version: 1 },
  });
  expect(data.patterns.length).toBeGreaterThan(0);
  expect(Object.keys(data.records).length).toBeGreaterThan(0);
  expect(json).not.toContain('secret.example');
});

test('a decision is of one item: evidence says of which, and no answer tells of another one', async () => {
  const [decided, other] = [next(), next()];
  const made = decision(decided, 'reject');
  await ana.push([made]);
  const [facts] = await ana.facts([decided]);
  expect(facts?.json).toContain(`"decision_id":"${made.id}","item_id":"${decided}"`);
  expect(await ana.push([taking(other, made.id)])).toMatchObject([{ outcome: 'applied', status: null, version: null }]);
  expect(await ana.push([decision(decided, 'approve')])).toMatchObject([{ outcome: 'applied' }]);
});

test('facts carry the stamp of the head of the same moment', async () => {
  const heads = new Map<string, string>();
  await ana.pull(null, (page) => Promise.resolve(page.heads.forEach(({ itemId, stamp }) => heads.set(itemId, stamp))));
  const wanted = [...heads.keys()].slice(0, 40);
  const facts = await ana.facts([...wanted, randomUUID()]);
  expect(facts.map(({ itemId, stamp }) => [itemId, stamp])).toEqual(wanted.map((id) => [id, heads.get(id)]));
});

test('failures say what they are', async () => {
  const gone = connect('postgres://nobody@127.0.0.1:1/none', 'umpire test');
  expect(await failure(serverOf(gone).hello())).toMatchObject({ kind: 'link' });
  await gone.end();
  // The test server asks for no passwords.
  const wrong = Object.assign(new Error('password authentication failed'), { code: '28P01' });
  expect(serverFailure(wrong)).toMatchObject({ kind: 'refused', message: expect.stringContaining('password') });

  const NO_ROLE = expect.stringMatching(/no role in Umpire now.*stays on this computer/);
  // A role that is away may come back; a login that is disabled is told so.
  const team = await analysts(db);
  try {
    const eve = await team.login('eve');
    const server = serverOf(eve);
    await server.hello();
    await db.pool.query(`REVOKE umpire_analyst FROM "${team.name('eve')}"`);
    expect(await failure(server.hello())).toMatchObject({ kind: 'refused', message: NO_ROLE });
    expect(await failure(server.pull(null, () => Promise.resolve()))).toMatchObject({
      kind: 'refused',
      message: NO_ROLE,
    });
    expect(await failure(server.push([decision(next(), 'reject')]))).toMatchObject({
      kind: 'refused',
      message: NO_ROLE,
    });
    expect(await failure(server.facts([next()]))).toMatchObject({ kind: 'refused', message: NO_ROLE });
    await db.pool.query(`ALTER ROLE "${team.name('eve')}" NOLOGIN`);
    const late = connect(team.url('eve'), 'umpire test');
    expect(await failure(serverOf(late).hello())).toMatchObject({ kind: 'account' });
    await late.end();
  } finally {
    await team.end();
  }
  // Who may not read the accounts learns it when its session is ended.
  await db.pool.query('UPDATE umpire.accounts SET disabled_at = now() WHERE login = $1', [people.vic.name]);
  expect(await failure(serverOf(people.vic.pool).hello())).toMatchObject({ kind: 'refused', message: NO_ROLE });
});

test('a connection that is cut in the middle is a lost link, and the next call has a new one', async () => {
  const server = serverOf(people.ana.pool);
  const cut = server.pull(null, async () => {
    await db.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()`,
      [people.ana.name],
    );
  });
  expect(await failure(cut)).toMatchObject({ kind: 'link' });
  // Of this login's others, cut too, the pool hears one by one.
  await until(async () => (people.ana.pool.totalCount === 0 ? true : null));
  expect(await server.hello()).toMatchObject({ role: 'analyst' });
});

test('what the cache throws while a page is written is not taken for the server’s', async () => {
  const full = Object.assign(new Error('no room'), { code: 'ENOENT' });
  await expect(ana.pull(null, () => Promise.reject(full))).rejects.toBe(full);
  expect(await ana.hello()).toMatchObject({ role: 'analyst' });
});

test('a server that swallows everything is given up', async () => {
  const server = serverOf(people.ana.pool, { patienceMs: 300 });
  const lock = await db.pool.connect();
  try {
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE umpire.audit_head IN ACCESS EXCLUSIVE MODE');
    expect(await failure(server.push([decision(next(), 'reject')]))).toMatchObject({ kind: 'link' });
  } finally {
    await lock.query('ROLLBACK');
    lock.release();
  }
});

test('what was decided in one epoch has no effect in another before somebody has said hello there', async () => {
  const server = serverOf(people.ana.pool);
  const { epoch } = await server.hello();
  const { rows: decided } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'approved' ORDER BY id LIMIT 1`,
  );
  const call = decision(decided[0]?.id ?? '', 'reject');
  await db.pool.query('UPDATE umpire.workspace SET epoch = gen_random_uuid()');
  expect(await failure(server.push([call]))).toMatchObject({ kind: 'link' });
  expect(await failure(server.facts([call.itemId]))).toMatchObject({ kind: 'link' });
  const { rows } = await db.pool.query('SELECT FROM umpire.decisions WHERE decision_id = $1', [call.id]);
  expect(rows).toEqual([]);
  expect((await server.hello()).epoch).not.toBe(epoch);
  expect(await server.push([call])).toMatchObject([{ outcome: 'conflict' }]);
});
