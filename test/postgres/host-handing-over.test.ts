import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MethodResponse } from '../../core/contract/methods.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import type { Objection, OutboxRow } from '../../core/contract/sync.ts';
import { TROUBLED, UNDELIVERED } from '../../core/domain/outbox.ts';
import { decide } from '../../core/review/decide.ts';
import { changeSettings } from '../../core/review/settings.ts';
import { undo } from '../../core/review/undo.ts';
import type { TestHost } from '../support/host.ts';
import { conflictOf, decideIn, type OfflineDay, offlineDay } from '../support/offline-day.ts';
import { until } from '../support/until.ts';

const LATE = 'To be undone: it reached the server after the time to undo.';

let day: OfflineDay;
beforeEach(async () => {
  day = await offlineDay();
});
afterEach(() => day.end());

/** As if it had been decided an hour ago. */
async function anHourPasses(): Promise<void> {
  await day.db.pool.query(`UPDATE umpire.decisions SET decided_at = decided_at - interval '1 hour'`);
}

const rowsOf = async ({ ask }: TestHost): Promise<readonly OutboxRow[]> =>
  (await ask('sync.outbox', { offset: 0, limit: 50 })).rows;

/** The rows when a server has answered them all. */
function answered(window: TestHost): Promise<readonly OutboxRow[]> {
  return until(async () => {
    const rows = await rowsOf(window);
    return rows.some(({ state }) => UNDELIVERED.includes(state)) ? null : rows;
  });
}

async function objections(): Promise<readonly Objection[]> {
  return (await day.windowOfLead()).ask('sync.objections', {});
}

/** Hands it to a lead, and waits until one has it. */
async function hand(window: TestHost, id: string, note?: string): Promise<void> {
  await until(async () => ((await window.ask('sync.conflict', { id }))?.may.handToLead === true ? true : null));
  const objectionId = randomUUID();
  const withNote = note === undefined ? {} : { note };
  expect(await window.ask('sync.resolve', { how: 'handed_to_lead', id, objectionId, ...withNote })).toMatchObject({
    id,
    resolution: 'handed_to_lead',
  });
  expect(await window.delivered(objectionId)).toMatchObject({ kind: 'object', state: 'applied' });
}

/** Decides it, and knows the evidence of then. */
async function decided(mira: TestHost, itemId: string, decision: 'approve' | 'escalate'): Promise<string> {
  const id = await decideIn(mira, itemId, decision);
  await mira.delivered(id);
  await until(async () => {
    const found = await mira.ask('case.get', { itemId });
    return found?.state === 'whole' && found.file.decisions.length === 1 && !found.isStale ? true : null;
  });
  return id;
}

test.each([
  { what: 'nothing', note: undefined, undoNote: undefined, told: LATE },
  {
    what: 'a note each',
    note: 'One flat, two people.',
    undoNote: 'Wrong key.',
    told: `${LATE} One flat, two people. The undo said: Wrong key.`,
  },
])(
  'an undo that came too late is handed to a lead with $what written, who reverses what stands',
  async ({ note, undoNote, told }) => {
    const mira = await day.windowOf('mira', 'analyst');
    const rae = await day.itemOf('rae');
    const first = await decided(mira, rae, 'approve');
    await day.goOffline(mira);
    const undoId = randomUUID();
    await mira.ask('case.undo', { undoId, decisionId: first, ...(undoNote === undefined ? {} : { note: undoNote }) });
    await anHourPasses();
    await day.comeBack(mira);
    expect(await mira.delivered(undoId)).toMatchObject({ state: 'rejected', resolution: null });
    expect(await conflictOf(mira, undoId)).toMatchObject({
      theirs: { decisionId: first, mine: 'here' },
      may: { redecide: false, handToLead: true, retry: false },
      why: 'Taking back what stands takes a lead.',
      alike: { troubled: 1, toHand: 1 },
    });
    await hand(mira, undoId, note);
    expect(await mira.ask('sync.status', {})).toMatchObject({ troubled: 0, waiting: 0 });
    const lena = await day.windowOfLead();
    expect(await lena.ask('sync.objections', {})).toMatchObject([
      {
        itemId: rae,
        by: day.team.name('mira'),
        decision: 'escalate',
        reason: 'needs_lead',
        note: told,
        status: 'approved',
      },
    ]);
    const reversal = randomUUID();
    await until(async () => ((await lena.ask('case.get', { itemId: rae }))?.state === 'whole' ? true : null));
    await lena.ask('case.undo', { undoId: reversal, decisionId: first });
    expect(await lena.delivered(reversal)).toMatchObject({ state: 'applied' });
    expect(await day.statusOf(rae)).toBe('pending');
  },
);

