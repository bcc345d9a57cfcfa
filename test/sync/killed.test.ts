import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHostChild } from '../support/host-child.ts';
import { expectNothingLost } from '../support/kills/compare.ts';
import { isFilled, isReady } from '../support/kills/program.ts';
import { type ReviewedServer, reviewedServer } from '../support/kills/reviewed-server.ts';
import { disturb, restart } from '../support/kills/trouble.ts';
import { crossOthers, MOMENTS, others, type Record, workUntil } from '../support/kills/work.ts';
import { Random } from '../support/random.ts';

/** The real host, killed while it decides, pushes and pulls, on a network and a server that come and go. */
const KILLS = 50;
const ITEMS = 500;
const SEED = 20_261_122;
const NOW = new Date('2026-10-01T12:00:00Z');
/** In which lives the server itself is stopped or crashes. */
const RESTARTS: readonly number[] = [7, 16, 25, 34, 43];

const ALL_MOMENTS = [...MOMENTS, 'start'] as const;

let reviewed: ReviewedServer;
let home: string;
/** Every log line of every life. */
let log = '';

beforeAll(async () => {
  reviewed = await reviewedServer(ITEMS, NOW);
  home = await mkdtemp(join(tmpdir(), 'umpire-killed-'));
}, 120_000);
afterAll(async () => {
  await reviewed.end();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const startHost = () => startHostChild(home, reviewed.mira.databaseUrl);

async function live(moment: (typeof ALL_MOMENTS)[number], random: Random, record: Record): Promise<void> {
  const child = startHost();
  if (moment === 'start') {
    await pause(random.int(100, 1200));
    await child.kill();
  } else {
    await isReady(child);
    const { working } = await workUntil(moment, child, { reviewed, random, record });
    await child.kill();
    await working;
  }
  log += child.said();
}

test('killed fifty times, nothing that was told is lost and nothing is done twice', { timeout: 400_000 }, async () => {
  const random = new Random(SEED);
  const record: Record = { told: new Map(), asked: new Set() };
  const begun = startHost();
  await isFilled(begun);
  await crossOthers(begun, reviewed, record);
  await begun.kill();

  for (let life = 0; life < KILLS; life += 1) {
    const own = new Random(random.int(0, 2 ** 31));
    const mend = disturb(reviewed, own);
    const restarted = RESTARTS.includes(life) ? restart(reviewed, own) : null;
    await Promise.all([
      live(ALL_MOMENTS[life % ALL_MOMENTS.length] ?? 'time', own, record),
      own.chance(0.4) ? others(reviewed, own).catch(() => undefined) : null,
    ]);
    await restarted;
    await mend();
  }

  const last = startHost();
  try {
    await isReady(last);
    const outbox = await expectNothingLost(last, reviewed, record);
    // It was killed where it hurts, or all of this proved nothing.
    const states = new Set(outbox.map(({ state }) => state));
    expect([...states]).toEqual(expect.arrayContaining(['applied', 'conflict', 'withdrawn']));
    expect(record.told.size).toBeGreaterThan(100);
    expect(outbox.filter(({ attempts }) => attempts > 1).length).toBeGreaterThan(5);
    expect(log).not.toMatch(/a password of the tests/);
  } finally {
    await last.stop();
  }
});
