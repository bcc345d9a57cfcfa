import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { markAllDirty, score } from '../../core/engine/score.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { eraseUser } from '../../core/programme/erase.ts';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { tombstones } from '../../core/programme/jobs/tombstones.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { scanChanges } from '../../core/programme/observe/scan.ts';
import { claimItem, releaseClaim } from '../../core/review/claims.ts';
import { decide } from '../../core/review/decide.ts';
import { settleOpinions } from '../../core/review/opinions.ts';
import { changeSettings } from '../../core/review/settings.ts';
import { caseFacts } from '../../core/review/case-facts.ts';
import { queueRows } from '../../core/review/queue.ts';
import { stakeOf } from '../../core/review/stake.ts';
import { bonusesOf, readBonuses } from '../../core/review/case-bonuses.ts';
import { undo } from '../../core/review/undo.ts';
import type { Head, Server } from '../../core/sync/ports.ts';
import { serverOf } from '../../core/sync/postgres/server.ts';
import { type Analysts, analysts } from '../support/analysts.ts';
import { Collected } from '../support/collected.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { makeOwnersTables } from '../support/owner.ts';
import { type Clock, type Deeds, Owner } from '../support/owner-life.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { Random } from '../support/random.ts';
import { Story, type StoryEvent, tell } from '../support/story.ts';
import { until } from '../support/until.ts';

const NOW = new Date();
const HOUR = 3_600_000;
const RINGS = 4;
const EACH = 6;
const at = (hoursAgo: number): string => new Date(NOW.getTime() - hoursAgo * HOUR).toISOString();

/** Referrers who each bring accounts in from their own device; some of those buy, and one in three is only doubtful. */
function rings(): StoryEvent[] {
  const story = new Story();
  for (let n = 0; n < RINGS; n += 1) {
    const code = `RING-${n}`;
    story
      .user(at(4000), `ring${n}`, `Ringo Starling ${n}`, `starling${n}@ring.example`)
      .code(at(3000), `ring${n}`, code)
      .seen(at(2000), `ring${n}`, `203.0.113.${n + 1}`, `device ${n}`);
    for (let m = 0; m < EACH; m += 1) {
      const id = `ring${n}x${m}`;
      const registered = 60 - 3 * m;
      const ip = m % 3 === 2 ? `198.51.${n}.${m + 1}` : `203.0.113.${n + 1}`;
      story
        .user(at(registered + 1), id, `Account Number ${m}`, `q${n}w${m}z@post${m}.example`)
        .registered(at(registered), id, code, ip, m % 3 === 2 ? `own ${n} ${m}` : `device ${n}`)
        .used(at(registered - 1), id, 'chat');
      if (m % 2 === 0) story.bought(at(registered - 2), id);
    }
  }
  return story.events;
}

let db: MigratedDatabase;
let team: Analysts;
let people: { readonly ana: Pool; readonly ben: Pool; readonly lea: Pool };
let later = 0;

beforeAll(async () => {
  db = await migratedDatabase();
  team = await analysts(db);
  people = { ana: await team.login('ana'), ben: await team.login('ben'), lea: await team.login('lea', 'lead') };
  await tell(db.pool, rings(), NOW);
});
afterAll(async () => {
  await team.end();
  await db.end();
});

let ana: Collected;
beforeEach(async () => {
  ana = new Collected(serverOf(people.ana));
  await ana.pull();
});

/** Events that come in now. */
async function comeIn(events: readonly StoryEvent[]): Promise<void> {
  later += 1;
  await tell(
    db.pool,
    events.map((event) => ({ ...event, id: `later${later}${event.id}` })),
    new Date(),
  );
}

const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;
type Decision = keyof typeof REASONS;
const call = (itemId: string, decision: Decision, decisionId: string = randomUUID()) => ({
  decisionId,
  itemId,
  decision,
  reason: REASONS[decision],
});

