import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Notice } from '../../core/contract/notices.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import { type Decision, TAKEN_BACK_SINCE } from '../../core/domain/decision.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { eraseUser } from '../../core/programme/erase.ts';
import { verify } from '../../core/programme/verify.ts';
import { claimItem } from '../../core/review/claims.ts';
import { decide } from '../../core/review/decide.ts';
import { changeSettings } from '../../core/review/settings.ts';
import { undo } from '../../core/review/undo.ts';
import { againOn, decideAgain } from '../support/deciding-again.ts';
import type { TestHost } from '../support/host.ts';
import { conflictOf, decideIn, NOW, REASONS, type OfflineDay, offlineDay } from '../support/offline-day.ts';
import { tell } from '../support/story.ts';
import { until } from '../support/until.ts';

let day: OfflineDay;
beforeEach(async () => {
  day = await offlineDay();
});
afterEach(() => day.end());

test('a decision that met another one is seen beside it, and kept or handed to a lead, who settles it', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const [rae, rex] = [await day.itemOf('rae'), await day.itemOf('rex')];
  await day.goOffline(mira);
  const [onRae, onRex] = [await decideIn(mira, rae, 'reject'), await decideIn(mira, rex, 'reject')];
  const theirs = await day.noorDecides(rae, 'approve');
  await day.noorDecides(rex, 'approve');
  await day.comeBack(mira);
  expect(await mira.delivered(onRae)).toMatchObject({ state: 'conflict', message: expect.any(String) });
  expect(await mira.delivered(onRex)).toMatchObject({ state: 'conflict' });
  // What a person has to settle is nowhere else.
  expect(await mira.ask('sync.settings', {})).toMatchObject({ undelivered: 0, unsettled: 2 });
  expect(await mira.call('sync.wipe', { evenUndelivered: false })).toMatchObject({
    error: { code: 'refused', message: expect.stringMatching(/^2 decisions .*nobody has settled/) },
  });
  expect(await mira.ask('sync.status', {})).toMatchObject({ troubled: 2, waiting: 0 });
  expect(await conflictOf(mira, onRae)).toMatchObject({
    row: { id: onRae, decision: 'reject', resolution: null },
    seen: { version: 1, priority: 'high' },
    now: { status: 'approved' },
    theirs: { decisionId: theirs, by: day.team.name('noor'), decision: 'approve', reason: 'household' },
    changes: [],
    may: { redecide: false, handToLead: true, retry: false },
    why: 'It was decided meanwhile: taking that back takes a lead.',
  });
  const again = { id: onRae, decisionId: randomUUID(), decision: 'reject', reason: 'account_farm' } as const;
  await expect(decideAgain(mira, again)).rejects.toThrow('It was decided meanwhile: taking that back takes a lead.');
  expect(await mira.ask('sync.resolve', { how: 'kept', id: onRex })).toMatchObject({ id: onRex, resolution: 'kept' });

  const objectionId = randomUUID();
  const handed = { how: 'handed_to_lead', id: onRae, objectionId, note: 'One flat, one person.' } as const;
  expect(await mira.ask('sync.resolve', handed)).toMatchObject({ id: onRae, resolution: 'handed_to_lead' });
  expect(await mira.delivered(objectionId)).toMatchObject({ kind: 'object', state: 'applied' });
  expect(await mira.ask('sync.status', {})).toMatchObject({ troubled: 0, waiting: 0 });
  expect(await mira.call('sync.objections', {})).toMatchObject({ ok: false, error: { code: 'refused' } });
  // Theirs stands until the lead settles it.
  expect(await day.statusOf(rae)).toBe('approved');

  const lena = await day.windowOfLead();
  expect(await lena.ask('sync.objections', {})).toMatchObject([
    {
      objectionId,
      itemId: rae,
      by: day.team.name('mira'),
      decision: 'reject',
      note: 'One flat, one person.',
      status: 'approved',
    },
  ]);
  // Of what is closed only the server has the evidence, which a busy one gives later.
  const closed = await until(async () => {
    const found = await lena.ask('case.get', { itemId: rae });
    return found?.state === 'whole' ? found : null;
  });
  expect(closed).toMatchObject({ file: { decisions: [{ decisionId: theirs, undo: 'reversal' }] } });
  const undoId = randomUUID();
  await lena.ask('case.undo', { undoId, decisionId: theirs });
  expect(await lena.delivered(undoId)).toMatchObject({ state: 'applied' });
  await lena.ask('sync.settle', { objectionId });
  expect(await lena.ask('sync.objections', {})).toEqual([]);
  expect(await lena.call('sync.settle', { objectionId })).toMatchObject({ error: { code: 'refused' } });
  expect(await verify(day.db.pool)).toEqual([]);
});

