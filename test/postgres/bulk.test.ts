import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type BulkChoice, type BulkSession, bulkPreview, bulkSession } from '../../core/contract/bulk.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { verify } from '../../core/programme/verify.ts';
import { previewBulk } from '../../core/review/bulk/preview.ts';
import { bulkItemsPage, listBulk, readBulk } from '../../core/review/bulk/read.ts';
import { bulkReport } from '../../core/review/bulk/report.ts';
import { cancelBulk, pauseBulk, runBulk, undoBulk } from '../../core/review/bulk/run.ts';
import { startBulk } from '../../core/review/bulk/start.ts';
import { decide } from '../../core/review/decide.ts';
import { createTestDatabase, templateFrom, type TestDatabase } from '../support/postgres.ts';
import { TEST_KEY } from '../support/migrated.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { tellDemo } from '../support/story.ts';

const NOW = new Date('2026-10-01T12:00:00Z');
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

let database: TestDatabase;
let pool: Pool;
let template: string;

beforeAll(async () => {
  template = await templateFrom('bulk_demo', async (url) => {
    const filled = connect(url, 'umpire test');
    try {
      await migrate(filled, { mode: 'programme', key: TEST_KEY });
      await tellDemo(filled, 1500, NOW);
    } finally {
      await filled.end();
    }
  });
});
beforeEach(async () => {
  database = await createTestDatabase({ template });
  pool = connect(database.url, 'umpire test');
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const by = { now: NOW };
const filter = (fields: object = {}): BulkChoice => ({ kind: 'filter', filter: queueFilter.parse(fields) });

async function start(choice: BulkChoice, more: { decision?: 'approve' | 'reject'; reason?: string } = {}): Promise<string> {
  const sessionId = randomUUID();
  await startBulk(
    pool,
    { sessionId, choice, decision: 'approve', reason: 'false_positive', ...more },
    NOW,
    by,
  );
  return sessionId;
}

async function read(sessionId: string): Promise<BulkSession> {
  const session = bulkSession.parse(await readBulk(pool, sessionId));
  return session;
}

async function openIds(): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

test('a preview is what the run then does', async () => {
  for (const [decision, reason] of [
    ['reject', 'account_farm'],
    ['approve', 'false_positive'],
  ] as const) {
    const sessionId = await start(filter({ priorities: decision === 'reject' ? ['critical'] : [] }), { decision, reason });
    const seen = bulkPreview.parse(await previewBulk(pool, sessionId, NOW, by));
    expect(await read(sessionId)).toMatchObject({ state: 'ready', settled: 0, outcomes: {} });
    const done = await runBulk(pool, sessionId, { ...by, batch: 7 });
    expect(done).toMatchObject({
      state: 'done',
      items: seen.items,
      settled: seen.items,
      outcomes: { applied: seen.willDecide },
      paid: seen.paid,
      rejected: seen.rejected,
      reversed: seen.reversed,
    });
    expect(seen.willDecide).toBeGreaterThan(10);
    expect(seen.paid + seen.rejected).toBeGreaterThan(0);
  }
  expect(await openIds()).toEqual([]);
  expect(await verify(pool)).toEqual([]);
});