function open(heads: Collected = ana): string[] {
  return heads
    .sorted()
    .filter(({ status }) => status === 'pending')
    .map(({ itemId }) => itemId);
}

/** What the deltas brought is what is there, and the next one brings nothing. */
async function expectExact(...all: readonly Collected[]): Promise<void> {
  for (const one of all) {
    await one.pull();
    expect(one.sorted()).toEqual(await one.fresh());
    expect(await one.pull()).toEqual({ full: false, came: [], gone: [] });
  }
}

test('a first pull brings every open item as the queue shows it, names cut, and the next one nothing', async () => {
  expect(open().length).toBeGreaterThan(10);
  expect(ana.sorted()[0]?.referrerName).toMatch(/^Ringo \d\.$/);
  const now = new Date();
  const shown = await queueRows(people.ana, [...ana.heads.keys()], now);
  expect(shown.map(({ itemId }) => itemId)).toHaveLength(ana.heads.size);
  for (const row of shown) {
    const head = ana.heads.get(row.itemId);
    expect(head?.signals.map(({ name }) => name)).toEqual(row.signals);
    const { version, score: points, priority, status, referrerReferrals, stake, dueAt, createdAt, sourceAppId } = row;
    const same = { version, score: points, priority, status, referrerReferrals, stake, dueAt, createdAt, sourceAppId };
    expect(head).toMatchObject(same);
  }
  expect(await ana.pull()).toEqual({ full: false, came: [], gone: [] });
});

test('a pull tells who was erased since, whose neighbours’ evidence names them until it is fetched anew', async () => {
  const server = serverOf(people.ana);
  const { epoch } = await server.hello();
  const pullFrom = (cursor: string | null): ReturnType<Server['pull']> =>
    server.pull(cursor === null ? null : { epoch, cursor }, () => Promise.resolve());
  const before = await pullFrom(null);
  expect(before.erased).toEqual([]);
  // Of one ring all were at one device: each is in the graph of the others.
  const [kept] = await server.facts(open().slice(0, 1));
  const { head, graph } = caseFacts.parse(JSON.parse(kept?.json ?? ''));
  const drawn = graph.nodes.filter(({ kind }) => kind === 'user').map(({ id }) => id.replace('user:', ''));
  expect(new Set(kept?.people)).toEqual(new Set(drawn));
  const [neighbour = ''] = drawn.filter((id) => id !== head.referrer_id && id !== head.referee_id);
  expect(neighbour).not.toBe('');

  await eraseUser(db.pool, neighbour, { now: new Date() });
  const after = await pullFrom(before.cursor);
  expect(after).toMatchObject({ full: false, erased: [neighbour] });
  // What was read before the pull that told it is older than that pull.
  expect(Date.parse(kept?.at ?? '')).toBeLessThanOrEqual(Date.parse(after.at));
  expect(await pullFrom(after.cursor)).toMatchObject({ erased: [] });
  expect(await pullFrom(null)).toMatchObject({ full: true, erased: [neighbour] });
  const [anew] = await server.facts([head.item_id]);
  expect(anew?.people).not.toContain(neighbour);
});

test('evidence names whoever it quotes, who need be nobody’s neighbour', async () => {
  const story = new Story()
    .user(at(4000), 'rob', 'Rob Ode', 'rob.first@example.com')
    .code(at(3000), 'rob', 'ROB')
    .seen(at(2000), 'rob', '192.0.2.1', 'd-home')
    .user(at(901), 'lena', 'Lena Krause', 'lenamarie.krause@gmx.example')
    .registered(at(900), 'lena', 'ROB', '198.51.100.7', 'd-lena')
    .user(at(21), 'rae', 'Rae', 'lenamarie.krauss@rae.example')
    .registered(at(20), 'rae', 'ROB', '192.0.2.1', 'd-home');
  await comeIn(story.events);
  await ana.pull();
  const itemId = ana.sorted().find(({ refereeId }) => refereeId === 'rae')?.itemId ?? '';
  const [kept] = await serverOf(people.ana).facts([itemId]);
  expect(kept?.json).toContain('lenamarie.krause');
  expect(kept?.people).toContain('lena');
});