test('a first opinion that was agreed to while its undo was on its way: a lead is asked about what took effect', async () => {
  await changeSettings(day.db.pool, { second_review_share: 1 }, undefined);
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  const first = await decideIn(mira, rae, 'approve');
  expect(await mira.delivered(first)).toMatchObject({ state: 'awaiting_second' });
  await day.goOffline(mira);
  const undoId = randomUUID();
  await mira.ask('case.undo', { undoId, decisionId: first });
  await day.noorDecides(rae, 'approve');
  await day.comeBack(mira);
  const refused = await mira.delivered(undoId);
  expect(refused).toMatchObject({ state: 'rejected', message: expect.stringMatching(/^A second analyst decided/) });
  await hand(mira, undoId);
  expect(await objections()).toMatchObject([
    {
      itemId: rae,
      decision: 'escalate',
      note: `To be undone. The server said: ${refused.message}`,
      status: 'approved',
    },
  ]);
});

test('behind one’s own escalation that was taken back too late, what was decided anew goes to the lead who has it', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  const first = await decided(mira, rae, 'escalate');
  await day.goOffline(mira);
  const undoId = randomUUID();
  await mira.ask('case.undo', { undoId, decisionId: first });
  const second = randomUUID();
  const call = {
    decisionId: second,
    itemId: rae,
    expectedVersion: 2,
    decision: 'reject',
    reason: 'account_farm',
  } as const;
  await mira.ask('case.decide', call);
  await anHourPasses();
  await day.comeBack(mira);
  expect(await mira.delivered(undoId)).toMatchObject({ state: 'rejected' });
  expect(await mira.delivered(second)).toMatchObject({ state: 'rejected', message: 'It is with a lead.' });
  // A lead has the case already: of the undo there is nothing more to hand over.
  expect(await conflictOf(mira, undoId)).toMatchObject({
    now: { status: 'escalated' },
    may: { handToLead: false },
    why: 'It is with a lead, who decides it now.',
  });
  expect(
    await mira.call('sync.resolve', { how: 'handed_to_lead', id: undoId, objectionId: randomUUID() }),
  ).toMatchObject({
    error: { code: 'refused', message: 'This case is with a lead already, who decides it.' },
  });
  expect(await conflictOf(mira, second)).toMatchObject({ may: { redecide: false, handToLead: true } });
  await hand(mira, second, 'I read it again.');
  expect(await objections()).toMatchObject([
    { itemId: rae, decision: 'reject', reason: 'account_farm', note: 'I read it again.', status: 'escalated' },
  ]);
});

test('an undo that meets a newer item of its referral goes to nobody: that item is decided instead', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const rae = await day.itemOf('rae');
  const first = await decided(mira, rae, 'approve');
  await day.goOffline(mira);
  const undoId = randomUUID();
  await mira.ask('case.undo', { undoId, decisionId: first });
  // Five within the hour: the band rises, and what was approved comes back.
  await day.riseBand();
  await day.comeBack(mira);
  expect(await mira.delivered(undoId)).toMatchObject({ state: 'conflict' });
  expect(await conflictOf(mira, undoId)).toMatchObject({
    theirs: { decisionId: first },
    may: { redecide: false, handToLead: false },
    why: 'It is not undone any more: decide the newer item of its referral.',
  });
});

test('what came back to be looked at again, and was decided or escalated before that, is handed over', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const [rae, rex] = [await day.itemOf('rae'), await day.itemOf('rex')];
  await day.goOffline(mira);
  const [onRae, onRex] = [await decideIn(mira, rae, 'reject'), await decideIn(mira, rex, 'reject')];
  for (const itemId of [rae, rex]) {
    const theirs = await day.noorDecides(itemId, 'approve');
    await undo(day.noor, [{ undoId: randomUUID(), decisionId: theirs }]);
  }
  await day.comeBack(mira);
  for (const id of [onRae, onRex]) expect(await mira.delivered(id)).toMatchObject({ state: 'returned' });
  await day.noorDecides(rae, 'approve');
  await day.noorDecides(rex, 'escalate');
  await mira.ask('sync.now', {});
  for (const id of [onRae, onRex]) await hand(mira, id);
  expect(await mira.ask('sync.conflict', { id: onRae })).toMatchObject({ row: { resolution: 'handed_to_lead' } });
  const asked = await objections();
  expect(new Map(asked.map(({ itemId, decision, status }) => [itemId, { decision, status }]))).toEqual(
    new Map([
      [rae, { decision: 'reject', status: 'approved' }],
      [rex, { decision: 'reject', status: 'escalated' }],
    ]),
  );
});

type Start = { readonly sessionId: string; readonly decision: 'approve'; readonly reason: string };
const START: Omit<Start, 'sessionId'> = { decision: 'approve', reason: 'household' };

/** Puts all that is open into the outbox, as one session. */
async function session(mira: TestHost): Promise<string> {
  const start = {
    sessionId: randomUUID(),
    choice: { kind: 'filter' as const, filter: queueFilter.parse({}) },
    ...START,
  };
  await mira.ask('sync.bulkPreview', start);
  expect(await mira.ask('sync.bulk', start)).toMatchObject({ willDecide: 3 });
  return start.sessionId;
}

const takenBack = ({ ask }: TestHost, sessionId: string): Promise<MethodResponse<'sync.withdrawBulk'>> =>
  ask('sync.withdrawBulk', { sessionId });