test('what somebody escalated meanwhile is a conflict, which the lead is told of; what is known to be with a lead is not decided', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const [rae, rex] = [await day.itemOf('rae'), await day.itemOf('rex')];
  await day.goOffline(mira);
  const mine = await decideIn(mira, rae, 'reject');
  const theirs = await day.noorDecides(rae, 'escalate');
  await day.noorDecides(rex, 'escalate');
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({ state: 'conflict' });
  const view = await until(async () => {
    const found = await mira.ask('sync.conflict', { id: mine });
    return found?.theirs === null ? null : found;
  });
  expect(view).toMatchObject({
    now: { status: 'escalated' },
    theirs: { decisionId: theirs, by: day.team.name('noor'), decision: 'escalate' },
    may: { redecide: false, handToLead: true, retry: false },
    why: 'It is with a lead, who decides it now.',
  });
  const objectionId = randomUUID();
  await mira.ask('sync.resolve', { how: 'handed_to_lead', id: mine, objectionId });
  expect(await mira.delivered(objectionId)).toMatchObject({ kind: 'object', state: 'applied' });
  expect(await day.statusOf(rae)).toBe('escalated');

  const call = {
    decisionId: randomUUID(),
    itemId: rex,
    expectedVersion: 2,
    decision: 'reject',
    reason: 'account_farm',
  };
  expect(await mira.call('case.decide', call as never)).toMatchObject({
    error: { code: 'refused', message: 'This case is with a lead, who decides it now.' },
  });
  // The call that was made before it was known has its row still.
  const same = {
    decisionId: mine,
    itemId: rae,
    expectedVersion: 1,
    decision: 'reject',
    reason: 'account_farm',
  } as const;
  expect(await mira.ask('case.decide', same)).toMatchObject({ id: mine, state: 'conflict' });
});

test.each([
  { what: 'the database is migrated', meanwhile: migrated },
  { what: 'the account is disabled and enabled again', meanwhile: offAndOn },
  { what: 'the referral that was scored last is deleted, which had no case', meanwhile: lastScoredGone },
])('where $what, what was decided off-line is of what was looked at then', async ({ meanwhile }) => {
  // A clean referral, scored last.
  day.bring('zoe', '2026-03-09T11:00:00Z', '198.51.100.77');
  await tell(day.db.pool, day.story.events, NOW);
  const mira = await day.windowOf('mira', 'analyst');
  const [rae, rex] = [await day.itemOf('rae'), await day.itemOf('rex')];
  await day.goOffline(mira);
  const [onRae, onRex] = [await decideIn(mira, rae, 'approve'), await decideIn(mira, rex, 'approve')];
  await day.noorDecides(rae, 'escalate');
  await day.db.pool.query(
    'UPDATE umpire.items SET version = version + 1, tx = pg_current_xact_id() WHERE item_id = $1',
    [rex],
  );
  await meanwhile(mira);
  expect(await mira.delivered(onRae)).toMatchObject({ state: 'conflict' });
  expect(await conflictOf(mira, onRae)).toMatchObject({
    theirs: { decision: 'escalate' },
    may: { handToLead: true },
  });
  expect(await mira.delivered(onRex)).toMatchObject({
    state: 'applied',
    message: expect.stringMatching(/^Its evidence changed within the band/),
  });
});

async function migrated(mira: TestHost): Promise<void> {
  await day.db.pool.query('UPDATE umpire.workspace SET epoch = gen_random_uuid()');
  await day.comeBack(mira);
}

async function offAndOn(mira: TestHost): Promise<void> {
  await day.db.pool.query(`ALTER ROLE "${day.team.name('mira')}" NOLOGIN`);
  await day.comeBack(mira);
  await mira.next((notice) => notice.kind === 'workspace' && notice.status.state === 'failed');
  await day.db.pool.query(`ALTER ROLE "${day.team.name('mira')}" LOGIN`);
  await mira.ask('workspace.retry', {});
  await mira.next((notice) => notice.kind === 'workspace' && notice.status.state === 'ready');
}

async function lastScoredGone(mira: TestHost): Promise<void> {
  const { rows } = await day.db.pool.query(
    `SELECT r.referee_id, EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.relationship_id = s.relationship_id) AS "hasCase"
     FROM umpire.scores AS s JOIN referrals.relationships AS r ON r.id = s.relationship_id ORDER BY s.tx DESC LIMIT 1`,
  );
  expect(rows).toEqual([{ referee_id: 'zoe', hasCase: false }]);
  await day.db.pool.query(`DELETE FROM referrals.relationships WHERE referee_id = 'zoe'`);
  await day.comeBack(mira);
}

test('an erased person is in no cache after the next pull, closed cases and outbox included', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const [rae, rex, ria] = [await day.itemOf('rae'), await day.itemOf('rex'), await day.itemOf('ria')];
  const decisionId = await decideIn(mira, rae, 'reject');
  await mira.delivered(decisionId);
  const nameOf = async (itemId: string): Promise<string | null> => {
    const opened = await mira.ask('case.get', { itemId });
    return opened?.state === 'whole' ? opened.file.referee.name : null;
  };
  // Neighbours are in the graphs of each other's cases.
  const drawnWith = async (itemId: string): Promise<string[]> => {
    const opened = await mira.ask('case.get', { itemId });
    return opened?.state === 'whole' ? opened.file.graph.nodes.map(({ label }) => label) : [];
  };
  expect(await nameOf(ria)).toBe('ria');
  expect(await drawnWith(rex)).toContain('ria');
  for (const user of ['rae', 'ria']) await eraseUser(day.db.pool, user, { now: new Date() });
  await mira.ask('sync.now', {});
  // Of both: a pull may come between the two.
  await until(async () => {
    const sent = await mira.ask('sync.outbox', { offset: 0, limit: 9 });
    const open = await mira.ask('queue.page', { filter: queueFilter.parse({}), offset: 0, limit: 9 });
    const named = [...sent.rows, ...open.rows].filter(({ itemId }) => itemId === rae || itemId === ria);
    return named.every(({ refereeName }) => refereeName === 'Erased user') ? true : null;
  });
  await day.goOffline(mira);
  expect(['Erased user', null]).toContain(await nameOf(rae));
  expect(['Erased user', null]).toContain(await nameOf(ria));
  expect(await drawnWith(rex)).not.toContain('ria');
});

