import * as fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createUmpire, type Umpire } from '../../core/library.ts';
import { verify } from '../../core/programme/verify.ts';
import { type BackEnd, openBackEnd, SECRET } from '../support/back-end.ts';
import { at, code, referee, type ScenarioEvent, user } from '../support/scenario-events.ts';

/** How often each race is run; each time by users of its own. */
const RUNS = 200;
const CALLERS = 2;
const LONG = { timeout: 300_000 };
const IP = '203.0.113.9';

let app: BackEnd;
let callers: readonly pg.Client[];
const umpire: Umpire = createUmpire({ hashKey: SECRET, now: () => new Date(at('0')) });

beforeAll(async () => {
  app = await openBackEnd();
  callers = await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      const client = new pg.Client({ connectionString: app.url });
      await client.connect();
      return client;
    }),
  );
});
afterAll(async () => {
  await Promise.all(callers.map((client) => client.end()));
  await app.end();
});

type Call = (client: pg.Client) => Promise<{ readonly outcome: string }>;

/** How a caller ends the transaction; and who sends first, and whether the other waits for the answer to BEGIN. */
type Start = { readonly first: 0 | 1; readonly isStaggered: boolean };

/** The same ones in every run of the tests. */
const STARTS: readonly Start[] = fc.sample(
  fc.record({ first: fc.constantFrom(0 as const, 1 as const), isStaggered: fc.boolean() }),
  { seed: 20_261_122, numRuns: RUNS },
);

/** Both calls at the same time, each in a transaction on a connection of its own; answers in the order of `calls`. */
async function race(start: Start, calls: readonly [Call, Call], ends = ['COMMIT', 'COMMIT']): Promise<string[]> {
  const order = start.first === 0 ? [0, 1] : [1, 0];
  const answers: string[] = [];
  const running: Promise<void>[] = [];
  for (const nth of order) {
    const [client, call] = [callers[nth], calls[nth]];
    if (client === undefined || call === undefined) throw new Error('two callers and two calls');
    const began = client.query('BEGIN');
    if (start.isStaggered) await began;
    running.push(
      (async () => {
        await began;
        const { outcome } = await call(client);
        answers[nth] = outcome;
        await client.query(ends[nth] ?? 'COMMIT');
      })(),
    );
  }
  await Promise.all(running);
  return answers;
}

/** Runs the race of each number; what the pairs of answers were, sorted, and how often. */
async function races(
  callsOf: (nth: string) => readonly [Call, Call],
  ends?: string[],
): Promise<{ readonly [answers: string]: number }> {
  const counts: { [answers: string]: number } = {};
  for (const [index, start] of STARTS.entries()) {
    const answers = (await race(start, callsOf(String(index)), ends)).sort().join(' and ');
    counts[answers] = (counts[answers] ?? 0) + 1;
  }
  return counts;
}

/** Loads what each race begins with. */
function prepare(events: (nth: string) => readonly ScenarioEvent[]): Promise<unknown> {
  return app.load(STARTS.flatMap((_, index) => events(String(index))));
}

const join =
  (refereeId: string, codeText: string, eventId?: string): Call =>
  (client) =>
    umpire.registerReferral(client, { refereeId, code: codeText, ip: IP, ...(eventId && { eventId }) });

const few = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

test('two callers and the last use of a code: one is accepted', LONG, async () => {
  await prepare((nth) => [
    user(`last${nth}`, '-60d'),
    code(`LAST-${nth}`, `last${nth}`, '-50d', { maxUses: 1 }),
    user(`lasta${nth}`, '-1h'),
    user(`lastb${nth}`, '-1h'),
  ]);
  expect(await races((nth) => [join(`lasta${nth}`, `LAST-${nth}`), join(`lastb${nth}`, `LAST-${nth}`)])).toEqual({
    'accepted and refused': RUNS,
  });
  expect(await app.column(`SELECT DISTINCT uses_count AS value FROM referrals.codes WHERE code LIKE 'LAST-%'`)).toEqual(
    [1],
  );
});

test('two codes and the same referee: one has referred them', LONG, async () => {
  await prepare((nth) => [
    ...['a', 'b'].flatMap((one) => [
      user(`same${one}${nth}`, '-60d'),
      code(`SAME-${one}${nth}`, `same${one}${nth}`, '-50d'),
    ]),
    user(`same${nth}`, '-1h'),
  ]);
  expect(await races((nth) => [join(`same${nth}`, `SAME-a${nth}`), join(`same${nth}`, `SAME-B${nth}`)])).toEqual({
    'accepted and refused': RUNS,
  });
});