test('the most urgent items come first', async () => {
  const came: string[] = [];
  await serverOf(people.ana).pull(null, ({ heads }) => Promise.resolve(void came.push(...heads.map((h) => h.itemId))));
  const scores = came.map((id) => ana.heads.get(id)).filter((head) => head?.status === 'pending');
  const ranks = scores.map((head) => (head === undefined ? 0 : (head.priority === 'critical' ? 1000 : 0) + head.score));
  expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
});

test('stakes are those of the case', async () => {
  const paid = await db.pool.query(`SELECT 1 FROM referrals.bonus_events WHERE status = 'paid'`);
  expect(paid.rowCount).toBeGreaterThan(0);
  for (const head of ana.sorted()) {
    const stored = (await readBonuses(people.ana, [head.relationshipId])).get(head.relationshipId) ?? [];
    const { releases, rejects, takesBack } = head;
    const stake = stakeOf(bonusesOf(stored, head.refereeId), 'programme', new Date());
    expect({ releases, rejects, takesBack }).toEqual(stake);
  }
});

test('a stamp is told of what is reviewed, and of no other referral', async () => {
  const told = async (id: string | undefined): Promise<number | null> =>
    (await people.ana.query('SELECT FROM umpire.stamps(ARRAY[$1::uuid])', [id])).rowCount;
  expect(await told(ana.sorted()[0]?.itemId)).toBe(1);
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT r.id FROM referrals.relationships AS r
     WHERE NOT EXISTS (SELECT FROM umpire.items AS i WHERE i.relationship_id = r.id) LIMIT 1`,
  );
  expect(rows).toHaveLength(1);
  expect(await told(rows[0]?.id)).toBe(0);
});

test('a change that is committed late is not missed, and nobody waits for its writer', async () => {
  const [late = '', early = ''] = open();
  const before = ana.heads.get(late);
  const writer = await db.pool.connect();
  try {
    await writer.query('BEGIN');
    await writer.query('UPDATE referrals.review_queue SET fraud_score = fraud_score + 1 WHERE id = $1', [late]);
    await writer.query('UPDATE umpire.items SET version = version + 1, tx = pg_current_xact_id() WHERE item_id = $1', [
      late,
    ]);
    await decide(people.ben, [call(early, 'approve')]);
    expect((await ana.pull()).came).toContain(early);
    expect(ana.heads.get(late)).toEqual(before);
    expect(await ana.pull()).toEqual({ full: false, came: [], gone: [] });
    await writer.query('COMMIT');
  } finally {
    writer.release(true);
  }
  expect((await ana.pull()).came).toContain(late);
  expect(ana.heads.get(late)).not.toEqual(before);
  await expectExact(ana);
});

test('a row that an older transaction writes after a younger one is a change like any other', async () => {
  const [itemId = ''] = open();
  const write = 'UPDATE umpire.items SET version = version + 1, tx = pg_current_xact_id() WHERE item_id = $1';
  const writer = await db.pool.connect();
  try {
    await writer.query('BEGIN');
    await writer.query('SELECT pg_current_xact_id()');
    await db.pool.query(write, [itemId]);
    expect(await ana.pull()).toEqual({ full: false, came: [itemId], gone: [] });
    await writer.query(write, [itemId]);
    await writer.query('COMMIT');
  } finally {
    writer.release(true);
  }
  expect(await ana.pull()).toEqual({ full: false, came: [itemId], gone: [] });
  await expectExact(ana);
});

test('each kind of change that a head shows comes with the next pull', async () => {
  const [first = '', second = '', third = '', fourth = ''] = open();
  const decisionId = randomUUID();
  await decide(people.ben, [call(first, 'reject', decisionId)]);
  expect((await ana.pull()).came).toContain(first);
  await undo(people.ben, [{ undoId: randomUUID(), decisionId }]);
  expect((await ana.pull()).came).toContain(first);
  expect(ana.heads.get(first)?.status).toBe('pending');

  // One's own decision that waits for a second analyst.
  await changeSettings(db.pool, { second_review_share: 1 }, undefined);
  expect(await ana.pull()).toMatchObject({ full: true, isSameHistory: true });
  expect(ana.heads.get(second)?.secondReview).toBe('needed');
  await decide(people.ana, [call(second, 'reject')]);
  await ana.pull();
  expect(ana.heads.get(second)?.secondReview).toBe('mine');
  const ben = new Collected(serverOf(people.ben));
  await ben.pull();
  expect(ben.heads.get(second)?.secondReview).toBe('needed');
  // A program that ended before it was told leaves its opinion waiting: that is one's own decision too.
  await people.ben.query('SELECT umpire.decide_items($1)', [JSON.stringify([call(second, 'reject')])]);
  expect((await ben.pull()).came).toEqual([second]);
  expect(ben.heads.get(second)?.secondReview).toBe('mine');
  expect((await ana.pull()).came).toEqual([]);
  await settleOpinions(people.ben);
  await expectExact(ana, ben);
  expect(ana.heads.get(second)?.status).toBe('rejected');
  await changeSettings(db.pool, { second_review_share: 0 }, undefined);
  expect((await ana.pull()).full).toBe(true);

  // A new referral of the same referrer, and a name.
  const head = ana.heads.get(third);
  if (head === undefined) throw new Error('no third item');
  const code = head.code;
  await comeIn(
    new Story()
      .user(at(2), `new${later}`, 'New One', `new${later}@n.example`)
      .registered(at(1), `new${later}`, code, '198.51.100.77').events,
  );
  expect((await ana.pull()).came).toContain(third);
  expect(ana.heads.get(third)?.referrerReferrals).toBe(head.referrerReferrals + 1);
  await comeIn([{ id: 'n', type: 'user.updated', at: at(0.5), user: { id: head.referrerId, name: 'Other Name' } }]);
  expect((await ana.pull()).came).toContain(third);
  expect(ana.heads.get(third)?.referrerName).toBe('Other N.');

  // Facts that change the score: the referee is seen where the referrer was.
  const before = ana.heads.get(fourth);
  await comeIn([
    {
      id: 'p',
      type: 'pattern.created',
      at: at(0.4),
      pattern: { patternType: 'email_domain', patternValue: 'post0.example', severity: 'high', scoreImpact: 7 },
    },
    {
      id: 'q',
      type: 'pattern.created',
      at: at(0.4),
      pattern: { patternType: 'email_domain', patternValue: 'post1.example', severity: 'high', scoreImpact: 7 },
    },
  ]);
  await markAllDirty(db.pool);
  await score(db.pool, { now: new Date() });
  await ana.pull();
  expect([...ana.heads.values()].some(({ signals }) => signals.some(({ name }) => name.startsWith('pattern:')))).toBe(
    true,
  );
  expect(before).toBeDefined();

  // Money that moves without a decision: what an approval covers is paid when it is scored.
  const poor = ana.sorted().find(({ status, refereeId }) => status === 'pending' && /x[135]$/.test(refereeId));
  if (poor === undefined) throw new Error('no item of somebody who bought nothing');
  await decide(people.ben, [call(poor.itemId, 'approve')]);
  later += 1;
  const used = new Story().used(at(0.3), poor.refereeId, 'picture').events;
  const once = used.map((event) => ({ ...event, id: `used${later}` }));
  await importEvents(
    db.pool,
    eventSource(() => once),
    { key: TEST_KEY, now: new Date() },
  );
  await ana.pull();
  const unpaid = ana.heads.get(poor.itemId);
  expect(unpaid?.rejects).toBeGreaterThan(0);
  await score(db.pool, { now: new Date() });
  await ana.pull();
  expect(ana.heads.get(poor.itemId)).toMatchObject({ rejects: 0 });
  expect(ana.heads.get(poor.itemId)?.takesBack).toBeGreaterThan(unpaid?.takesBack ?? 0);

  // A claim comes with every pull, and none when it ended.
  await claimItem(people.ben, fourth, false);
  await ana.pull();
  expect(ana.claims).toMatchObject([{ itemId: fourth, isMine: false }]);
  await releaseClaim(people.ben, fourth);
  await ana.pull();
  expect(ana.claims).toEqual([]);
  await expectExact(ana);
});

test('a hold that ends soon is counted as before while a first opinion waits', async () => {
  const [itemId = ''] = open();
  const of = [ana.heads.get(itemId)?.relationshipId];
  const before = await db.pool.query(
    'SELECT held_band, first_held_at FROM umpire.scores WHERE relationship_id = $1',
    of,
  );
  const holds = async (): Promise<unknown> =>
    (await people.ben.query('SELECT umpire.holds_ending(now()) AS count')).rows[0].count;
  const hold = (reason: string, until: string): Promise<unknown> =>
    db.pool.query(
      `UPDATE referrals.bonus_events SET hold_reason = '${reason}', hold_until = ${until} WHERE relationship_id = $1 AND status = 'held'`,
      of,
    );
  await db.pool.query(
    `UPDATE umpire.scores SET held_band = 'medium', first_held_at = now() - interval '40 hours' WHERE relationship_id = $1`,
    of,
  );
  await hold('fraud_medium', `now() + interval '8 hours'`);
  expect(await holds()).toBe('1');
  await changeSettings(db.pool, { second_review_share: 1 }, undefined);
  const decisionId = randomUUID();
  await decide(people.ana, [call(itemId, 'approve', decisionId)]);
  const { rows } = await db.pool.query(
    `SELECT DISTINCT hold_reason FROM referrals.bonus_events WHERE relationship_id = $1 AND status = 'held'`,
    of,
  );
  expect(rows).toEqual([{ hold_reason: 'second_review' }]);
  expect(await holds()).toBe('1');
  await undo(people.ana, [{ undoId: randomUUID(), decisionId }]);
  await changeSettings(db.pool, { second_review_share: 0 }, undefined);
  const { held_band: band, first_held_at: first } = before.rows[0];
  await db.pool.query('UPDATE umpire.scores SET held_band = $2, first_held_at = $3 WHERE relationship_id = $1', [
    ...of,
    band,
    first,
  ]);
  await hold(`fraud_${band}`, 'NULL');
});

test('what a bonus is worth and why it is held comes without a movement of money', async () => {
  const rich = ana.sorted().find(({ status, releases }) => status === 'pending' && releases > 0);
  const of = [rich?.relationshipId];
  const held = `(SELECT array_agg(id) FROM referrals.bonus_events WHERE relationship_id = $1 AND status = 'held')`;
  await db.pool.query(`SELECT umpire.hold_bonuses(${held}, 'rate_limited', now() + interval '1 day', now())`, of);
  expect((await ana.pull()).came).toContain(rich?.itemId);
  expect(ana.heads.get(rich?.itemId ?? '')?.releases).toBe(0);
  await db.pool.query(`SELECT umpire.hold_bonuses(${held}, 'fraud_high', NULL, now())`, of);
  await db.pool.query(
    `UPDATE referrals.bonus_events SET tier_at_time = 'gold', credits_final = 7 * credits_base WHERE relationship_id = $1 AND status = 'held'`,
    of,
  );
  await ana.pull();
  const dear = ana.heads.get(rich?.itemId ?? '')?.releases;
  await db.pool.query(`SELECT umpire.retier_unpaid(${held})`, of);
  expect((await ana.pull()).came).toContain(rich?.itemId);
  expect(ana.heads.get(rich?.itemId ?? '')?.releases).toBeLessThan(dear ?? 0);
  await expectExact(ana);
});

test('what only time changes comes too: what can no longer be reversed, and what was closed long ago', async () => {
  let now = new Date(Date.now() + HOUR);
  const server = serverOf(people.ana, { now: () => now });
  const traveller = new Collected(server);
  await traveller.pull();
  const { itemId = '' } = traveller.sorted().find(({ status, releases }) => status === 'pending' && releases > 0) ?? {};
  await decide(people.ben, [call(itemId, 'approve')]);
  await traveller.pull();
  expect(traveller.heads.get(itemId)?.takesBack).toBeGreaterThan(0);
  now = new Date(now.getTime() + 8 * 24 * HOUR);
  await traveller.pull();
  expect(traveller.heads.get(itemId)?.takesBack).toBe(0);
  expect(traveller.sorted()).toEqual(await traveller.fresh());
  now = new Date(now.getTime() + 30 * 24 * HOUR);
  expect((await traveller.pull()).gone).toContain(itemId);
  expect(traveller.sorted()).toEqual(await traveller.fresh());
  // A clock that was ahead and is put right brings it back.
  now = new Date();
  expect((await traveller.pull()).came).toContain(itemId);
  expect(traveller.sorted()).toEqual(await traveller.fresh());
});

test('a deleted item is gone', async () => {
  const itemId = open().at(-1) ?? '';
  const relationship = ana.heads.get(itemId)?.relationshipId;
  await db.pool.query('DELETE FROM referrals.relationships WHERE id = $1', [relationship]);
  expect((await ana.pull()).gone).toEqual([itemId]);
  await expectExact(ana);
});

test('where the item that was written last is deleted, everything comes again, and is of the same history', async () => {
  const written = /~([0-9a-f-]{36}):\d+~([0-9a-f-]{36}):\d+$/.exec(ana.position?.cursor ?? '');
  const [, item, scored] = written ?? [];
  const relationship = ana.heads.get(item ?? '')?.relationshipId;
  await db.pool.query('DELETE FROM referrals.relationships WHERE id = ANY ($1)', [[relationship, scored]]);
  expect(await ana.pull()).toMatchObject({ full: true, isSameHistory: true });
  expect(ana.heads.has(item ?? '')).toBe(false);
  await expectExact(ana);
});

test('what was deleted is told for 60 days, and forgotten after 90', async () => {
  const position = ana.position;
  if (position === null) throw new Error('no position');
  const daysAgo = (days: number): string => new Date(Date.now() - days * 24 * HOUR).toISOString();
  const from = (days: number): typeof position => ({
    ...position,
    cursor: position.cursor.replace(/@[^#]+#/, `@${daysAgo(days)}#`),
  });
  ana.position = from(59);
  expect(await ana.pull()).toMatchObject({ full: false });
  ana.position = from(61);
  expect(await ana.pull()).toMatchObject({ full: true, isSameHistory: true });

  const gone = async (): Promise<number> =>
    Number(
      (
        await db.pool.query(
          'SELECT (SELECT count(*) FROM umpire.items_gone) + (SELECT count(*) FROM umpire.referrals_gone) AS n',
        )
      ).rows[0].n,
    );
  const told = await gone();
  expect(told).toBeGreaterThan(0);
  const run = (): Promise<unknown> =>
    tombstones.run(db.pool, { now: new Date(Date.now() + 1000 * 24 * HOUR), key: TEST_KEY });
  expect(await run()).toEqual({ removed: 0 });
  for (const table of ['items_gone', 'referrals_gone']) {
    await db.pool.query(`UPDATE umpire.${table} SET at = now() - interval '91 days'`);
  }
  expect(await run()).toEqual({ removed: told });
  expect(await gone()).toBe(0);
});

