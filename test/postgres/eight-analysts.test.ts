import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { connect, inTransaction, type Pool } from '../../core/postgres/connection.ts';
import { verify } from '../../core/programme/verify.ts';
import { readBulkItems } from '../../core/review/bulk/read.ts';
import { runBulk } from '../../core/review/bulk/run.ts';
import { freeze, startBulk } from '../../core/review/bulk/start.ts';
import { claimItem } from '../../core/review/claims.ts';
import { decide } from '../../core/review/decide.ts';
import { analysts } from '../support/analysts.ts';
import { manyItemsTemplate } from '../support/many-items.ts';
import { Random } from '../support/random.ts';
import { createTestDatabase } from '../support/postgres.ts';

const NOW = new Date('2026-10-01T12:00:00.000Z');
const ITEMS = 2000;
const PEOPLE = 8;
/** What each of them does: so many decisions alone, and so many sessions of up to `SESSION` items, in a random order. */
const ALONE = 180;
const SESSIONS = 20;
const SESSION = 80;
const SEED = 20_261_123;

const REASONS = { approve: 'household', reject: 'account_farm' } as const;
type Decision = keyof typeof REASONS;

/** What somebody asked for, and what they were told. */
type Told = {
  readonly by: string;
  readonly itemId: string;
  readonly decision: Decision;
  readonly outcome: string | null;
  readonly message: string | null;
};

type Desk = {
  readonly person: string;
  readonly pool: Pool;
  readonly items: readonly string[];
  readonly random: Random;
  readonly told: Told[];
};

test(
  'eight analysts decide the same items at once: one effect each, and whoever lost is told so',
  { timeout: 600_000 },
  async () => {
    const database = await createTestDatabase({ template: await manyItemsTemplate(ITEMS, NOW) });
    const pool = connect(database.url, 'umpire test');
    const team = await analysts({ pool, database });
    try {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id`,
      );
      const items = rows.map(({ id }) => id);
      expect(items.length).toBeGreaterThanOrEqual(ITEMS);
      const told: Told[] = [];
      const desks: Desk[] = [];
      for (let index = 0; index < PEOPLE; index += 1) {
        const person = `p${index}`;
        desks.push({ person, pool: await team.login(person), items, random: new Random(SEED + index), told });
      }
      await Promise.all(desks.map(work));
      expect(told.length).toBeGreaterThan(5000);

      const statusOf = new Map(
        (await pool.query<{ id: string; status: string }>('SELECT id, status FROM referrals.review_queue')).rows.map(
          ({ id, status }) => [id, status],
        ),
      );
      const byItem = Map.groupBy(told, ({ itemId }) => itemId);
      const wrong: unknown[] = [];
      let contested = 0;
      for (const [itemId, asked] of byItem) {
        const heard = asked.filter(({ message }) => message?.endsWith('is working on it.') !== true);
        const won = heard.filter(({ outcome }) => outcome === 'applied');
        const [winner] = won;
        if (winner === undefined || won.length > 1) {
          if (won.length > 0 || heard.length > 0) wrong.push({ itemId, asked });
          continue;
        }
        if (heard.length > 1) contested += 1;
        const lost = heard.filter((one) => one !== winner);
        const right = lost.every(
          ({ decision, outcome }) => outcome === (decision === winner.decision ? 'agreed' : 'conflict'),
        );
        const stands = statusOf.get(itemId) === (winner.decision === 'approve' ? 'approved' : 'rejected');
        if (!right || !stands) wrong.push({ itemId, asked });
      }
      expect(wrong).toEqual([]);
      expect(contested).toBeGreaterThan(1000);
      expect(told.filter(({ outcome }) => outcome === 'conflict').length).toBeGreaterThan(500);

      // What they were told is what is written, by the name of whoever was told it.
      const written = await pool.query<{ item: string; by: string; decision: string }>(
        `SELECT item_id AS item, actor AS by, decision FROM umpire.decisions WHERE outcome ->> 'outcome' = 'applied' ORDER BY 1`,
      );
      expect(written.rows).toEqual(
        told
          .filter(({ outcome }) => outcome === 'applied')
          .map(({ itemId, by, decision }) => ({ item: itemId, by: team.name(by), decision }))
          .sort((a, b) => (a.item < b.item ? -1 : 1)),
      );
      const { rows: twice } = await pool.query(
        `SELECT bonus_id, transition FROM umpire.money_log WHERE bonus_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1`,
      );
      expect(twice).toEqual([]);
      expect(await verify(pool)).toEqual([]);
    } finally {
      await team.end();
      await pool.end();
      await database.drop();
    }
  },
);

async function work(desk: Desk): Promise<void> {
  const { random } = desk;
  let alone = ALONE;
  let sessions = SESSIONS;
  while (alone + sessions > 0) {
    if (random.next() * (alone + sessions) < alone) {
      alone -= 1;
      await decideOne(desk);
    } else {
      sessions -= 1;
      await decideMany(desk);
    }
  }
}

/** Reject half the time: items of one referrer then change each other's tiers. */
const anyDecision = (random: Random): Decision => (random.chance(0.5) ? 'approve' : 'reject');

async function decideOne({ person, pool, items, random, told }: Desk): Promise<void> {
  const itemId = items[Math.floor(random.next() * items.length)] ?? '';
  const decision = anyDecision(random);
  if (random.next() < 0.2) await claimItem(pool, itemId, false);
  const call = { decisionId: randomUUID(), itemId, expectedVersion: 1, decision, reason: REASONS[decision] };
  const [result] = await decide(pool, [call]);
  if (result === undefined) throw new Error('no answer');
  told.push({ by: person, itemId, decision, outcome: result.outcome, message: result.message });
}

async function decideMany({ person, pool, items, random, told }: Desk): Promise<void> {
  const decision = anyDecision(random);
  const count = 1 + Math.floor(random.next() * SESSION);
  // Neighbours in one half of the sessions, so that two of them often hold most of their items in common.
  const from = Math.floor(random.next() * items.length);
  const near = random.next() < 0.5;
  const itemIds = Array.from({ length: count }, (_, index) => {
    const place = near ? from + index : Math.floor(random.next() * items.length);
    return items[place % items.length] ?? '';
  });
  const sessionId = randomUUID();
  const reason = REASONS[decision];
  try {
    if (random.next() < 0.5)
      await startBulk(pool, { sessionId, choice: { kind: 'items', itemIds }, decision, reason }, NOW);
    else await startAsFile(pool, sessionId, itemIds, decision);
  } catch (error) {
    // All of them are decided by now.
    if (error instanceof Error && error.message.startsWith('Nothing that is open')) return;
    throw error;
  }
  const done = await runBulk(pool, sessionId, { batch: 1 + Math.floor(random.next() * 40) });
  expect(done.state).toBe('done');
  for (const item of await readBulkItems(pool, sessionId, 0, done.items)) {
    told.push({ by: person, itemId: item.item_id, decision, outcome: item.outcome, message: item.message });
  }
}

/** A list of decisions as a file has it: what is decided already is in it too, and is answered. */
async function startAsFile(
  pool: Pool,
  sessionId: string,
  itemIds: readonly string[],
  decision: Decision,
): Promise<void> {
  const items = itemIds.map((itemId) => ({ itemId, decision, reason: REASONS[decision] }));
  const session = {
    sessionId,
    items,
    onlyOpen: false,
    decision: null,
    reason: null,
    chosenBy: 'a list',
    asked: sessionId,
  };
  await inTransaction(pool, (client) => freeze(client, session, {}));
}