test('one’s own decision from elsewhere is what stands, and is taken back to decide again while its time lasts', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const [rae, rex] = [await day.itemOf('rae'), await day.itemOf('rex')];
  await day.goOffline(mira);
  const [onRae, onRex] = [await decideIn(mira, rae, 'approve'), await decideIn(mira, rex, 'approve')];
  const standing = new Map<string, string>();
  // The time to undo the one is over.
  for (const [itemId, minutesAgo] of [
    [rae, 0],
    [rex, 60],
  ] as const) {
    const decisionId = randomUUID();
    standing.set(itemId, decisionId);
    const elsewhere = { onBehalfOf: day.team.name('mira'), now: new Date(Date.now() - minutesAgo * 60_000) };
    const [made] = await decide(
      day.db.pool,
      [{ decisionId, itemId, decision: 'reject', reason: 'account_farm' }],
      elsewhere,
    );
    expect(made).toMatchObject({ outcome: 'applied' });
  }
  await day.comeBack(mira);
  expect(await mira.delivered(onRae)).toMatchObject({ state: 'conflict' });
  expect(await mira.delivered(onRex)).toMatchObject({ state: 'conflict' });
  // Its time is over: a lead is asked, as about anybody's.
  expect(await conflictOf(mira, onRex)).toMatchObject({
    theirs: { decisionId: standing.get(rex), mine: 'elsewhere' },
    may: { redecide: false, handToLead: true },
    why: 'Your own decision stands, and the time to undo it is over: a lead can.',
  });
  expect(await conflictOf(mira, onRae)).toMatchObject({
    now: { status: 'rejected' },
    theirs: { decisionId: standing.get(rae), by: day.team.name('mira'), mine: 'elsewhere', decision: 'reject' },
    may: { redecide: true, handToLead: false },
    why: null,
  });
  const decisionId = randomUUID();
  const again = { id: onRae, decisionId, decision: 'approve', reason: 'household' } as const;
  expect(await decideAgain(mira, again)).toMatchObject({ resolution: 'redecided' });
  expect(await mira.delivered(decisionId)).toMatchObject({ state: 'applied' });
  expect(await day.statusOf(rae)).toBe('approved');
  const objectionId = randomUUID();
  const asked = { how: 'handed_to_lead', id: onRex, objectionId, note: 'I was wrong about the phone' } as const;
  expect(await mira.ask('sync.resolve', asked)).toMatchObject({ resolution: 'handed_to_lead' });
  expect(await mira.delivered(objectionId)).toMatchObject({ state: 'applied' });
  expect(await verify(day.db.pool)).toEqual([]);
});

test('a first opinion that a second analyst agreed to is theirs to take back: no undo of it is shown or sent', async () => {
  await changeSettings(day.db.pool, { second_review_share: 1 }, undefined);
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  const first = await decideIn(mira, rae, 'approve');
  expect(await mira.delivered(first)).toMatchObject({ state: 'awaiting_second' });
  expect(await day.noorDecides(rae, 'approve')).toBeDefined();
  await mira.ask('sync.now', {});
  await until(async () => {
    const { rows } = await mira.ask('sync.outbox', { offset: 0, limit: 5 });
    return rows[0]?.state === 'agreed' && rows[0].message === 'A second analyst decided the same.' ? true : null;
  });
  await day.goOffline(mira);
  expect(await mira.call('case.undo', { undoId: randomUUID(), decisionId: first })).toMatchObject({
    error: { code: 'refused', message: expect.stringContaining('Another decision says the same') },
  });
  expect(await mira.ask('case.get', { itemId: rae })).toMatchObject({ file: { status: 'approved' } });
});

