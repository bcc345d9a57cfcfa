import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endObstructions, withoutObstructions } from '../../core/postgres/obstructions.ts';
import { changeSettings } from '../../core/review/settings.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { runUmpire } from '../support/scenario-command.ts';
import { Story, tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-01T20:00:00Z');

let db: MigratedDatabase;
let logins: Logins;
let analyst: Login;
let viewer: Login;
let engine: Login;
beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 60, NOW);
  logins = loginsOf(db.database, db.pool);
  analyst = await logins.add('analyst');
  viewer = await logins.add('viewer');
  engine = await logins.add('engine');
});
afterAll(async () => {
  await logins.end();
  await db.end();
});

/** A session of this login that was left open after these statements; `ended` once the server has ended it. */
async function leftOpen(login: Login, ...statements: string[]): Promise<{ client: Client; ended: Promise<void> }> {
  const client = new Client({ connectionString: login.url });
  client.on('error', () => {});
  await client.connect();
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  for (const sql of statements) await client.query(sql);
  return { client, ended };
}

async function decideSql(): Promise<string> {
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT 1`,
  );
  const call = { decisionId: randomUUID(), itemId: rows[0]?.id, decision: 'approve', reason: 'household' };
  return `SELECT umpire.decide_items('[${JSON.stringify(call)}]')`;
}

test('a viewer who holds the locks of facts and of a job keeps neither import nor jobs waiting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'umpire-obstructions-'));
  try {
    const story = new Story().user('2026-02-01T10:00:00Z', 'rita', 'Rita', 'rita@first.example');
    const file = join(folder, 'events.jsonl');
    await writeFile(file, story.events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    for (const [args, lock] of [
      [['import', file], 'pg_advisory_lock(7226002)'],
      [['jobs'], `pg_advisory_lock(7226010, hashtext('holds'))`],
      [['score'], 'pg_advisory_lock(7226002)'],
    ] as const) {
      const { ended } = await leftOpen(viewer, `SELECT ${lock}`);
      const done = await runUmpire([...args, '--database-url', engine.url], { UMPIRE_HASH_KEY: 'a key of the tests' });
      expect([args, done.exit, done.stderr]).toEqual([
        args,
        0,
        `A session of ${viewer.name} was ended: it kept the programme waiting.\n`,
      ]);
      await ended;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a transaction that an analyst left open after a decision ends once it is old, and what waited for it gets on', async () => {
  const { client, ended } = await leftOpen(analyst, 'BEGIN', await decideSql());
  expect(await endObstructions(engine.pool)).toEqual([]);
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  const told: string[] = [];
  // It appends to the audit log, whose head the analyst holds.
  await withoutObstructions(
    engine.pool,
    (login) => told.push(login),
    () => changeSettings(db.pool, { undo_minutes: 11 }, undefined),
    { olderThanSeconds: 0, everyMs: 50 },
  );
  await ended;
  expect(told).toEqual([analyst.name]);
  const { rows } = await db.pool.query('SELECT count(*)::int AS n FROM umpire.decisions');
  expect(rows).toEqual([{ n: 0 }]);
});

test('a reviewer who only reads is left alone, and so are owner and engine; nobody else may end sessions', async () => {
  const reads = await leftOpen(viewer, 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT count(*) FROM umpire.items');
  const works = await leftOpen(engine, 'BEGIN', 'SELECT pg_advisory_xact_lock(7226031, 1)');
  expect(await endObstructions(db.pool, 0)).toEqual([]);
  for (const { client } of [reads, works]) {
    await client.query('SELECT 1');
    await client.end();
  }
  for (const { pool } of [viewer, analyst]) {
    await expect(endObstructions(pool, 0)).rejects.toMatchObject({ code: '42501' });
  }
});