const troubledUndos = (rows: readonly OutboxRow[]): readonly OutboxRow[] =>
  rows.filter(({ kind, state, resolution }) => kind === 'undo' && TROUBLED.includes(state) && resolution === null);

test.each([
  { when: 'in time off-line, and arrives late,', isOffline: true },
  { when: 'on-line, too late,', isOffline: false },
])('a session that was taken back $when is handed to a lead in one go', async ({ isOffline }) => {
  const mira = await day.windowOf('mira', 'analyst');
  const sessionId = await session(mira);
  await answered(mira);
  if (isOffline) await day.goOffline(mira);
  else await anHourPasses();
  expect(await takenBack(mira, sessionId)).toEqual({ withdrawn: 0, undos: 3 });
  if (isOffline) {
    await anHourPasses();
    await day.comeBack(mira);
  }
  const undos = troubledUndos(await answered(mira));
  expect(undos).toHaveLength(3);
  const id = undos[1]?.id ?? '';
  expect(await conflictOf(mira, id)).toMatchObject({
    may: { handToLead: true },
    alike: { troubled: 3, toHand: 3 },
  });
  const all = { how: 'all_handed_to_lead', id, objectionId: randomUUID(), count: 3 } as const;
  // What came back meanwhile was seen by nobody.
  expect(await mira.call('sync.resolve', { ...all, count: 2 })).toMatchObject({ error: { code: 'refused' } });
  expect(await mira.ask('sync.resolve', all)).toMatchObject({ id, resolution: 'handed_to_lead' });
  // A window that did not hear the answer asks again.
  expect(await mira.ask('sync.resolve', all)).toMatchObject({ id, resolution: 'handed_to_lead' });
  const rows = await answered(mira);
  expect(rows.filter(({ kind }) => kind === 'object').map(({ state }) => state)).toEqual([
    'applied',
    'applied',
    'applied',
  ]);
  expect(await mira.ask('sync.status', {})).toMatchObject({ troubled: 0, waiting: 0 });
  const asked = await objections();
  expect(new Set(asked.map(({ itemId }) => itemId)).size).toBe(3);
  expect(asked.map(({ note }) => note)).toEqual([LATE, LATE, LATE]);
});

test('one of a session that was handed over by itself is not handed over again with the rest, which may be left', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  const sessionId = await session(mira);
  await answered(mira);
  await day.goOffline(mira);
  await takenBack(mira, sessionId);
  await anHourPasses();
  await day.comeBack(mira);
  const [one, two] = troubledUndos(await answered(mira));
  await conflictOf(mira, one?.id ?? '');
  await hand(mira, one?.id ?? '');
  expect(await conflictOf(mira, two?.id ?? '')).toMatchObject({ alike: { troubled: 2, toHand: 2 } });
  await mira.ask('sync.resolve', { how: 'all_kept', id: two?.id ?? '', count: 2 });
  expect(await mira.ask('sync.status', {})).toMatchObject({ troubled: 0, waiting: 0 });
  expect(await objections()).toHaveLength(1);
});

test('a clock that is set a day on without contact leaves nothing out of what is taken back', async () => {
  let jump = 0;
  const mira = await day.windowOf('mira', 'analyst', { clock: () => new Date(Date.now() + jump) });
  const sessionId = await session(mira);
  await answered(mira);
  // The pull after its answer tells when it had its effect.
  const at = Date.now();
  await mira.ask('sync.now', {});
  await until(async () => (Date.parse((await mira.ask('sync.status', {})).pulledAt ?? '') > at ? true : null));
  await day.goOffline(mira);
  jump = 86_400_000;
  expect(await takenBack(mira, sessionId)).toEqual({ withdrawn: 0, undos: 3 });
  await day.comeBack(mira);
  const rows = await answered(mira);
  expect(rows.filter(({ kind }) => kind === 'undo').map(({ state }) => state)).toEqual([
    'applied',
    'applied',
    'applied',
  ]);
});

test('of a session whose answers were lost for an hour the undos come back, and go to a lead together', async () => {
  const mira = await day.windowOf('mira', 'analyst');
  await day.goOffline(mira);
  const sessionId = await session(mira);
  // The push arrived, and only its answer was lost.
  const calls = (await rowsOf(mira)).map(({ id, itemId }) => ({
    decisionId: id,
    itemId,
    expectedVersion: 1,
    ...START,
  }));
  const then = { onBehalfOf: day.team.name('mira'), now: new Date(Date.now() - 3_600_000) };
  expect(await decide(day.db.pool, calls, then)).toMatchObject([{ outcome: 'applied' }, {}, {}]);
  await day.comeBack(mira);
  await answered(mira);
  expect(await takenBack(mira, sessionId)).toEqual({ withdrawn: 0, undos: 3 });
  const [first] = troubledUndos(await answered(mira));
  const id = first?.id ?? '';
  expect(await conflictOf(mira, id)).toMatchObject({ may: { handToLead: true }, alike: { troubled: 3, toHand: 3 } });
  await mira.ask('sync.resolve', { how: 'all_handed_to_lead', id, objectionId: randomUUID(), count: 3 });
  await answered(mira);
  expect(await objections()).toHaveLength(3);
});