test('another epoch, a cursor ahead of the server, and one that is none: everything comes again', async () => {
  const position = ana.position;
  if (position === null) throw new Error('no position');
  for (const other of [
    { ...position, epoch: 'another' },
    { ...position, cursor: position.cursor.replace(/^\d+:\d+/, '900000000000:900000000000') },
    { ...position, cursor: 'nonsense' },
  ]) {
    ana.position = other;
    expect(await ana.pull()).toMatchObject({ full: true, isSameHistory: false });
    expect(ana.position).toMatchObject({ epoch: position.epoch });
  }
  // A migration changes the counter alone: everything comes again, and is of the same history.
  await db.pool.query('UPDATE umpire.workspace SET epoch = gen_random_uuid()');
  expect(await ana.pull()).toMatchObject({ full: true, isSameHistory: true });
  expect((await serverOf(people.ana).hello()).epoch).not.toBe(position.epoch);
  await expectExact(ana);
});

test('reviewers are told that there is news', async () => {
  let hints = 0;
  const stop = serverOf(people.ana).onHint(() => (hints += 1));
  try {
    // The connection itself is a hint: what was told before it is lost.
    await until(async () => (hints > 0 ? true : null), { everyMs: 20 });
    const before = hints;
    const [itemId = ''] = open();
    await claimItem(people.ben, itemId, false);
    expect(await until(async () => (hints > before ? true : null), { everyMs: 20 })).toBe(true);
    await releaseClaim(people.ben, itemId);
  } finally {
    stop();
  }
});

