import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TRACKABLE_APPS } from '../../core/domain/constants.ts';
import { type Decision, TAKEN_BACK_SINCE } from '../../core/domain/decision.ts';
import { markAllDirty, score } from '../../core/engine/score.ts';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { refreshStaleDays } from '../../core/programme/statistics.ts';
import { verify } from '../../core/programme/verify.ts';
import { readCase } from '../../core/review/case.ts';
import { decide } from '../../core/review/decide.ts';
import { undo } from '../../core/review/undo.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, type StoryEvent, tell } from '../support/story.ts';

let db: MigratedDatabase;
beforeEach(async () => {
  db = await migratedDatabase();
  await db.pool.query(
    `INSERT INTO umpire.accounts (login, role, created_by, created_at)
     SELECT name, role, 'test', '2026-01-01' FROM (VALUES ('ana', 'analyst'), ('ben', 'analyst'), ('lea', 'lead'), ('vic', 'viewer')) AS a (name, role)`,
  );
});
afterEach(async () => {
  await refreshStaleDays(db.pool);
  const violations = await verify(db.pool);
  await db.end();
  if (violations.length > 0) throw new Error(JSON.stringify(violations, null, 1));
});

const START = Date.parse('2026-03-10T12:00:00Z');
const minutes = (count: number): Date => new Date(START + count * 60_000);
const hours = (count: number): Date => minutes(60 * count);
const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;
const HOME = '192.0.2.1';
const DEVICE = 'd-home';

/** Rob, who brings in whoever the test adds: from his address and device that is 80 points, the high band. */
function rob(): Story {
  return new Story()
    .user('2026-01-01T10:00:00Z', 'rob', 'Rob', 'rob.first@example.com')
    .code('2026-01-02T10:00:00Z', 'rob', 'ROB')
    .seen('2026-02-01T10:00:00Z', 'rob', HOME, DEVICE);
}

function bring(story: Story, name: string, day: number, ip = HOME, device: string | undefined = DEVICE): Story {
  const at = `2026-03-0${day}T11:00:00Z`;
  return story
    .user(`2026-02-28T10:00:00Z`, name, name, `${name}@${name}.example`)
    .registered(at, name, 'ROB', ip, device);
}

const ofReferee = (name: string): string => `(SELECT id FROM referrals.relationships WHERE referee_id = '${name}')`;