test('two callers and the twentieth registration of a referrer within a day: the 21st is refused', LONG, async () => {
  await prepare((nth) => [
    user(`many${nth}`, '-60d'),
    code(`MANY-${nth}`, `many${nth}`, '-50d'),
    ...few(19).flatMap((index) => referee(`many${nth}-${index}`, `MANY-${nth}`, `-${20 - index}h`)),
    user(`manya${nth}`, '-1h'),
    user(`manyb${nth}`, '-1h'),
  ]);
  expect(await races((nth) => [join(`manya${nth}`, `MANY-${nth}`), join(`manyb${nth}`, `MANY-${nth}`)])).toEqual({
    'accepted and refused': RUNS,
  });
});

test('the same event told by two callers happens once, and both get the same answer', LONG, async () => {
  await prepare((nth) => [
    user(`twice${nth}`, '-60d'),
    code(`TWICE-${nth}`, `twice${nth}`, '-50d'),
    user(`twicea${nth}`, '-1h'),
  ]);
  const told = (nth: string): Call => join(`twicea${nth}`, `TWICE-${nth}`, `twice ${nth}`);
  expect(await races((nth) => [told(nth), told(nth)])).toEqual({ 'accepted and accepted': RUNS });
  expect(
    await app.column(`SELECT DISTINCT uses_count AS value FROM referrals.codes WHERE code LIKE 'TWICE-%'`),
  ).toEqual([1]);
});

test('two callers and the tenth custom code within an hour: the eleventh is refused', LONG, async () => {
  await prepare((nth) => [
    user(`maker${nth}`, '-60d'),
    ...few(9).map((index) => code(`MADE-${nth}-${index}`, `maker${nth}`, `-${50 - index}m`)),
  ]);
  const make =
    (nth: string, text: string): Call =>
    (client) =>
      umpire.createCode(client, { userId: `maker${nth}`, code: text });
  expect(await races((nth) => [make(nth, `MADE-${nth}-A`), make(nth, `MADE-${nth}-B`)])).toEqual({
    'created and refused': RUNS,
  });
});

test('two callers and one text of a code: one has it', LONG, async () => {
  await prepare((nth) => [user(`texta${nth}`, '-60d'), user(`textb${nth}`, '-60d')]);
  const make =
    (userId: string, nth: string): Call =>
    (client) =>
      umpire.createCode(client, { userId, code: `TEXT-${nth}` });
  expect(await races((nth) => [make(`texta${nth}`, nth), make(`textb${nth}`, nth)])).toEqual({
    'created and refused': RUNS,
  });
});

test('two callers and the twentieth look-up within a minute: the 21st is refused', LONG, async () => {
  const ipOf = (nth: string): string => `100.64.0.${nth}`;
  await prepare((nth) =>
    few(19).map((index) => ({
      id: `look-up ${nth} ${index}`,
      type: 'code.validated',
      at: at(`-${index}s`),
      code: 'ANY',
      ip: ipOf(nth),
    })),
  );
  const lookUp =
    (nth: string): Call =>
    (client) =>
      umpire.lookUpCode(client, { code: 'ANY', ip: ipOf(nth) });
  expect(await races((nth) => [lookUp(nth), lookUp(nth)])).toEqual({ 'not_found and rate_limited': RUNS });
});

test('two callers ask for the automatic code of one user: it is made once, and both get it', LONG, async () => {
  await prepare((nth) => [user(`auto${nth}`, '-60d')]);
  const ask =
    (nth: string): Call =>
    (client) =>
      umpire.autoCode(client, `auto${nth}`);
  expect(await races((nth) => [ask(nth), ask(nth)])).toEqual({ 'created and found': RUNS });
  expect(
    await app.column(
      `SELECT count(DISTINCT user_id)::int || ' of ' || count(*) AS value FROM referrals.codes WHERE type = 'auto'`,
    ),
  ).toEqual([`${RUNS} of ${RUNS}`]);
});

test('who rolls back has taken nothing: the last use is the other’s', LONG, async () => {
  await prepare((nth) => [
    user(`back${nth}`, '-60d'),
    code(`BACK-${nth}`, `back${nth}`, '-50d', { maxUses: 1 }),
    user(`backa${nth}`, '-1h'),
    user(`backb${nth}`, '-1h'),
  ]);
  const counts = await races(
    (nth) => [join(`backa${nth}`, `BACK-${nth}`), join(`backb${nth}`, `BACK-${nth}`)],
    ['ROLLBACK', 'COMMIT'],
  );
  // Who rolls back comes second in some of them, and is refused before.
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(RUNS);
  expect(Object.keys(counts).sort()).toEqual(['accepted and accepted', 'accepted and refused']);
  expect(
    await app.column(
      `SELECT DISTINCT r.referee_id LIKE 'backb%' AND c.uses_count = 1 AS value
       FROM referrals.codes AS c LEFT JOIN referrals.relationships AS r ON r.code_id = c.id WHERE c.code LIKE 'BACK-%'`,
    ),
  ).toEqual([true]);
});

test('after all of them every invariant holds', async () => {
  expect(await verify(app.pool)).toEqual([]);
});