/** One change of somebody's; some say no. */
async function something(random: Random, heads: Collected): Promise<void> {
  const items = [...heads.heads.keys()].sort();
  const itemId = random.pick(items);
  const who = random.pick([people.ana, people.ben, people.lea]);
  switch (random.int(0, 11)) {
    case 0:
    case 1:
    case 2:
    case 3:
      await decide(who, [call(itemId, random.pick(['approve', 'reject', 'escalate']))]);
      return;
    case 4: {
      const { rows } = await db.pool.query<{ id: string }>(
        `SELECT decision_id AS id FROM umpire.decisions WHERE decision <> 'undo' AND undone_by IS NULL ORDER BY tx DESC, decision_id LIMIT 5`,
      );
      if (rows.length > 0) await undo(who, [{ undoId: randomUUID(), decisionId: random.pick(rows).id }]);
      return;
    }
    case 5: {
      const id = `guest${later}`;
      const { code } = heads.heads.get(itemId) ?? { code: 'RING-0' };
      const story = new Story()
        .user(at(0.2), id, 'Late Guest', `late${later}@late.example`)
        .registered(at(0.1), id, code, '203.0.113.1', `device ${later % 2}`)
        .used(at(0.05), id, 'chat');
      if (random.chance(0.5)) story.bought(at(0.04), id);
      await comeIn(story.events);
      return;
    }
    case 6:
      await comeIn([
        { id: 'b', type: 'credits.purchased', at: at(0.03), userId: heads.heads.get(itemId)?.refereeId, amount: 10 },
      ]);
      return;
    case 7:
      await comeIn([
        {
          id: 'u',
          type: 'user.updated',
          at: at(0.02 - later / 100_000),
          user: { id: heads.heads.get(itemId)?.refereeId, name: `Named ${later}` },
        },
      ]);
      return;
    case 8:
      await releaseHolds(db.pool, new Date(Date.now() + random.int(0, 60) * HOUR));
      return;
    case 9:
      await changeSettings(db.pool, { second_review_share: random.pick([0, 0.5, 0.5]) }, undefined);
      return;
    case 10:
      if (random.chance(0.3)) await eraseUser(db.pool, heads.heads.get(itemId)?.refereeId ?? '', { now: new Date() });
      else await settleOpinions(db.pool);
      return;
  }
}