test('a decision that waits with one’s own of another computer is taken back as that one: nothing takes effect on it', async () => {
  await changeSettings(day.db.pool, { second_review_share: 1 }, undefined);
  const two = await day.windowOf('mira', 'analyst');
  const one = await day.computerOf('mira', { databaseUrl: day.team.url('mira') });
  const rae = await day.itemOf('rae');
  await day.goOffline(two);
  const again = await decideIn(two, rae, 'approve');
  const first = await decideIn(one, rae, 'approve');
  expect(await one.delivered(first)).toMatchObject({ state: 'awaiting_second' });
  await day.comeBack(two);
  expect(await two.delivered(again)).toMatchObject({ state: 'awaiting_second' });
  const undoId = randomUUID();
  await two.ask('case.undo', { undoId, decisionId: again });
  expect(await two.delivered(undoId)).toMatchObject({ state: 'applied' });
  expect((await two.ask('sync.outbox', { offset: 0, limit: 9 })).rows.map(({ id, state }) => ({ id, state }))).toEqual(
    expect.arrayContaining([
      { id: again, state: 'withdrawn' },
      { id: undoId, state: 'applied' },
    ]),
  );
  // The other computer is told what became of its own.
  await one.ask('sync.now', {});
  await until(async () => {
    const { rows } = await one.ask('sync.outbox', { offset: 0, limit: 9 });
    return rows.some(({ id, state }) => id === first && state === 'returned') ? true : null;
  });
  const [second] = await decide(day.noor, [
    { decisionId: randomUUID(), itemId: rae, decision: 'approve', reason: REASONS.approve },
  ]);
  expect(second).toMatchObject({ outcome: 'awaiting_second', paid: 0 });
  expect(await verify(day.db.pool)).toEqual([]);
});

test('what a lead took back meanwhile comes back to be looked at, and is decided again on that', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const lea = await day.team.login('lea', 'lead');
  const rae = await day.itemOf('rae');
  await day.goOffline(mira);
  const mine = await decideIn(mira, rae, 'reject');
  const theirs = await day.noorDecides(rae, 'reject');
  await undo(lea, [{ undoId: randomUUID(), decisionId: theirs, note: 'They are a family: do not reject.' }]);
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({
    state: 'returned',
    message: TAKEN_BACK_SINCE,
  });
  expect(await day.statusOf(rae)).toBe('pending');
  await until(async () => ((await mira.ask('sync.conflict', { id: mine }))?.now?.version === 3 ? true : null));
  // Who decided, who took it back and why is what she is to look at.
  const view = await until(async () => {
    const found = await mira.ask('sync.conflict', { id: mine });
    return found?.takenBack === null ? null : found;
  });
  expect(view).toMatchObject({
    now: { status: 'pending' },
    isBehind: false,
    theirs: null,
    takenBack: {
      decisionId: theirs,
      by: day.team.name('noor'),
      mine: null,
      decision: 'reject',
      reason: 'account_farm',
      undone: { by: day.team.name('lea'), at: expect.any(String), note: 'They are a family: do not reject.' },
    },
    changes: [],
    may: { redecide: true },
    takesBackFirst: false,
    why: null,
  });
  const decisionId = randomUUID();
  await decideAgain(mira, { id: mine, decisionId, decision: 'approve', reason: 'household' });
  expect(await mira.delivered(decisionId)).toMatchObject({ state: 'applied' });
});

test('of two who agreed what was taken back is told as one decision, and no first opinion, nor one that was withdrawn', async () => {
  await changeSettings(day.db.pool, { second_review_share: 1 }, undefined);
  const mira = await day.windowOf('mira', 'analyst');
  const [nora, lea] = [await day.team.login('nora'), await day.team.login('lea', 'lead')];
  const rae = await day.itemOf('rae');
  await day.goOffline(mira);
  const mine = await decideIn(mira, rae, 'reject');
  const decideAs = async (pool: Pool, decision: Decision): Promise<string> => {
    const decisionId = randomUUID();
    await decide(pool, [{ decisionId, itemId: rae, decision, reason: REASONS[decision] }]);
    return decisionId;
  };
  await decideAs(day.noor, 'approve');
  const second = await decideAs(nora, 'approve');
  await undo(lea, [{ undoId: randomUUID(), decisionId: second, note: 'Not yet.' }]);
  const opinion = await decideAs(day.noor, 'reject');
  const [back] = await undo(day.noor, [{ undoId: randomUUID(), decisionId: opinion, note: 'I am not sure.' }]);
  expect(back).toMatchObject({ outcome: 'applied', kind: 'withdrawal' });
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({ state: 'returned' });
  const view = await until(async () => {
    const found = await mira.ask('sync.conflict', { id: mine });
    return found === null || found.takenBack === null ? null : found;
  });
  expect(view).toMatchObject({
    theirs: null,
    takenBack: {
      decisionId: second,
      by: day.team.name('nora'),
      undone: { by: day.team.name('lea'), note: 'Not yet.' },
    },
  });
  expect(JSON.stringify(view)).not.toMatch(new RegExp(`${day.team.name('noor')}|not sure`));
});

test('a refusal that the server keeps is decided again, and not sent again in vain', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  await day.goOffline(mira);
  const mine = await decideIn(mira, rae, 'reject');
  await day.db.pool.query(`UPDATE umpire.reason_codes SET is_active = false WHERE code = 'account_farm'`);
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({ state: 'rejected' });
  expect(await conflictOf(mira, mine)).toMatchObject({
    now: { status: 'pending' },
    may: { redecide: true, retry: false },
  });
});

