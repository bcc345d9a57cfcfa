import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { verify } from '../../core/programme/verify.ts';
import { manyItemsTemplate } from '../support/many-items.ts';
import { startUmpire } from '../support/scenario-command.ts';
import { difference, withCopy } from '../support/killed.ts';
import { Random } from '../support/random.ts';
import { until } from '../support/until.ts';

const NOW = '2026-10-01T12:00:00.000Z';
const ITEMS = 2000;
const BATCH = '100';
const POINTS = 20;
const SEED = 20_261_122;

/** Which transaction wrote a row. */
const STAMPS = ['tx', 'added_tx'];
/** Random, or a matter of when and in how many steps something was written. */
const OF_THE_RUN: { readonly [table: string]: readonly string[] } = {
  'umpire.money_log': ['id'],
  'umpire.stale_days': ['id'],
  'umpire.decisions': ['batch', 'note_salt', 'note_digest', 'evidence_digest', 'log_position'],
  'umpire.known_evidence': ['digest', 'salt'],
  'umpire.bulk_sessions': ['session_id', 'touched_at'],
  'umpire.bulk_items': ['session_id'],
  'credits.balances': ['version', 'created_at'],
};
/** Whose digests hang on the batches: `verify` checks them. */
const NOT_COMPARED = ['umpire.audit_log', 'umpire.audit_head', 'umpire.workspace', 'umpire.review_settings'];

/** Every row of every table, but for what is random. */
async function state(pool: Pool): Promise<readonly string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname IN ('referrals', 'auth', 'credits', 'umpire') ORDER BY 1`,
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    if (
      NOT_COMPARED.includes(name) ||
      /^umpire\.(?:.*migrations|queue|job|version|schedule|subscription|warning|bam)/.test(name)
    )
      continue;
    const { rows } = await pool.query<{ line: string }>(
      `SELECT (to_jsonb(t) - $1::text[])::text AS line FROM ${name} AS t`,
      [[...STAMPS, ...(OF_THE_RUN[name] ?? [])]],
    );
    lines.push(...rows.map(({ line }) => `${name} ${line}`));
  }
  return lines.sort();
}

const command = (url: string, ...args: string[]): string[] =>
  ['bulk', ...args, '--batch', BATCH, '--now', NOW, '--as', 'mira', '--json'].concat('--database-url', url);

async function finish(url: string, ...args: string[]): Promise<void> {
  const run = startUmpire(command(url, ...args));
  if ((await run.ended) !== 0) throw new Error(`umpire bulk: ${run.printed()}${run.said()}`);
}

type Progress = { readonly session: string | null; readonly settled: number };

async function progress(pool: Pool): Promise<Progress> {
  const { rows } = await pool.query<{ session: string; settled: number }>(
    'SELECT session_id AS session, settled FROM umpire.bulk_sessions',
  );
  return rows[0] ?? { session: null, settled: 0 };
}

/** A session that is not there yet may still come: its writer is gone when its connection is. */
async function standing(pool: Pool): Promise<Progress> {
  const found = await progress(pool);
  if (found.session !== null) return found;
  await until(async () => {
    const { rows } = await pool.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'umpire command'`,
    );
    return rows.length === 0 ? true : null;
  });
  return progress(pool);
}

test(
  'a bulk session killed at any point and resumed ends where one that nobody killed ends',
  { timeout: 900_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'umpire-bulk-kill-'));
    const file = join(folder, 'decisions.jsonl');
    try {
      const template = await manyItemsTemplate(ITEMS, new Date(NOW));
      const { wanted, ms } = await withCopy(template, async (pool, url) => {
        const { rows } = await pool.query<{ id: string }>(
          `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id`,
        );
        expect(rows.length).toBeGreaterThanOrEqual(ITEMS);
        // Ids of their own, so that equal runs write equal rows; every seventh is approved, and some lines are nobody's.
        const lines = rows.map(({ id }, index) => ({
          itemId: index % 97 === 0 ? id.replace(/^.{8}/, '00000000') : id,
          decisionId: id.replace(/^.{8}/, 'dec1510a'),
          ...(index % 7 === 0
            ? { decision: 'approve', reason: 'household' }
            : { decision: 'reject', reason: 'account_farm' }),
        }));
        await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
        const begun = performance.now();
        await finish(url, file);
        const took = performance.now() - begun;
        expect(await verify(pool)).toEqual([]);
        return { wanted: await state(pool), ms: took };
      });

      const random = new Random(SEED);
      let killed = 0;
      let between = 0;
      for (let point = 0; point < POINTS; point += 1) {
        // In every part of the run, from the freezing to the last batch, and at any moment within a batch.
        const settled = Math.floor((point / POINTS) * ITEMS);
        const within = random.next() * (ms / POINTS);
        await withCopy(template, async (pool, url) => {
          const run = startUmpire(command(url, file));
          const over = run.ended.then(() => true);
          await until(async () => (point === 0 || (await progress(pool)).settled >= settled ? true : null), {
            everyMs: 2,
            unless: over,
          });
          const since = performance.now();
          await until(async () => (performance.now() - since >= within ? true : null), { everyMs: 1, unless: over });
          run.process.kill('SIGKILL');
          if ((await run.ended) === 'SIGKILL') killed += 1;
          // The server may still be at the batch whose client is gone; whoever resumes waits for it.
          const { session, settled: left } = await standing(pool);
          if (left > 0 && left < ITEMS) between += 1;
          await (session === null ? finish(url, file) : finish(url, '--resume', session));
          expect(difference(await state(pool), wanted)).toEqual([]);
          expect(await verify(pool)).toEqual([]);
        });
      }
      expect(killed).toBeGreaterThanOrEqual(POINTS * 0.8);
      expect(between).toBeGreaterThanOrEqual(POINTS / 2);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