test('after a random story with several writers, what deltas brought is what a first pull brings, for everybody', async () => {
  const random = new Random(20_261_122);
  await changeSettings(db.pool, { second_review_share: 0.5 }, undefined);
  const servers: readonly Server[] = [people.ana, people.ben, people.lea, db.pool].map((pool) => serverOf(pool));
  const viewers = servers.map((server) => new Collected(server));
  for (const viewer of viewers) await viewer.pull();
  let open: { readonly end: () => Promise<void> } | null = null;
  for (let step = 0; step < 60; step += 1) {
    if (open === null && random.chance(0.2)) {
      // Somebody whose transaction begins now and ends some steps later: a name, which nobody else waits for.
      const client = await db.pool.connect();
      await client.query('BEGIN');
      await client.query(`UPDATE umpire.users SET email_weak = NOT email_weak WHERE user_id = 'ring1'`);
      open = { end: async () => void (await client.query('COMMIT').finally(() => client.release(true))) };
    } else if (open !== null && random.chance(0.4)) {
      await open.end();
      open = null;
    }
    const [first] = viewers;
    if (first !== undefined) await something(random, first);
    const some = random.pick(viewers);
    if (random.chance(0.7)) await some.pull();
  }
  await open?.end();
  await expectExact(...viewers);
  expect(new Set(viewers[0]?.sorted().map(({ status }) => status)).size).toBeGreaterThan(2);
  await changeSettings(db.pool, { second_review_share: 0 }, undefined);
});