async function itemOf(name: string): Promise<string> {
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE relationship_id = ${ofReferee(name)} ORDER BY created_at DESC, id LIMIT 1`,
  );
  if (rows[0] === undefined) throw new Error(`no item of ${name}`);
  return rows[0].id;
}

type Told = {
  readonly as: string;
  readonly at?: Date;
  readonly id?: string;
  readonly version?: number;
  readonly note?: string;
};

async function decideOn(itemId: string, decision: Decision, { as, at = START_CLOCK, id, version, note }: Told) {
  const [result] = await decide(
    db.pool,
    [{ decisionId: id ?? randomUUID(), itemId, decision, reason: REASONS[decision], expectedVersion: version, note }],
    { now: at, onBehalfOf: as },
  );
  if (result === undefined) throw new Error('no outcome');
  return result;
}
const START_CLOCK = minutes(0);

async function undoIt(decisionId: string, { as, at = minutes(1), id, note }: Told) {
  const [result] = await undo(db.pool, [{ undoId: id ?? randomUUID(), decisionId, note }], { now: at, onBehalfOf: as });
  if (result === undefined) throw new Error('no outcome');
  return result;
}

/** Everything of a referral that a decision can change. */
async function stateOf(name: string): Promise<unknown> {
  const { rows } = await db.pool.query(
    `SELECT r.is_flagged, u.is_rejected, s.held_band, s.approved_band, q.status, q.assigned_to, q.notes, q.reviewed_at, t.tier, t.qualified_count, t.total_earned,
       (SELECT jsonb_agg(jsonb_build_array(b.user_id, b.event_type, b.app_id, b.status, b.hold_reason, b.hold_until, b.credits_final, b.tier_at_time)
          ORDER BY b.user_id, b.event_type, b.app_id) FROM referrals.bonus_events AS b WHERE b.relationship_id = r.id) AS bonuses,
       (SELECT jsonb_object_agg(b.user_id, b.balance) FROM credits.balances AS b WHERE b.balance <> 0) AS balances,
       (SELECT jsonb_agg(c.bonus_paid ORDER BY c.app_id) FROM referrals.cross_app_activations AS c WHERE c.relationship_id = r.id) AS apps,
       (SELECT f.flagged_count FROM referrals.fingerprints AS f WHERE f.id = u.fingerprint_id) AS flagged
     FROM referrals.relationships AS r JOIN umpire.referrals AS u ON u.relationship_id = r.id JOIN umpire.scores AS s ON s.relationship_id = r.id
     LEFT JOIN referrals.review_queue AS q ON q.relationship_id = r.id LEFT JOIN referrals.user_tiers AS t ON t.user_id = r.referrer_id
     WHERE r.referee_id = $1 ORDER BY q.created_at`,
    [name],
  );
  return rows;
}

async function bonusesOf(name: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ told: string }>(
    `SELECT concat_ws(' ', event_type, status, hold_reason) AS told FROM referrals.bonus_events
     WHERE relationship_id = ${ofReferee(name)} AND app_id IS NULL ORDER BY event_type, user_id`,
  );
  return rows.map(({ told }) => told);
}

async function logOf(name: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ told: string }>(
    `SELECT transition || ' ' || sum(credits) AS told FROM umpire.money_log WHERE relationship_id = ${ofReferee(name)} AND transition <> 'blocked'
     GROUP BY transition, at ORDER BY min(id)`,
  );
  return rows.map(({ told }) => told);
}

const effects = (): Promise<number> =>
  db.pool.query('SELECT 1 FROM credits.transactions').then(({ rowCount }) => rowCount ?? 0);

async function settings(changes: string): Promise<void> {
  await db.pool.query(`UPDATE umpire.review_settings SET ${changes}`);
}

/** Rae, high: her registration, an activation, a qualification. */
async function rae(): Promise<string> {
  const story = bring(rob(), 'rae', 5)
    .used('2026-03-06T10:00:00Z', 'rae', 'chat')
    .bought('2026-03-08T10:00:00Z', 'rae');
  await tell(db.pool, story.events, minutes(-60));
  return itemOf('rae');
}

describe('decisions', () => {
  test('an approval pays the fraud holds and clears the flag, once', async () => {
    const item = await rae();
    const id = randomUUID();
    const first = await decideOn(item, 'approve', { as: 'ana', id, note: 'a family' });
    expect(first).toMatchObject({
      outcome: 'applied',
      message: null,
      status: 'approved',
      version: 2,
      paid: 65,
      rejected: 0,
      reversed: 0,
    });
    expect(await bonusesOf('rae')).toEqual(['registered paid', 'registered paid', 'activated paid', 'qualified paid']);
    const rows = await effects();
    expect(await decideOn(item, 'approve', { as: 'ana', id, note: 'a family', at: hours(9) })).toEqual(first);
    expect(await decideOn(item, 'approve', { as: 'ben', id, note: 'a family' })).toMatchObject({
      outcome: 'not_allowed',
    });
    expect(await decideOn(item, 'reject', { as: 'ana', id })).toMatchObject({ outcome: 'not_allowed' });
    expect(await decideOn(item, 'approve', { as: 'ben' })).toMatchObject({
      outcome: 'agreed',
      status: 'approved',
      version: 2,
      paid: 0,
    });
    expect(await decideOn(item, 'reject', { as: 'ben' })).toMatchObject({
      outcome: 'conflict',
      status: 'approved',
      version: 2,
    });
    expect(await decideOn(item, 'escalate', { as: 'ben' })).toMatchObject({ outcome: 'conflict' });
    expect(await effects()).toBe(rows);
  });

  test('a set of decisions is answered one by one, in its order', async () => {
    const story = bring(bring(bring(rob(), 'rae', 5), 'ron', 6), 'ria', 7);
    await tell(db.pool, story.events, minutes(-60));
    const [one, two, three] = [await itemOf('rae'), await itemOf('ron'), await itemOf('ria')];
    const call = (itemId: string, decision: Decision, more: object = {}) => ({
      decisionId: randomUUID(),
      itemId,
      decision,
      reason: REASONS[decision],
      ...more,
    });
    const twice = call(one, 'approve');
    const calls = [
      twice,
      call(two, 'reject'),
      call(randomUUID(), 'reject'),
      call(three, 'approve', { reason: 'account_farm' }),
      call(one, 'approve'),
      call(one, 'reject'),
      twice,
      { ...twice, decision: 'reject' as const, reason: REASONS.reject },
      call(three, 'escalate', { expectedVersion: 1 }),
    ];
    const results = await decide(db.pool, calls, { now: START_CLOCK, onBehalfOf: 'ana' });
    expect(results.map(({ outcome, status }) => `${outcome} ${status}`)).toEqual([
      'applied approved',
      'applied rejected',
      'unknown null',
      'not_allowed pending',
      'agreed approved',
      'conflict approved',
      'applied approved',
      'not_allowed approved',
      'applied escalated',
    ]);
    expect(results.map(({ decisionId }) => decisionId)).toEqual(calls.map(({ decisionId }) => decisionId));
    expect(await decide(db.pool, calls.slice(0, 2), { now: hours(1), onBehalfOf: 'ana' })).toEqual(results.slice(0, 2));
    const { rows } = await db.pool.query(
      `SELECT kind, actor = session_user AS mine, on_behalf_of, (details ->> 'items')::int AS items,
         details ->> 'digest' = umpire.decisions_digest((details ->> 'batch')::uuid) AS right FROM umpire.audit_log WHERE kind IN ('decisions', 'undos') ORDER BY seq`,
    );
    expect(rows).toEqual([{ kind: 'decisions', mine: true, on_behalf_of: 'ana', items: 6, right: true }]);
  });

  test('what is with a lead is a lead’s, and a viewer decides nothing', async () => {
    const item = await rae();
    expect(await decideOn(item, 'escalate', { as: 'ana', note: 'look here' })).toMatchObject({
      outcome: 'applied',
      status: 'escalated',
    });
    expect(await decideOn(item, 'escalate', { as: 'ben' })).toMatchObject({ outcome: 'agreed' });
    // Who looked at it before it went there has decided differently; who knew may not decide.
    expect(await decideOn(item, 'approve', { as: 'ben', version: 1 })).toMatchObject({
      outcome: 'conflict',
      message: 'This was decided differently before: escalated.',
      status: 'escalated',
      version: 2,
    });
    for (const version of [{ version: 2 }, {}]) {
      expect(await decideOn(item, 'approve', { as: 'ben', ...version })).toMatchObject({
        outcome: 'not_allowed',
        message: 'It is with a lead.',
      });
    }
    await expect(decideOn(item, 'approve', { as: 'vic' })).rejects.toThrow('A viewer may not do this');
    await expect(undoIt(randomUUID(), { as: 'vic' })).rejects.toThrow('A viewer may not do this');
    await settings('second_review_above = 0');
    expect(await decideOn(item, 'reject', { as: 'lea' })).toMatchObject({ outcome: 'applied', rejected: 65 });
  });

  test('one that was looked at before its band rose is returned; one whose evidence changed within the band applies and says so', async () => {
    const story = bring(rob(), 'rae', 5);
    await tell(db.pool, story.events, minutes(-60));
    const item = await itemOf('rae');
    // New evidence within the band.
    await tell(db.pool, story.seen('2026-02-02T10:00:00Z', 'rob', HOME, DEVICE).events, minutes(-50));
    await db.pool.query(`UPDATE umpire.items SET version = version + 1`);
    expect(await decideOn(item, 'escalate', { as: 'ana', version: 1 })).toMatchObject({
      outcome: 'applied',
      message: 'Its evidence changed within the band since it was looked at.',
    });
    // Five within the hour: the band rises.
    for (const [index, name] of ['rib', 'rob2', 'rud', 'ryn'].entries()) {
      story
        .user('2026-02-28T10:00:00Z', name, name, `${name}@${name}.example`)
        .registered(`2026-03-05T11:${10 + index * 10}:00Z`, name, 'ROB', '198.51.100.7');
    }
    await tell(db.pool, story.events, minutes(-40));
    expect(await decideOn(item, 'approve', { as: 'lea', version: 2 })).toMatchObject({
      outcome: 'returned',
      message: 'The band rose after this was looked at: look again.',
    });
  });

  test('what was decided and taken back since it was looked at is no other evidence', async () => {
    const item = await rae();
    const { decisionId } = await decideOn(item, 'reject', { as: 'ana' });
    await undoIt(decisionId, { as: 'ana' });
    expect(await decideOn(item, 'escalate', { as: 'ana', version: 1 })).toMatchObject({
      outcome: 'applied',
      message: null,
      version: 4,
    });
  });

  test('what somebody else took back since it was looked at is not overridden: it is looked at again', async () => {
    const item = await rae();
    const { decisionId } = await decideOn(item, 'reject', { as: 'ana' });
    await undoIt(decisionId, { as: 'lea', note: 'They are a family.' });
    const late = await decideOn(item, 'reject', { as: 'ben', version: 1 });
    expect(late).toMatchObject({
      outcome: 'returned',
      status: 'pending',
      version: 3,
      message: TAKEN_BACK_SINCE,
    });
    // Of a lead who knows of it because they did it, and of whoever looked since, it applies.
    expect(await decideOn(item, 'escalate', { as: 'lea', version: 1 })).toMatchObject({ outcome: 'applied' });
    expect(await decideOn(item, 'reject', { as: 'olga', version: 4 })).toMatchObject({ outcome: 'applied' });
    expect(await decideOn(item, 'reject', { as: 'ben', version: 1, id: late.decisionId })).toEqual(late);
  });

  test('bad calls are refused whole, in words', async () => {
    await expect(db.pool.query(`SELECT umpire.decide_items('{}')`)).rejects.toThrow('Decisions come as an array.');
    await expect(db.pool.query(`SELECT umpire.undo_items('[{}]')`)).rejects.toThrow('An undo has an undoId');
    const call = JSON.stringify([
      { decisionId: randomUUID(), itemId: await rae(), decision: 'undo', reason: 'household' },
    ]);
    const { rows } = await db.pool.query('SELECT umpire.decide_items($1) AS told', [call]);
    expect(rows[0]?.told).toMatchObject({
      outcome: 'not_allowed',
      message: expect.stringContaining('There is no such decision as undo'),
    });
    await expect(db.pool.query(`SELECT umpire.undo_items('3')`)).rejects.toThrow('Undos come as an array.');
    expect(await decide(db.pool, [])).toEqual([]);
  });

  test('a bad call does not stop the others, and each is told what is wrong', async () => {
    const good = { decisionId: randomUUID(), itemId: await rae(), decision: 'approve', reason: 'household' };
    const calls = [
      null,
      { ...good, decisionId: undefined },
      { ...good, decisionId: randomUUID(), itemId: 'the first' },
      good,
      { ...good, decisionId: randomUUID(), decision: 'aprove' },
      { ...good, decisionId: randomUUID(), expectedVersion: 'two' },
      { ...good, decisionId: randomUUID(), reason: null },
      { ...good, decisionId: randomUUID(), note: 'n'.repeat(4001) },
      { ...good, decisionId: randomUUID() },
    ];
    const { rows } = await db.pool.query('SELECT umpire.decide_items($1) AS told', [JSON.stringify(calls)]);
    expect(rows.map(({ told }) => [told.outcome, told.message])).toEqual([
      ['not_allowed', expect.stringContaining('This is no decision')],
      ['not_allowed', 'The decisionId is not a UUID.'],
      ['not_allowed', 'The itemId is not a UUID.'],
      ['applied', null],
      ['not_allowed', expect.stringContaining('There is no such decision as aprove')],
      ['not_allowed', 'The expectedVersion is a whole number.'],
      ['not_allowed', expect.stringContaining('The reason')],
      ['not_allowed', expect.stringContaining('The note')],
      ['agreed', expect.any(String)],
    ]);
    expect(rows[0]?.told).toMatchObject({ decisionId: null, itemId: null, status: null, paid: 0 });
    expect(rows[2]?.told).toMatchObject({ decisionId: calls[2]?.decisionId, itemId: 'the first' });
  });
});

describe('undo', () => {
  test.each(['approve', 'reject', 'escalate'] as const)(
    'an undone %s leaves the referral as it was',
    async (decision) => {
      const item = await rae();
      const before = await stateOf('rae');
      const made = await decideOn(item, decision, { as: 'ana', note: 'mine' });
      const id = randomUUID();
      const first = await undoIt(made.decisionId, { as: 'ana', id });
      const moved = decision === 'approve' ? 65 : 0;
      expect(first).toEqual({
        undoId: id,
        decisionId: made.decisionId,
        itemId: item,
        outcome: 'applied',
        kind: 'undo',
        message: null,
        status: 'pending',
        version: 3,
        paid: 0,
        reversed: moved,
      });
      expect(await stateOf('rae')).toEqual(before);
      await score(db.pool, { now: minutes(2) });
      expect(await stateOf('rae')).toEqual(before);
      const rows = await effects();
      expect(await undoIt(made.decisionId, { as: 'ana', id, at: hours(3) })).toEqual(first);
      expect(await undoIt(made.decisionId, { as: 'ana' })).toMatchObject({
        outcome: 'agreed',
        kind: null,
        message: 'This was taken back before.',
      });
      expect(await undoIt(randomUUID(), { as: 'ana', id })).toMatchObject({ outcome: 'not_allowed' });
      expect(await undoIt(id, { as: 'ana' })).toMatchObject({
        outcome: 'not_allowed',
        message: 'An undo is not undone: decide again.',
      });
      expect(await undoIt(randomUUID(), { as: 'ana' })).toMatchObject({ outcome: 'unknown', itemId: null });
      expect(await effects()).toBe(rows);
      // And once more from the start.
      const again = await decideOn(item, decision, { as: 'ben', at: minutes(5) });
      expect(again).toMatchObject({ outcome: 'applied', version: 4 });
      expect(await undoIt(again.decisionId, { as: 'lea', at: minutes(6) })).toMatchObject({
        outcome: 'applied',
        kind: 'reversal',
      });
      expect(await stateOf('rae')).toEqual(before);
    },
  );

  test('whoever decided may undo for ten minutes; later, or of somebody else, it takes a lead', async () => {
    const item = await rae();
    const { decisionId } = await decideOn(item, 'approve', { as: 'ana' });
    expect(await undoIt(decisionId, { as: 'ben' })).toMatchObject({
      outcome: 'not_allowed',
      message: expect.stringContaining('a lead can reverse it'),
    });
    expect(await undoIt(decisionId, { as: 'ana', at: new Date(minutes(10).getTime() + 1) })).toMatchObject({
      outcome: 'not_allowed',
      message: 'The time for an undo is over: a lead can reverse it.',
    });
    expect(await undoIt(decisionId, { as: 'lea', at: hours(24 * 30) })).toMatchObject({
      outcome: 'applied',
      kind: 'reversal',
      reversed: 65,
    });
    expect(await logOf('rae')).toEqual(['held 65', 'paid 65', 'reversed 65', 'held 65']);
    const conflict = await decideOn(item, 'reject', { as: 'ana', at: hours(1) });
    expect(await undoIt(conflict.decisionId, { as: 'ana', at: minutes(70) })).toMatchObject({
      outcome: 'applied',
      kind: 'undo',
    });
  });

  test('an item that is not as the decision left it stays', async () => {
    const item = await rae();
    const escalated = await decideOn(item, 'escalate', { as: 'ana' });
    const approved = await decideOn(item, 'approve', { as: 'lea' });
    const gone = {
      outcome: 'conflict',
      message: 'The item is no longer as this decision left it.',
      status: 'approved',
    };
    expect(await undoIt(escalated.decisionId, { as: 'ana' })).toMatchObject(gone);
    const agreed = await decideOn(item, 'approve', { as: 'ben' });
    expect(await undoIt(agreed.decisionId, { as: 'ben' })).toMatchObject({
      outcome: 'not_allowed',
      message: expect.stringContaining('had no effect'),
    });
    // One after the other, in one call.
    const results = await undo(
      db.pool,
      [approved.decisionId, escalated.decisionId].map((decisionId) => ({ undoId: randomUUID(), decisionId })),
      { now: minutes(1), onBehalfOf: 'lea' },
    );
    expect(results.map(({ outcome, status, version }) => [outcome, status, version])).toEqual([
      ['applied', 'escalated', 4],
      ['applied', 'pending', 5],
    ]);
  });

  test('a newer item of the referral stands in the way', async () => {
    const story = bring(rob(), 'rae', 5);
    await tell(db.pool, story.events, minutes(-60));
    const { decisionId } = await decideOn(await itemOf('rae'), 'approve', { as: 'ana', at: minutes(-30) });
    for (const [index, name] of ['rib', 'rub', 'rud', 'ryn'].entries()) {
      story
        .user('2026-02-28T10:00:00Z', name, name, `${name}@${name}.example`)
        .registered(`2026-03-05T11:${10 + index * 10}:00Z`, name, 'ROB', '198.51.100.7');
    }
    await tell(db.pool, story.events, minutes(-25));
    expect(await undoIt(decisionId, { as: 'ana', at: minutes(-24) })).toMatchObject({
      outcome: 'conflict',
      status: 'approved',
      message: 'The referral came back with a higher band: decide the newer item.',
    });
  });

  test('what came under an approval’s cover goes back with it', async () => {
    const story = bring(rob(), 'rae', 5);
    await tell(db.pool, story.events, minutes(-60));
    const { decisionId } = await decideOn(await itemOf('rae'), 'approve', { as: 'ana', at: minutes(-30) });
    await tell(
      db.pool,
      story.used('2026-03-10T11:00:00Z', 'rae', 'chat').used('2026-03-10T11:01:00Z', 'rae', 'todo').events,
      minutes(-20),
    );
    expect(await bonusesOf('rae')).toEqual(['registered paid', 'registered paid', 'activated paid']);
    expect(await undoIt(decisionId, { as: 'ana', at: minutes(-21) })).toMatchObject({
      outcome: 'applied',
      reversed: 30 + 10 + 5,
    });
    expect(await bonusesOf('rae')).toEqual([
      'registered held fraud_high',
      'registered held fraud_high',
      'activated held fraud_high',
    ]);
    await score(db.pool, { now: minutes(-19) });
    expect(await releaseHolds(db.pool, hours(24 * 100))).toBe(0);
    const { rows } = await db.pool.query('SELECT DISTINCT bonus_paid FROM referrals.cross_app_activations');
    expect(rows).toEqual([{ bonus_paid: false }]);
  });

  test('what a rejection took back is paid again, and what it rejected since is settled anew', async () => {
    // Paid as clean; then his device turns up at the referrer's.
    const story = bring(rob(), 'rae', 9, '198.51.100.9', 'd-other').used('2026-03-09T15:00:00Z', 'rae', 'chat');
    await tell(db.pool, story.events, hours(-20));
    expect(await bonusesOf('rae')).toEqual(['registered paid', 'registered paid', 'activated paid']);
    await tell(db.pool, story.seen('2026-02-03T10:00:00Z', 'rob', '198.51.100.9', 'd-other').events, hours(-19));
    const item = await itemOf('rae');
    const { decisionId, ...rejected } = await decideOn(item, 'reject', { as: 'ana', at: hours(-18) });
    expect(rejected).toMatchObject({ outcome: 'applied', rejected: 0, reversed: 40 });
    await tell(db.pool, story.bought('2026-03-09T19:00:00Z', 'rae').events, hours(-17));
    expect(await bonusesOf('rae')).toEqual([
      'registered rejected',
      'registered rejected',
      'activated rejected',
      'qualified rejected',
    ]);
    expect(await undoIt(decisionId, { as: 'lea', at: hours(-16) })).toMatchObject({
      outcome: 'applied',
      kind: 'reversal',
      paid: 40,
      reversed: 0,
    });
    expect(await bonusesOf('rae')).toEqual([
      'registered paid',
      'registered paid',
      'activated paid',
      'qualified pending',
    ]);
    await score(db.pool, { now: hours(-15) });
    expect(await bonusesOf('rae')).toEqual([
      'registered paid',
      'registered paid',
      'activated paid',
      'qualified held fraud_critical',
    ]);
    expect(await logOf('rae')).toEqual(['paid 40', 'reversed 40', 'rejected 25', 'paid 40', 'held 25']);
    const { rows } = await db.pool.query(
      `SELECT t.type, t.amount, split_part(t.idempotency_key, ':', 3) AS n FROM credits.transactions AS t JOIN referrals.bonus_events AS b ON t.idempotency_key LIKE 'bonus:' || b.id || ':%'
       WHERE b.event_type = 'activated' ORDER BY n`,
    );
    expect(rows).toEqual([
      { type: 'bonus', amount: 10, n: '1' },
      { type: 'adjustment', amount: -10, n: '2' },
      { type: 'adjustment', amount: 10, n: '3' },
    ]);
    // Rejected again within seven days of the second payment: taken back again.
    expect(await decideOn(item, 'reject', { as: 'ben', at: hours(24 * 6) })).toMatchObject({
      reversed: 40,
      rejected: 25,
    });
  });

  test('tiers, and what later bonuses are worth, follow', async () => {
    const story = rob();
    const names = ['raa', 'rbb', 'rcc', 'rdd', 'ree', 'rff'];
    names.forEach((name, index) => {
      bring(story, name, index + 1, `198.51.100.${index}`, `d-${index}`).bought(
        `2026-03-0${index + 2}T09:00:00Z`,
        name,
      );
    });
    await tell(db.pool, fromHome(fromHome(story.events, 'raa'), 'rff'), minutes(-60));
    const before = await stateOf('rff');
    const item = await itemOf('raa');
    const { decisionId } = await decideOn(item, 'reject', { as: 'ana' });
    const { rows } = await db.pool.query(
      `SELECT tier, qualified_count FROM referrals.user_tiers WHERE user_id = 'rob'`,
    );
    expect(rows).toEqual([{ tier: 'silver', qualified_count: 5 }]);
    await undoIt(decisionId, { as: 'ana' });
    expect(await stateOf('rff')).toEqual(before);
  });

  test('what had not been settled when it was rejected is as unsettled again', async () => {
    // 30 points, the medium band; somebody pulls it in, and a usage comes in that nobody has scored yet.
    const story = bring(rob(), 'rae', 5, HOME, 'd-other');
    await tell(db.pool, story.events, minutes(-60));
    await db.pool.query(
      `INSERT INTO referrals.review_queue (relationship_id, fraud_score, fraud_signals, priority, created_at)
       SELECT id, fraud_score, fraud_signals, 'medium', $1 FROM referrals.relationships`,
      [minutes(-30)],
    );
    await db.pool.query(
      'INSERT INTO umpire.items (item_id, relationship_id) SELECT id, relationship_id FROM referrals.review_queue',
    );
    await db.pool.query(
      `UPDATE referrals.bonus_events SET status = 'pending', hold_reason = NULL, hold_until = NULL WHERE user_id = 'rob'`,
    );
    const before = await stateOf('rae');
    const { decisionId } = await decideOn(await itemOf('rae'), 'reject', { as: 'ana' });
    expect(await undoIt(decisionId, { as: 'ana' })).toMatchObject({ outcome: 'applied' });
    expect(await stateOf('rae')).toEqual(before);
    await score(db.pool, { now: minutes(2) });
    expect(await bonusesOf('rae')).toEqual(['registered held fraud_medium', 'registered held fraud_medium']);
  });

  test('what is unpaid again has its place by the facts that came meanwhile', async () => {
    const story = bring(rob(), 'rae', 5)
      .used('2026-03-06T10:00:00Z', 'rae', 'chat')
      .used('2026-03-06T11:00:00Z', 'rae', 'todo');
    await tell(db.pool, story.events, minutes(-60));
    const { decisionId } = await decideOn(await itemOf('rae'), 'reject', { as: 'ana' });
    await tell(db.pool, story.used('2026-03-05T15:00:00Z', 'rae', 'todo').events, minutes(1));
    expect(await undoIt(decisionId, { as: 'ana', at: minutes(2) })).toMatchObject({ outcome: 'applied' });
    const { rows } = await db.pool.query(
      `SELECT b.event_type, f.at = '2026-03-05T15:00:00Z' AND b.created_at = f.at AS earlier FROM referrals.bonus_events AS b JOIN umpire.bonuses AS f ON f.bonus_id = b.id
       WHERE b.event_type IN ('activated', 'cross_app')`,
    );
    expect(rows.every(({ earlier }) => earlier)).toBe(true);
    expect(rows).toHaveLength(2);
  });

  test('claims that the approval put off are fraud holds again', async () => {
    const apps = TRACKABLE_APPS.filter((app) => app !== 'chat');
    const story = rob();
    for (let index = 0; index < 8; index += 1) {
      const name = `r${String.fromCodePoint(97 + index).repeat(2)}`;
      const at = (minute: number): string =>
        new Date(START - 20 * 3_600_000 + index * 7_200_000 + minute * 60_000).toISOString();
      story.user('2026-02-28T10:00:00Z', name, name, `${name}@${name}.example`);
      story.registered(
        at(0),
        name,
        'ROB',
        index === 7 ? HOME : `198.51.100.${index}`,
        index === 7 ? DEVICE : `d-${index}`,
      );
      for (const app of apps) story.used(at(30), name, app);
    }
    await tell(db.pool, story.events, hours(-5));
    const held = await stateOf('rhh');
    const { decisionId, paid } = await decideOn(await itemOf('rhh'), 'approve', { as: 'ana', at: hours(-5) });
    const { rows } = await db.pool.query<{ done: string; credits: string }>(
      'SELECT done, sum(credits) AS credits FROM umpire.decision_effects WHERE decision_id = $1 GROUP BY done ORDER BY done',
      [decisionId],
    );
    expect(rows.map(({ done }) => done)).toEqual(['deferred', 'paid']);
    expect(Number(rows[1]?.credits)).toBe(paid);
    expect(await undoIt(decisionId, { as: 'ana', at: hours(-5) })).toMatchObject({
      outcome: 'applied',
      reversed: paid,
    });
    expect(await stateOf('rhh')).toEqual(held);
  });

  test('several at once, alone and in sets, from eight connections, have one effect each', async () => {
    const story = rob();
    const names = ['raa', 'rbb', 'rcc', 'rdd', 'ree', 'rff'];
    names.forEach((name, index) => bring(story, name, index + 1).bought(`2026-03-0${index + 2}T09:00:00Z`, name));
    await tell(db.pool, story.events, minutes(-60));
    const items = await Promise.all(names.map(itemOf));
    const before = await Promise.all(names.map(stateOf));
    const ids = items.map(() => randomUUID());
    const calls = items.map((itemId, index) => ({
      decisionId: ids[index] ?? '',
      itemId,
      decision: 'reject' as const,
      reason: REASONS.reject,
    }));
    // Not by `decide`, which would repeat the victim of a deadlock: there is none.
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, turn) => {
        const { rows } = await db.pool.query<{ told: { outcome: string } }>(
          'SELECT umpire.decide_items($1, $2, $3) AS told',
          [JSON.stringify(turn % 2 === 0 ? calls : calls.toReversed()), 'ana', START_CLOCK],
        );
        return rows.map(({ told }) => told.outcome);
      }),
    );
    for (const answer of answers) expect(answer).toEqual(items.map(() => 'applied'));
    await Promise.all(
      Array.from({ length: 8 }, (_, turn) => {
        const undos = ids.map((decisionId) => ({ undoId: randomUUID(), decisionId }));
        return db.pool.query('SELECT umpire.undo_items($1, $2, $3)', [
          JSON.stringify(turn % 2 === 0 ? undos : undos.toReversed()),
          'ana',
          minutes(1),
        ]);
      }),
    );
    expect(await Promise.all(names.map(stateOf))).toEqual(before);
    const { rows } = await db.pool.query(`SELECT count(*)::int AS n FROM umpire.decisions WHERE undo_kind IS NOT NULL`);
    expect(rows).toEqual([{ n: 6 }]);
  });
});

describe('a second pair of eyes', () => {
  const WAITS = { outcome: 'awaiting_second', status: 'pending', paid: 0, rejected: 0, reversed: 0 };
  const held = async (): Promise<string[]> => [
    ...new Set((await bonusesOf('rae')).map((told) => told.split(' ').slice(1).join(' '))),
  ];

  beforeEach(() => settings('second_review_above = 64'));

  test('above an amount at stake a decision waits, and takes effect when another analyst decides the same', async () => {
    const item = await rae();
    const before = await stateOf('rae');
    const first = await decideOn(item, 'approve', { as: 'ana', note: 'a family' });
    expect(first).toMatchObject({ ...WAITS, version: 1 });
    expect(await held()).toEqual(['held second_review']);
    expect(await releaseHolds(db.pool, hours(24 * 30))).toBe(0);
    expect(await verify(db.pool)).toEqual([]);
    expect(await decideOn(item, 'approve', { as: 'ana' })).toMatchObject({
      ...WAITS,
      version: 1,
      // What can be withdrawn is the first.
      waiting: first.decisionId,
    });
    expect(await decideOn(item, 'reject', { as: 'ana' })).toMatchObject({
      outcome: 'not_allowed',
      message: expect.stringContaining('withdraw yours first'),
    });
    expect(await decideOn(item, 'approve', { as: 'ana', id: first.decisionId, note: 'a family' })).toEqual(first);
    const second = await decideOn(item, 'approve', { as: 'ben' });
    expect(second).toMatchObject({ outcome: 'applied', status: 'approved', version: 2, paid: 65 });
    expect(await undoIt(first.decisionId, { as: 'ana' })).toMatchObject({
      outcome: 'not_allowed',
      message: 'A second analyst decided the same, and that took effect: whoever did or a lead can take it back.',
    });
    expect(await undoIt(second.decisionId, { as: 'ben' })).toMatchObject({ outcome: 'applied', reversed: 65 });
    expect(await stateOf('rae')).toEqual(before);
    expect(await decideOn(item, 'approve', { as: 'ben' })).toMatchObject(WAITS);
  });

  test('an amount that is not above it, or a decision to escalate, needs no second', async () => {
    const item = await rae();
    await settings('second_review_above = 65');
    const { decisionId } = await decideOn(item, 'reject', { as: 'ana' });
    expect(await undoIt(decisionId, { as: 'ana' })).toMatchObject({ outcome: 'applied' });
    await settings('second_review_above = 0');
    expect(await decideOn(item, 'escalate', { as: 'ana' })).toMatchObject({ outcome: 'applied' });
  });

  test('a second who decides otherwise sends it to a lead', async () => {
    const item = await rae();
    const first = await decideOn(item, 'approve', { as: 'ana' });
    const second = await decideOn(item, 'reject', { as: 'ben', note: 'never' });
    expect(second).toMatchObject({
      outcome: 'conflict',
      message: 'Another analyst decided otherwise: it goes to a lead.',
      status: 'escalated',
      version: 2,
    });
    expect(await held()).toEqual(['held fraud_high']);
    expect(await verify(db.pool)).toEqual([]);
    for (const { decisionId } of [first, second]) {
      expect(await undoIt(decisionId, { as: 'lea' })).toMatchObject({ outcome: 'not_allowed' });
    }
    // The owner’s login is a lead’s: it is told who wanted what.
    const file = await readCase(db.pool, item, minutes(1), 'UTC');
    expect(file?.decisions).toEqual([]);
    expect(file?.notes).toBeNull();
    expect(file?.timeline.filter(({ kind }) => kind === 'decision').map(({ text }) => text)).toEqual([
      'ana would have it approved (household), and another analyst not',
      'ben would have it rejected (account_farm), and another analyst not',
    ]);
    expect(await decideOn(item, 'reject', { as: 'lea', at: minutes(1) })).toMatchObject({
      outcome: 'applied',
      rejected: 65,
    });
  });

  test('one’s own is withdrawn at any time, by nobody else', async () => {
    const item = await rae();
    const before = await stateOf('rae');
    const { decisionId } = await decideOn(item, 'reject', { as: 'ana' });
    expect(await undoIt(decisionId, { as: 'lea' })).toMatchObject({ outcome: 'not_allowed' });
    expect(await undoIt(decisionId, { as: 'ana', at: hours(100) })).toMatchObject({
      outcome: 'applied',
      kind: 'withdrawal',
      status: 'pending',
      version: 1,
    });
    expect(await stateOf('rae')).toEqual(before);
    expect(await undoIt(decisionId, { as: 'ana', at: hours(100) })).toMatchObject({ outcome: 'agreed' });
    expect(await decideOn(item, 'approve', { as: 'ana', at: hours(101) })).toMatchObject({
      outcome: 'awaiting_second',
    });
  });

  test('what waits with one’s own first opinion is taken back as that one', async () => {
    const item = await rae();
    const before = await stateOf('rae');
    const first = await decideOn(item, 'approve', { as: 'ana' });
    const again = await decideOn(item, 'approve', { as: 'ana' });
    expect(again).toMatchObject({ outcome: 'awaiting_second' });
    expect(await undoIt(again.decisionId, { as: 'lea' })).toMatchObject({ outcome: 'not_allowed' });
    const id = randomUUID();
    const undone = await undoIt(again.decisionId, { as: 'ana', id });
    expect(undone).toMatchObject({ outcome: 'applied', kind: 'withdrawal', decisionId: again.decisionId });
    expect(await undoIt(again.decisionId, { as: 'ana', id })).toEqual(undone);
    expect(await undoIt(again.decisionId, { as: 'ana' })).toMatchObject({ outcome: 'agreed' });
    expect(await undoIt(first.decisionId, { as: 'ana' })).toMatchObject({ outcome: 'agreed' });
    expect(await stateOf('rae')).toEqual(before);
    expect(await decideOn(item, 'approve', { as: 'ben' })).toMatchObject({ outcome: 'awaiting_second', paid: 0 });
  });

  test('what waited with a first opinion that a second analyst agreed to is theirs to take back', async () => {
    const item = await rae();
    await decideOn(item, 'approve', { as: 'ana' });
    const again = await decideOn(item, 'approve', { as: 'ana' });
    await decideOn(item, 'approve', { as: 'ben' });
    expect(await undoIt(again.decisionId, { as: 'ana' })).toMatchObject({
      outcome: 'not_allowed',
      message: expect.stringContaining('A second analyst decided the same'),
      status: 'approved',
    });
  });

  test('an escalation ends it, and so does a decision when no second is needed any more', async () => {
    const item = await rae();
    await decideOn(item, 'approve', { as: 'ana' });
    const escalated = await decideOn(item, 'escalate', { as: 'ben' });
    expect(escalated).toMatchObject({ outcome: 'applied', status: 'escalated' });
    expect(await held()).toEqual(['held fraud_high']);
    expect(await undoIt(escalated.decisionId, { as: 'ben' })).toMatchObject({ outcome: 'applied', status: 'pending' });
    await decideOn(item, 'approve', { as: 'ana', at: minutes(2) });
    await settings('second_review_above = NULL');
    expect(await decideOn(item, 'reject', { as: 'ana', at: minutes(3) })).toMatchObject({
      outcome: 'applied',
      rejected: 65,
    });
    const { rows } = await db.pool.query('SELECT proposal FROM umpire.decisions WHERE proposal IS NOT NULL');
    expect(rows).toEqual([{ proposal: 'superseded' }, { proposal: 'superseded' }]);
  });

  test('leaves the same marks in the rows, whatever it says', async () => {
    await tell(db.pool, bring(bring(rob(), 'rae', 5), 'ron', 6).events, minutes(-60));
    await settings('second_review_above = 0');
    const marks = async (decision: Decision) => {
      const { decisionId } = await decideOn(await itemOf('rae'), decision, { as: 'ana' });
      const { rows } = await db.pool.query(
        `WITH last AS (SELECT tx::text FROM umpire.decisions WHERE decision_id = $1)
         SELECT 'bonus' AS of, b.relationship_id::text || b.event_type || b.user_id AS which FROM referrals.bonus_events AS b, last WHERE b.xmax::text = last.tx OR b.xmin::text = last.tx
         UNION ALL SELECT 'fingerprint', f.id::text FROM referrals.fingerprints AS f, last WHERE f.xmax::text = last.tx OR f.xmin::text = last.tx
         UNION ALL SELECT 'referral', r.relationship_id::text FROM umpire.referrals AS r, last WHERE r.xmax::text = last.tx OR r.xmin::text = last.tx
         ORDER BY 1, 2`,
        [decisionId],
      );
      await undoIt(decisionId, { as: 'ana' });
      return rows;
    };
    const approved = await marks('approve');
    expect(approved.length).toBeGreaterThan(3);
    expect(await marks('reject')).toEqual(approved);
  });

  test('somebody else’s is answered, whatever the settings say by then', async () => {
    const item = await rae();
    await decideOn(item, 'approve', { as: 'ana' });
    await settings('second_review_above = NULL');
    // Asked before that, it would say which items have a first opinion.
    expect((await readCase(db.pool, item, minutes(1), 'UTC'))?.secondReview).toBe('none');
    expect(await decideOn(item, 'reject', { as: 'ben' })).toMatchObject({ outcome: 'conflict', status: 'escalated' });
    expect(await held()).toEqual(['held fraud_high']);
  });

  test('a version that there is not is refused', async () => {
    const item = await rae();
    expect(await decideOn(item, 'approve', { as: 'ana', version: 7 })).toMatchObject({
      outcome: 'not_allowed',
      message: 'There is no version 7 of this item.',
      version: 1,
    });
  });

  test('a lead who escalated it is not the second pair of eyes', async () => {
    const item = await rae();
    await settings('second_review_above = 0');
    await decideOn(item, 'escalate', { as: 'lea' });
    expect(await decideOn(item, 'approve', { as: 'lea' })).toMatchObject({
      outcome: 'not_allowed',
      message: 'You escalated it yourself: it needs another lead.',
      status: 'escalated',
    });
    await settings('second_review_above = NULL');
    expect(await decideOn(item, 'approve', { as: 'lea' })).toMatchObject({ outcome: 'applied' });
  });

  test('another lead decides what a lead escalated', async () => {
    const item = await rae();
    await settings('second_review_above = 0');
    await decideOn(item, 'escalate', { as: 'lea' });
    expect(await decideOn(item, 'approve', { as: 'olga' })).toMatchObject({ outcome: 'applied' });
  });

  test('a band that rises ends it', async () => {
    const story = bring(rob(), 'rae', 5);
    await settings('second_review_above = 0');
    await tell(db.pool, story.events, minutes(-60));
    const item = await itemOf('rae');
    const { decisionId } = await decideOn(item, 'approve', { as: 'ana', at: minutes(-50) });
    for (const [index, name] of ['rib', 'rub', 'rud', 'ryn'].entries()) {
      story
        .user('2026-02-28T10:00:00Z', name, name, `${name}@${name}.example`)
        .registered(`2026-03-05T11:${10 + index * 10}:00Z`, name, 'ROB', '198.51.100.7');
    }
    await tell(db.pool, story.events, minutes(-40));
    expect(await held()).toEqual(['held fraud_critical']);
    expect(await verify(db.pool)).toEqual([]);
    expect(await undoIt(decisionId, { as: 'ana', at: minutes(-39) })).toMatchObject({ outcome: 'not_allowed' });
    expect(await decideOn(item, 'approve', { as: 'ben', at: minutes(-38) })).toMatchObject({
      outcome: 'awaiting_second',
    });
    expect(await decideOn(item, 'approve', { as: 'ana', at: minutes(-37) })).toMatchObject({ outcome: 'applied' });
  });

  test('a re-run of the engine leaves what waits as it is', async () => {
    await decideOn(await rae(), 'approve', { as: 'ana' });
    const before = await stateOf('rae');
    await markAllDirty(db.pool);
    await score(db.pool, { now: minutes(5) });
    expect(await stateOf('rae')).toEqual(before);
  });

  test('a random sample is chosen by the salt, whatever is at stake', async () => {
    const item = await rae();
    await settings(`second_review_above = NULL, second_review_share = 0.5, second_review_salt = 'pepper'`);
    const { rows } = await db.pool.query<{ share: string }>(
      `SELECT ('x' || substr(md5('pepper:' || $1), 1, 8))::bit(32)::bigint / 4294967296.0 AS share`,
      [item],
    );
    const share = rows[0]?.share ?? '';
    await settings(`second_review_share = ${share}`);
    const { decisionId, outcome } = await decideOn(item, 'approve', { as: 'ana' });
    expect(outcome).toBe('applied');
    await undoIt(decisionId, { as: 'ana' });
    await settings(`second_review_share = ${share} + 0.000001`);
    expect(await decideOn(item, 'approve', { as: 'ana' })).toMatchObject({ outcome: 'awaiting_second' });
  });

  test('whoever is to be the second reads nothing of the first', async () => {
    const item = await rae();
    const before = await readCase(db.pool, item, minutes(5), 'UTC');
    expect(before?.secondReview).toBe('needed');
    await decideOn(item, 'approve', { as: 'ana', note: 'a family' });
    // `ana` is somebody else than the login that reads.
    const file = await readCase(db.pool, item, minutes(5), 'UTC');
    expect(file).toEqual(before);
    expect(JSON.stringify(file)).not.toMatch(/second_review|a family|ana/);
  });

  test('one’s own is shown, to be withdrawn', async () => {
    const item = await rae();
    const [made] = await decide(
      db.pool,
      [{ decisionId: randomUUID(), itemId: item, decision: 'reject', reason: 'account_farm' }],
      { now: START_CLOCK },
    );
    const file = await readCase(db.pool, item, minutes(5), 'UTC');
    expect(file?.secondReview).toBe('mine');
    expect(file?.decisions).toMatchObject([
      { decisionId: made?.decisionId, undo: 'withdrawal', isUndone: false, decision: 'reject' },
    ]);
    expect(file?.timeline.at(-1)?.text).toMatch(/^Rejected by .* \(account_farm\): waits for a second analyst$/);
  });
});

test('a case tells which decisions were taken back, by whom, and which may be', async () => {
  const item = await rae();
  const wrong = await decideOn(item, 'approve', { as: 'ana' });
  await undoIt(wrong.decisionId, { as: 'lea', note: 'not a family' });
  const right = await decideOn(item, 'reject', { as: 'ben', at: minutes(2) });
  const file = await readCase(db.pool, item, minutes(5), 'UTC');
  expect(
    file?.decisions.map(({ decisionId, isUndone, undo: kind, by }) => ({ decisionId, isUndone, kind, by })),
  ).toEqual([
    { decisionId: wrong.decisionId, isUndone: true, kind: null, by: 'ana' },
    { decisionId: right.decisionId, isUndone: false, kind: 'reversal', by: 'ben' },
  ]);
  expect(file?.timeline.filter(({ kind }) => kind === 'decision').map(({ text }) => text)).toEqual([
    'Approved by ana (household)',
    'Approved by ana, taken back by lea: not a family',
    'Rejected by ben (account_farm)',
  ]);
});

test('what was known is kept with the decision, whatever is found later', async () => {
  const item = await rae();
  const { decisionId } = await decideOn(item, 'approve', { as: 'ana' });
  const { rows } = await db.pool.query<{ signals: { signal: string; points: number }[]; points: number }>(
    `SELECT k.signals, d.score AS points FROM umpire.decisions AS d JOIN umpire.known_evidence AS k ON k.digest = d.evidence_digest WHERE d.decision_id = $1`,
    [decisionId],
  );
  expect(rows[0]?.signals.map(({ signal }) => signal)).toEqual(['same_device', 'same_ip']);
  expect(rows[0]?.signals.reduce((sum, { points }) => sum + points, 0)).toBe(rows[0]?.points);
});

/** The events, with this referee's registration from his referrer's home. */
function fromHome(events: readonly StoryEvent[], referee: string): StoryEvent[] {
  return events.map((event) => (event['refereeId'] === referee ? { ...event, ip: HOME, device: DEVICE } : event));
}