test('of an item that is gone only the end is left: it is neither decided again nor sent again', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  await day.goOffline(mira);
  const mine = await decideIn(mira, rae, 'approve');
  await day.db.pool.query('DELETE FROM umpire.items WHERE item_id = $1', [rae]);
  await day.db.pool.query('DELETE FROM referrals.review_queue WHERE id = $1', [rae]);
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({ state: 'rejected' });
  const view = await until(async () => {
    const found = await mira.ask('sync.conflict', { id: mine });
    return found?.now === null ? found : null;
  });
  expect(view).toMatchObject({
    theirs: null,
    changes: [],
    may: { redecide: false, handToLead: false, retry: false },
    why: 'The item is no longer in the queue.',
  });
  expect(await mira.ask('case.get', { itemId: rae })).toBeNull();
  expect(await mira.ask('sync.resolve', { how: 'kept', id: mine })).toMatchObject({ resolution: 'kept' });
});

test('what was taken back since is handed to nobody: it is open, and is decided again', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  await day.goOffline(mira);
  const mine = await decideIn(mira, rae, 'reject');
  const theirs = await day.noorDecides(rae, 'approve');
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({ state: 'conflict' });
  expect(await conflictOf(mira, mine)).toMatchObject({ may: { handToLead: true } });
  await undo(day.noor, [{ undoId: randomUUID(), decisionId: theirs }]);
  // The evidence comes behind the row.
  const view = await until(async () => {
    const found = await mira.ask('sync.conflict', { id: mine });
    return found?.now?.status === 'pending' && found.theirs === null ? found : null;
  });
  expect(view).toMatchObject({ may: { redecide: true, handToLead: false } });
});

test('what no lead took is not settled by it: handed over off-line after theirs was taken back, it is decided again', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  await day.goOffline(mira);
  const mine = await decideIn(mira, rae, 'reject');
  const theirs = await day.noorDecides(rae, 'approve');
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({ state: 'conflict' });
  expect((await conflictOf(mira, mine)).may).toMatchObject({ handToLead: true });
  await day.goOffline(mira);
  const objectionId = randomUUID();
  await mira.ask('sync.resolve', { how: 'handed_to_lead', id: mine, objectionId });
  await undo(day.noor, [{ undoId: randomUUID(), decisionId: theirs }]);
  await day.comeBack(mira);
  expect(await mira.delivered(objectionId)).toMatchObject({
    state: 'rejected',
    message: 'This case is open: decide it instead of handing it to a lead.',
    resolution: 'kept',
  });
  // It needs a person again, and the window is told so.
  const isTold = (notice: Notice): boolean =>
    notice.kind === 'outbox' &&
    isDeepStrictEqual(
      notice.rows.map(({ id }) => id),
      [objectionId, mine],
    );
  expect(await mira.next(isTold)).toMatchObject({ rows: [{}, { state: 'conflict', resolution: null }] });
  expect(await mira.ask('sync.status', {})).toMatchObject({ troubled: 1 });
  const again = randomUUID();
  await until(async () => ((await mira.ask('sync.conflict', { id: mine }))?.may.redecide === true ? true : null));
  await decideAgain(mira, { id: mine, decisionId: again, decision: 'reject', reason: 'account_farm' });
  expect(await mira.delivered(again)).toMatchObject({ state: 'applied' });
  expect(await mira.ask('sync.status', {})).toMatchObject({ troubled: 0 });
});

test('an undo off-line opens the case, which is decided anew there: the server has both, in their order', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  const first = await decideIn(mira, rae, 'reject');
  expect(await mira.delivered(first)).toMatchObject({ state: 'applied' });
  await until(async () => {
    const found = await mira.ask('case.get', { itemId: rae });
    return found?.state === 'whole' && found.file.decisions.length === 1 && !found.isStale ? true : null;
  });
  await day.goOffline(mira);
  const undoId = randomUUID();
  expect(await mira.ask('case.undo', { undoId, decisionId: first })).toMatchObject({ kind: 'undo', state: 'queued' });
  expect(await mira.ask('case.get', { itemId: rae })).toMatchObject({
    file: { status: 'pending', decisions: [{ decisionId: first, itemId: rae, isUndone: true, undo: null }] },
    readAt: expect.any(String),
    undelivered: null,
  });
  const second = await decideIn(mira, rae, 'approve');
  expect(await mira.ask('case.get', { itemId: rae })).toMatchObject({
    file: { status: 'approved' },
    undelivered: second,
  });
  await day.comeBack(mira);
  expect(await mira.delivered(second)).toMatchObject({ state: 'applied' });
  expect(await mira.delivered(undoId)).toMatchObject({ state: 'applied' });
  expect(await day.statusOf(rae)).toBe('approved');
  expect(await verify(day.db.pool)).toEqual([]);
});

test('one’s own escalation that is taken back off-line is open there: it is decided anew, and the server has both', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  const first = await decideIn(mira, rae, 'escalate');
  expect(await mira.delivered(first)).toMatchObject({ state: 'applied' });
  await until(async () => {
    const found = await mira.ask('case.get', { itemId: rae });
    return found?.state === 'whole' && found.file.status === 'escalated' && !found.isStale ? true : null;
  });
  await day.goOffline(mira);
  await mira.ask('case.undo', { undoId: randomUUID(), decisionId: first });
  expect(await mira.ask('case.get', { itemId: rae })).toMatchObject({ file: { status: 'pending' } });
  const second = await decideIn(mira, rae, 'approve');
  await day.comeBack(mira);
  expect(await mira.delivered(second)).toMatchObject({ state: 'applied' });
  expect(await day.statusOf(rae)).toBe('approved');
});

