import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BulkResult } from '../../core/cli/commands/bulk.ts';
import { verify } from '../../core/programme/verify.ts';
import { analysts } from '../support/analysts.ts';
import { demoDatabase } from '../support/demo-database.ts';
import type { MigratedDatabase } from '../support/migrated.ts';
import { type Run, runUmpire, startUmpire } from '../support/scenario-command.ts';

const NOW = '2026-10-01T12:00:00.000Z';
let db: MigratedDatabase;
let folder: string;

beforeEach(async () => {
  db = await demoDatabase(1500, new Date(NOW));
  folder = await mkdtemp(join(tmpdir(), 'umpire-bulk-'));
});
afterEach(async () => {
  await db.end();
  await rm(folder, { recursive: true, force: true });
});

const bulk = (...args: readonly string[]): Promise<Run> =>
  runUmpire(['bulk', ...args, '--now', NOW, '--json', '--database-url', db.database.url]);

async function ok(...args: readonly string[]): Promise<BulkResult> {
  const { exit, stdout, stderr } = await bulk(...args);
  expect({ exit, stderr: exit === 0 ? '' : stderr }).toEqual({ exit: 0, stderr: '' });
  return JSON.parse(stdout) as BulkResult;
}

async function openIds(): Promise<string[]> {
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

async function file(lines: readonly unknown[]): Promise<string> {
  const path = join(folder, 'decisions.jsonl');
  await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return path;
}

const line = (itemId: string | undefined, more: object = {}): object => ({
  itemId,
  decision: 'approve',
  reason: 'household',
  ...more,
});

test('decides each line with its own result; bad lines go to FILE.rejected.jsonl', async () => {
  const [a, b] = await openIds();
  const nobody = randomUUID();
  const decisionId = randomUUID();
  const path = await file([
    line(a, { decisionId, note: 'They live together.' }),
    '{"itemId": ',
    line(b, { decision: 'reject', reason: 'account_farm' }),
    line(b),
    line(nobody),
    line(b, { decision: 'reject', reason: 'no_such_reason' }),
    line(a, { decision: 'perhaps' }),
  ]);
  const result = await ok(path, '--as', 'mira');
  expect(result.results.map(({ line: number, itemId, outcome }) => [number, itemId, outcome])).toEqual([
    [1, a, 'applied'],
    [3, b, 'applied'],
    [4, b, 'conflict'],
    [5, nobody, 'unknown'],
    [6, b, 'not_allowed'],
  ]);
  expect(result.results[0]).toMatchObject({ decisionId, note: 'They live together.', message: null });
  expect(result.counts).toEqual({ applied: 2, conflict: 1, unknown: 1, not_allowed: 1 });
  expect(result.session).toMatchObject({ state: 'done', startedBy: 'mira', items: 5, settled: 5 });
  expect(result.rejected).toBe(2);
  const rejected = (await readFile(`${path}.rejected.jsonl`, 'utf8')).trim().split('\n');
  expect(rejected.map((text) => (JSON.parse(text) as { line: number }).line)).toEqual([2, 7]);
  const { rows } = await db.pool.query<{ by: string }>('SELECT DISTINCT on_behalf_of AS by FROM umpire.decisions');
  expect(rows).toEqual([{ by: 'mira' }]);
  expect((await bulk(path, '--as', 'mira', '--strict')).exit).toBe(1);
});

test('the same file again: first outcomes where lines have ids of their own, otherwise agreed; no effect either way', async () => {
  const [a, b, c] = await openIds();
  const path = await file([
    line(a, { decisionId: randomUUID() }),
    line(b),
    line(c, { decision: 'reject', reason: 'account_farm' }),
  ]);
  const first = await ok(path);
  const second = await ok(path);
  expect(first.counts).toEqual({ applied: 3 });
  expect(second.results.map(({ outcome }) => outcome)).toEqual(['applied', 'agreed', 'agreed']);
  expect(second.session).toMatchObject({ paid: 0, rejected: 0, reversed: 0 });
  const { rows } = await db.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM umpire.decisions WHERE outcome ->> 'outcome' = 'applied'`,
  );
  expect(rows).toEqual([{ n: 3 }]);
  expect(existsSync(`${path}.rejected.jsonl`)).toBe(false);
});

test('stopped with Ctrl-C it pauses and says how to go on; resumed, listed, reported and undone', async () => {
  const ids = await openIds();
  // A lock that the run waits for in its first batch, so that the signal comes in the middle.
  const blocker = await db.pool.connect();
  const path = await file(ids.map((id) => line(id)));
  await blocker.query('BEGIN');
  await blocker.query('SELECT 1 FROM umpire.referrals FOR UPDATE');
  const run = startUmpire(['bulk', path, '--batch', '10', '--now', NOW, '--json', '--database-url', db.database.url]);
  await waiting();
  run.process.kill('SIGINT');
  await blocker.query('ROLLBACK');
  blocker.release(true);
  expect(await run.ended).toBe(1);
  const stopped = JSON.parse(run.printed()) as BulkResult;
  const sessionId = stopped.session?.sessionId ?? '';
  expect(stopped.session).toMatchObject({ state: 'paused', settled: 10 });
  expect(stopped.counts).toEqual({ applied: 10, waiting: ids.length - 10 });
  expect(run.said()).toContain(`umpire bulk --resume ${sessionId}`);

  expect((await ok('--resume', sessionId)).counts).toEqual({ applied: ids.length });
  const listed = await bulk('--list');
  expect(JSON.parse(listed.stdout)).toMatchObject({ sessions: [{ sessionId, state: 'done', chosenBy: 'a file' }] });
  const report = JSON.parse((await bulk('--report', sessionId)).stdout) as { csv: string };
  expect(report.csv.trimEnd().split('\r\n')).toHaveLength(ids.length + 1);
  const unread = startUmpire(['bulk', '--report', sessionId, '--database-url', db.database.url]);
  unread.process.stdout?.destroy();
  expect([await unread.ended, unread.said()]).toEqual([0, '']);
  expect((await ok('--undo', sessionId)).session).toMatchObject({ state: 'undone', settled: ids.length });
  expect(await openIds()).toEqual(ids);
  expect(await verify(db.pool)).toEqual([]);

  async function waiting(): Promise<void> {
    for (;;) {
      const { rows } = await db.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (rows.length > 0) return;
    }
  }
});

test('arguments that make no sense are refused with what to do', async () => {
  for (const [args, exit, said] of [
    [[], 2, 'one of a file'],
    [['x.jsonl', '--list'], 2, 'one of a file'],
    [['--resume', 'abc'], 2, 'UUID'],
    [['x.jsonl', '--as', ''], 2, 'name of a login'],
    [['--resume', randomUUID()], 1, 'umpire bulk --list'],
    [['--report', randomUUID()], 1, 'umpire bulk --list'],
    [[join(folder, 'nothing.jsonl')], 1, 'no file'],
  ] as const) {
    const run = await bulk(...args);
    expect([run.exit, run.stderr]).toEqual([exit, expect.stringContaining(said)]);
  }
  const empty = await ok(await file(['', '']));
  expect(empty).toMatchObject({ session: null, results: [], rejected: 0 });
});

test('an analyst’s own login runs it too, by the server’s clock and in no other name', async () => {
  const team = await analysts(db);
  try {
    await team.login('mira');
    const [a] = await openIds();
    const path = await file([line(a)]);
    const as = (...args: readonly string[]): Promise<Run> =>
      runUmpire(['bulk', path, ...args, '--json', '--database-url', team.url('mira')]);
    for (const more of [
      ['--as', 'noor'],
      ['--now', NOW],
    ]) {
      const refused = await as(...more);
      expect([refused.exit, refused.stderr]).toEqual([1, expect.stringContaining('the owner and the engine')]);
    }
    const done = await as();
    expect(done.exit).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      session: { startedBy: team.name('mira'), isMine: true },
      counts: { applied: 1 },
    });
  } finally {
    await team.end();
  }
});