test('where another service writes, what it changes comes after the next scan', async () => {
  const database = await createTestDatabase();
  const pool = connect(database.url, 'umpire test');
  try {
    const clock: Clock = { now: NOW.getTime() };
    const deeds: Deeds = { bonuses: new Map(), settled: new Map() };
    const owner = new Owner(pool, 'o1', 77, { ledger: false, clock, deeds });
    await makeOwnersTables(pool, { ledger: false });
    await owner.begin(20, 60);
    await migrate(pool, { key: TEST_KEY });
    const look = async (): Promise<void> => {
      const now = new Date(clock.now);
      await scanChanges(pool, { now, key: TEST_KEY, full: true });
      await score(pool, { now });
    };
    await look();
    const viewer = new Collected(serverOf(pool, { now: () => new Date(clock.now) }));
    await viewer.pull();
    expect(viewer.heads.size).toBeGreaterThan(5);
    for (let round = 0; round < 4; round += 1) {
      await owner.live(40);
      await look();
      await viewer.pull();
      const [item] = open(viewer);
      if (item !== undefined) await decide(pool, [call(item, 'reject')]);
    }
    // A first opinion is no news to others there either.
    const isHeld = ({ status, releases }: Head): boolean => status === 'pending' && releases > 0;
    await changeSettings(pool, { second_review_share: 1 }, undefined);
    await look();
    await viewer.pull();
    const waiting = viewer.sorted().find(isHeld)?.itemId ?? '';
    const first = await decide(pool, [call(waiting, 'reject')], { onBehalfOf: 'ana' });
    expect(first).toMatchObject([{ outcome: 'awaiting_second' }]);
    const { rowCount } = await pool.query(`SELECT FROM referrals.bonus_events WHERE hold_reason = 'second_review'`);
    expect(rowCount).toBeGreaterThan(0);
    await look();
    expect(await viewer.pull()).toEqual({ full: false, came: [], gone: [] });
    await changeSettings(pool, { second_review_share: 0 }, undefined);
    const some = viewer.sorted().find(({ status, itemId }) => status === 'pending' && itemId !== waiting);
    await pool.query(`UPDATE auth.users SET name = 'Some Body' WHERE id = $1`, [some?.refereeId]);
    await pool.query(`UPDATE referrals.bonus_events SET status = 'rejected' WHERE relationship_id = $1`, [
      some?.relationshipId,
    ]);
    await look();
    expect((await viewer.pull()).came).toContain(some?.itemId);
    expect(viewer.heads.get(some?.itemId ?? '')).toMatchObject({ refereeName: 'Some B.', rejects: 0 });
    await expectExact(viewer);
  } finally {
    await pool.end();
    await database.drop();
  }
});
