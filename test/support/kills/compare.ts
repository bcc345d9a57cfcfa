import { expect } from 'vitest';
import { queueFilter } from '../../../core/contract/queue.ts';
import type { OutboxRow } from '../../../core/contract/sync.ts';
import { REVIEW_STATUSES } from '../../../core/domain/vocabulary.ts';
import type { Pool } from '../../../core/postgres/connection.ts';
import { verify } from '../../../core/programme/verify.ts';
import type { Head } from '../../../core/sync/ports.ts';
import { serverOf } from '../../../core/sync/postgres/server.ts';
import { until } from '../until.ts';
import type { Program } from './program.ts';
import type { ReviewedServer } from './reviewed-server.ts';
import type { Record } from './work.ts';

async function wholeOutbox(program: Program): Promise<OutboxRow[]> {
  const rows: OutboxRow[] = [];
  for (;;) {
    const page = await program.call('sync.outbox', { offset: rows.length, limit: 500 });
    if (page === null) throw new Error('the program is gone');
    rows.push(...page.rows);
    if (rows.length >= page.total) return rows;
  }
}

async function shownRows(program: Program): Promise<unknown[]> {
  const filter = queueFilter.parse({ statuses: [...REVIEW_STATUSES] });
  const page = await program.call('queue.page', { filter, offset: 0, limit: 500 });
  if (page === null) throw new Error('the program is gone');
  expect(page.total).toBeLessThanOrEqual(500);
  return page.rows
    .map(({ itemId, version, status, score, priority, stake, signals }) =>
      JSON.stringify({ itemId, version, status, score, priority, stake, signals }),
    )
    .sort();
}

async function serverRows(pool: Pool): Promise<unknown[]> {
  const heads: Head[] = [];
  await serverOf(pool).pull(null, async (page) => void heads.push(...page.heads));
  return heads
    .map(({ itemId, version, status, score, priority, stake, signals }) =>
      JSON.stringify({ itemId, version, status, score, priority, stake, signals: signals.map(({ name }) => name) }),
    )
    .sort();
}

/** Each key is what it was told to be on the server, once; a first opinion ends as agreed when a second analyst agrees. */
async function outcomesOf({ owner, mira }: ReviewedServer): Promise<ReadonlyMap<string, string>> {
  const { rows } = await owner.query<{ id: string; outcome: string }>(
    `SELECT decision_id AS id, CASE proposal WHEN 'agreed' THEN 'agreed' ELSE outcome ->> 'outcome' END AS outcome
     FROM umpire.decisions WHERE actor = $1`,
    [mira.name],
  );
  return new Map(rows.map(({ id, outcome }) => [id, outcome]));
}

/**
 * Lets the program deliver what waits, and compares: what was told is in the outbox, each once on the server, with the outcome that is
 * shown; the server is whole, and the queue that is shown is the server's. Returns the outbox.
 */
export async function expectNothingLost(
  program: Program,
  reviewed: ReviewedServer,
  { told, asked }: Record,
): Promise<readonly OutboxRow[]> {
  await program.call('sync.now', {});
  const before = new Date().toISOString();
  await until(async () => {
    const status = await program.call('sync.status', {});
    return status?.link === 'online' && status.waiting === 0 && (status.pulledAt ?? '') > before ? true : null;
  });

  const onServer = await outcomesOf(reviewed);
  // What became of a first opinion is asked for after the pull.
  await expect
    .poll(async () =>
      (await wholeOutbox(program)).filter(
        ({ state, id }) => (state === 'applied') !== (onServer.get(id) === 'applied'),
      ),
    )
    .toEqual([]);
  const outbox = await wholeOutbox(program);
  const byId = new Map(outbox.map((row) => [row.id, row]));
  // Nothing that was told is gone, and nothing is there that nobody asked for.
  expect([...told.keys()].filter((id) => !byId.has(id))).toEqual([]);
  expect(outbox.filter(({ id }) => !asked.has(id))).toEqual([]);

  expect([...onServer.keys()].filter((id) => !byId.has(id))).toEqual([]);
  expect(
    outbox
      .filter(({ state, id }) => state === 'withdrawn' && onServer.get(id) === 'applied')
      .map(({ id, message }) => ({ id, message })),
  ).toEqual([]);
  expect(outbox.filter(({ state }) => state === 'queued' || state === 'sending')).toEqual([]);
  expect(await verify(reviewed.owner)).toEqual([]);
  // What was sent last comes back with the pull after it.
  const onServerNow = await serverRows(reviewed.mira.pool);
  await expect.poll(() => shownRows(program)).toEqual(onServerNow);
  return outbox;
}