test('a lead decides again on what somebody closed: theirs is taken back first, in one step and once', async () => {
  const lena = await day.windowOf('lena', 'lead');
  const rae = await day.itemOf('rae');
  await day.goOffline(lena);
  const mine = await decideIn(lena, rae, 'reject');
  await day.noorDecides(rae, 'approve');
  await day.comeBack(lena);
  expect(await lena.delivered(mine)).toMatchObject({ state: 'conflict' });
  expect(await conflictOf(lena, mine)).toMatchObject({
    may: { redecide: true, handToLead: false },
    takesBackFirst: true,
    why: null,
  });
  const decisionId = randomUUID();
  const again = { id: mine, decisionId, decision: 'reject', reason: 'account_farm' } as const;
  expect(await decideAgain(lena, again)).toMatchObject({ id: mine, resolution: 'redecided' });
  // A window that did not hear the answer asks again.
  expect(await decideAgain(lena, again)).toMatchObject({ id: mine, resolution: 'redecided' });
  expect(await lena.delivered(decisionId)).toMatchObject({ state: 'applied' });
  expect(await day.statusOf(rae)).toBe('rejected');
  const { rows } = await day.db.pool.query(
    `SELECT decision, actor FROM umpire.decisions WHERE item_id = $1 AND outcome ->> 'outcome' = 'applied' ORDER BY decided_at, (outcome ->> 'version')::int`,
    [rae],
  );
  expect(rows).toEqual([
    { decision: 'approve', actor: day.team.name('noor') },
    { decision: 'undo', actor: day.team.name('lena') },
    { decision: 'reject', actor: day.team.name('lena') },
  ]);
  expect(await verify(day.db.pool)).toEqual([]);
});

test('a lead’s own escalation of a case that needs two is taken back first, and the decision waits for a second', async () => {
  await changeSettings(day.db.pool, { second_review_share: 1 }, undefined);
  const lena = await day.windowOf('lena', 'lead');
  const rae = await day.itemOf('rae');
  const escalation = await decideIn(lena, rae, 'escalate');
  expect(await lena.delivered(escalation)).toMatchObject({ state: 'applied' });
  const mine = randomUUID();
  const call = { decisionId: mine, itemId: rae, expectedVersion: 2, decision: 'approve', reason: 'household' } as const;
  await lena.ask('case.decide', call);
  expect(await lena.delivered(mine)).toMatchObject({ state: 'rejected' });
  expect(await conflictOf(lena, mine)).toMatchObject({
    theirs: { decisionId: escalation, mine: 'here' },
    may: { redecide: true },
    takesBackFirst: true,
  });
  const decisionId = randomUUID();
  await decideAgain(lena, { id: mine, decisionId, decision: 'approve', reason: 'household' });
  expect(await lena.delivered(decisionId)).toMatchObject({ state: 'awaiting_second' });
  expect(await day.statusOf(rae)).toBe('pending');
  expect(await day.noorDecides(rae, 'approve')).toBeDefined();
  expect(await verify(day.db.pool)).toEqual([]);
});

test('what somebody escalated a lead decides as it is: nothing is taken back for it', async () => {
  const lena = await day.windowOf('lena', 'lead');
  const rae = await day.itemOf('rae');
  await day.goOffline(lena);
  const mine = await decideIn(lena, rae, 'approve');
  await day.riseBand();
  const escalation = await day.noorDecides(rae, 'escalate');
  await day.comeBack(lena);
  expect(await lena.delivered(mine)).toMatchObject({ state: 'returned' });
  const view = await until(async () => {
    const found = await lena.ask('sync.conflict', { id: mine });
    return found?.theirs === null ? null : found;
  });
  expect(view).toMatchObject({
    now: { status: 'escalated' },
    theirs: { decisionId: escalation },
    takenBack: null,
    may: { redecide: true },
    takesBackFirst: false,
  });
  const decisionId = randomUUID();
  await decideAgain(lena, { id: mine, decisionId, decision: 'reject', reason: 'account_farm' });
  expect(await lena.delivered(decisionId)).toMatchObject({ state: 'applied' });
  expect((await lena.ask('sync.outbox', { offset: 0, limit: 9 })).rows.map(({ kind }) => kind)).toEqual([
    'decide',
    'decide',
  ]);
});

test('a decision on what rose meanwhile comes back with what changed, and is made again on that', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  await day.goOffline(mira);
  const mine = await decideIn(mira, rae, 'approve');
  // Five within the hour: the band rises.
  await day.riseBand();
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({ state: 'returned' });
  const view = await until(async () => {
    const found = await mira.ask('sync.conflict', { id: mine });
    return found?.now?.priority === 'critical' ? found : null;
  });
  expect(view).toMatchObject({
    seen: { priority: 'high' },
    now: { status: 'pending', priority: 'critical' },
    theirs: null,
    takenBack: null,
    may: { redecide: true, handToLead: false, retry: false },
  });
  expect(view.changes).toContain('Band rose from high to critical.');
  expect(view.changes.join(' ')).toMatch(/New signal/);
  const decisionId = randomUUID();
  await decideAgain(mira, { id: mine, decisionId, decision: 'reject', reason: 'account_farm' });
  expect(await mira.delivered(decisionId)).toMatchObject({ state: 'applied' });
  expect(await conflictOf(mira, mine)).toMatchObject({
    row: { resolution: 'redecided' },
    why: 'It is settled.',
  });
  expect(await mira.ask('sync.conflict', { id: randomUUID() })).toBeNull();
  expect(await day.statusOf(rae)).toBe('rejected');
});

test('what was decided and taken back before it was looked at is not why a band that rose is looked at again', async () => {
  const rae = await day.itemOf('rae');
  const before = await day.noorDecides(rae, 'reject');
  await undo(day.noor, [{ undoId: randomUUID(), decisionId: before }]);
  const mira = await day.windowOf('mira', 'analyst');
  await day.goOffline(mira);
  const decisionId = randomUUID();
  const call = { decisionId, itemId: rae, expectedVersion: 3, decision: 'approve', reason: REASONS.approve } as const;
  await mira.ask('case.decide', call);
  await day.riseBand();
  await day.comeBack(mira);
  expect(await mira.delivered(decisionId)).toMatchObject({ state: 'returned' });
  const view = await until(async () => {
    const found = await mira.ask('sync.conflict', { id: decisionId });
    return found?.now?.priority === 'critical' ? found : null;
  });
  expect(view).toMatchObject({
    theirs: null,
    takenBack: null,
    changes: expect.arrayContaining(['Band rose from high to critical.']),
  });
});

test('what was looked at is told as it was, where the queue knew more than the evidence on the screen', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  // The rows come first. The evidence behind them waits on a busy server, and then the line is cut.
  const blocker = await day.db.pool.connect();
  try {
    await day.riseBand();
    await blocker.query('BEGIN; LOCK TABLE referrals.user_fingerprints IN ACCESS EXCLUSIVE MODE');
    await until(async () => {
      const { rows } = await mira.ask('queue.page', { filter: queueFilter.parse({}), offset: 0, limit: 9 });
      return rows.some(({ itemId, priority }) => itemId === rae && priority === 'critical') ? true : null;
    });
    await day.goOffline(mira);
  } finally {
    await blocker.query('ROLLBACK');
    blocker.release();
  }
  const shown = await mira.ask('case.get', { itemId: rae });
  if (shown?.state !== 'whole') throw new Error('the case is kept');
  const { version, score, priority } = shown.file;
  expect({ version, priority, isStale: shown.isStale }).toEqual({ version: 1, priority: 'high', isStale: true });
  const mine = randomUUID();
  const call = { decisionId: mine, itemId: rae, expectedVersion: version, decision: 'approve', reason: 'household' };
  await mira.ask('case.decide', call as never);
  await day.comeBack(mira);
  expect(await mira.delivered(mine)).toMatchObject({ state: 'returned', priority: 'high', score });
  const view = await conflictOf(mira, mine);
  expect(view).toMatchObject({ seen: { version: 1, priority: 'high', score }, now: { priority: 'critical' } });
  expect(view.seen?.signals).toEqual(shown.file.signals.map(({ name, points }) => ({ name, points })));
  expect(view.changes).toContain('Band rose from high to critical.');
});

test('what is decided again is what was shown: another version, or another decision that stands, is looked at first', async () => {
  const lena = await day.windowOf('lena', 'lead');
  const rae = await day.itemOf('rae');
  await day.goOffline(lena);
  const mine = await decideIn(lena, rae, 'approve');
  await day.riseBand();
  await day.comeBack(lena);
  expect(await lena.delivered(mine)).toMatchObject({ state: 'returned' });
  const before = await until(async () => {
    const view = await lena.ask('sync.conflict', { id: mine });
    return view?.now?.version === 2 ? view : null;
  });
  expect(before).toMatchObject({ theirs: null, may: { redecide: true } });
  // It stands when the key is pressed, and is not on the screen yet.
  const theirs = await day.noorDecides(rae, 'approve');
  const after = await until(async () => {
    const view = await lena.ask('sync.conflict', { id: mine });
    return view?.now?.version === 3 && view.theirs !== null ? view : null;
  });
  expect(after).toMatchObject({ theirs: { decisionId: theirs }, may: { redecide: true } });
  const again = { id: mine, decisionId: randomUUID(), decision: 'reject', reason: 'account_farm' } as const;
  const lookAgain = { ok: false, error: { code: 'refused', message: 'This has changed: look again.' } };
  for (const shown of [before, { ...after, now: before.now }, { ...after, theirs: null }]) {
    expect(await lena.call('sync.resolve', againOn(shown, again))).toEqual(lookAgain);
  }
  expect(await day.statusOf(rae)).toBe('approved');
  expect(await lena.ask('sync.conflict', { id: mine })).toMatchObject({ row: { resolution: null } });
  // Shown what stands, she takes it back.
  expect(await lena.ask('sync.resolve', againOn(after, again))).toMatchObject({ resolution: 'redecided' });
  expect(await lena.delivered(again.decisionId)).toMatchObject({ state: 'applied' });
  expect(await day.statusOf(rae)).toBe('rejected');
  expect(await verify(day.db.pool)).toEqual([]);
});

test('a bulk session without contact decides what was previewed: neither what came since nor what changed', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  await day.goOffline(mira);
  const choice = { kind: 'filter' as const, filter: queueFilter.parse({}) };
  const start = { sessionId: randomUUID(), choice, decision: 'approve', reason: 'household' } as const;
  expect(await mira.ask('sync.bulkPreview', start)).toMatchObject({ items: 3, willDecide: 3 });
  // Four more within the hour: the band rises behind the preview.
  for (const [nth, name] of ['rib', 'roz', 'rud', 'ryn'].entries()) {
    day.bring(name, `2026-03-01T11:${10 + nth * 10}:00Z`, '192.0.2.1');
  }
  await tell(day.db.pool, day.story.events, NOW);
  await day.comeBack(mira);
  await until(async () => ((await mira.ask('queue.summary', {})).byStatus.pending === 7 ? true : null));
  expect(await mira.ask('sync.bulk', start)).toMatchObject({
    items: 3,
    willDecide: 2,
    skips: [{ why: 'This case changed since the preview.', items: 1 }],
  });
  await until(async () => ((await mira.ask('sync.status', {})).waiting === 0 ? true : null));
  expect(await mira.ask('sync.outbox', { offset: 0, limit: 9 })).toMatchObject({ total: 2, byState: { applied: 2 } });
  expect(await day.statusOf(await day.itemOf('rae'))).toBe('pending');
  expect(await day.statusOf(await day.itemOf('rib'))).toBe('pending');
});

test('a bulk session without contact promises no credits that wait for a second analyst', async () => {
  await changeSettings(day.db.pool, { second_review_share: 1 }, undefined);
  const mira = await day.windowOf('mira', 'analyst');
  const choice = { kind: 'filter' as const, filter: queueFilter.parse({}) };
  const start = { sessionId: randomUUID(), choice, decision: 'approve', reason: 'household' } as const;
  const counts = { items: 3, willDecide: 3, awaitingSecond: 3, paid: 0, rejected: 0, reversed: 0, skips: [] };
  await mira.ask('bulk.start', { ...start, sessionId: start.sessionId.replace(/^./, '0') });
  expect(await mira.ask('bulk.preview', { sessionId: start.sessionId.replace(/^./, '0') })).toMatchObject(counts);
  await day.goOffline(mira);
  expect(await mira.ask('sync.bulkPreview', start)).toEqual(counts);
  expect(await mira.ask('sync.bulk', start)).toEqual(counts);
  const { rows } = await mira.ask('sync.outbox', { offset: 0, limit: 9 });
  expect(rows.map(({ paid }) => paid)).toEqual([0, 0, 0]);
});

test.each([
  ['ahead', 1],
  ['behind', -1],
])(
  'a clock that is a day %s ends no claim and no time to undo, and begins none, on-line and off-line',
  async (_, days) => {
    const clock = (): Date => new Date(Date.now() + days * 86_400_000);
    const mira = await day.windowOf('mira', 'analyst', { clock });
    const [rae, rex, ria] = [await day.itemOf('rae'), await day.itemOf('rex'), await day.itemOf('ria')];
    await claimItem(day.noor, ria, false);
    const shown = async ({ ask }: TestHost): Promise<unknown> => {
      const filter = queueFilter.parse({ unclaimed: true });
      const unclaimed = await ask('queue.page', { filter, offset: 0, limit: 9 });
      const all = await ask('queue.page', { filter: queueFilter.parse({}), offset: 0, limit: 9 });
      const undos = async (itemId: string): Promise<unknown> => {
        const opened = await ask('case.get', { itemId });
        return opened?.state === 'whole' ? opened.file.decisions.map((made) => made.undo) : null;
      };
      const { clockAhead } = await ask('sync.status', {});
      return {
        daysAhead: Math.round(clockAhead / 86_400_000),
        unclaimed: unclaimed.rows.map(({ itemId }) => itemId),
        claims: all.rows.map(({ claimedBy }) => claimedBy),
        undos: [await undos(rae), await undos(rex)],
      };
    };
    for (const [itemId, minutesAgo] of [
      [rae, 0],
      [rex, 60],
    ] as const) {
      const elsewhere = { onBehalfOf: day.team.name('mira'), now: new Date(Date.now() - minutesAgo * 60_000) };
      await decide(
        day.db.pool,
        [{ decisionId: randomUUID(), itemId, decision: 'reject', reason: 'account_farm' }],
        elsewhere,
      );
    }
    await mira.ask('sync.now', {});
    const right = { daysAhead: days, unclaimed: [], claims: [day.team.name('noor')], undos: [['undo'], [null]] };
    await until(async () => (isDeepStrictEqual(await shown(mira), right) ? true : null));
    await mira.host.close();
    day.network.shut();
    const again = await day.hosts.open({
      databaseUrl: day.network.through(day.team.url('mira')),
      home: mira.home,
      clock,
    });
    await again.settled();
    expect(await shown(again)).toEqual(right);
  },
);
