import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { connect } from '../../core/postgres/connection.ts';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { demo } from '../../core/programme/demo/demo.ts';
import { measure } from './child.ts';
import { atLeast, below, type Figure, figure, median } from './figure.ts';
import { BENCH_KEY, BENCH_NOW, BENCH_SEED } from './setting.ts';

export type ProgrammeOptions = {
  readonly referrals: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
};

/** How much smaller the small programme is that the cost per referral is compared with. */
const SMALLER = 10;
const SAMPLE = 200;

/** Import and scoring of a demo programme, and scoring against the same signals asked one referral at a time. */
export async function measureProgramme(url: string, { referrals, rounds, say }: ProgrammeOptions): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'umpire-bench-events-'));
  try {
    const small = Math.max(100, Math.round(referrals / SMALLER));
    const few = await measureSize(url, folder, small, rounds, say);
    const many = await measureSize(url, folder, referrals, rounds, say);
    const database = await inDatabase(url, `umpire_${referrals}`);
    const single: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`scoring ${SAMPLE} one at a time, round ${round + 1}`);
      const { seconds, count } = await measure('one-at-a-time', [database, String(SAMPLE)]);
      single.push(seconds / count);
    }
    const perReferral = many.rescore.map((seconds) => seconds / referrals);
    const slope = Math.log(median(perReferral) / (median(few.rescore) / small)) / Math.log(referrals / small);
    return [
      figure('import', 'referrals/s', [referrals / many.importSeconds]),
      figure('import', 'events/s', [many.events / many.importSeconds]),
      figure('import, peak memory', 'MiB', [many.importPeak]),
      figure(
        `import, peak memory against a ${SMALLER} times smaller file`,
        '×',
        [many.importPeak / few.importPeak],
        below(2),
      ),
      figure('score, first time', 'referrals/s', [referrals / many.scoreSeconds]),
      figure(
        'score, again',
        'referrals/s',
        perReferral.map((seconds) => 1 / seconds),
      ),
      figure('score, peak memory', 'MiB', [many.scorePeak]),
      figure(
        'score, one at a time',
        'referrals/s',
        single.map((seconds) => 1 / seconds),
      ),
      figure(
        'score, against one at a time',
        '×',
        single.map((seconds, round) => seconds / (perReferral[round] ?? Number.NaN)),
        atLeast(20),
      ),
      figure(`score, cost per referral from ${small} to ${referrals}, slope in log-log`, '', [slope], below(0.1)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Size = {
  readonly events: number;
  readonly importSeconds: number;
  readonly importPeak: number;
  readonly scoreSeconds: number;
  readonly scorePeak: number;
  /** Seconds of scoring everything again, a figure a round. */
  readonly rescore: readonly number[];
};

async function measureSize(
  url: string,
  folder: string,
  referrals: number,
  rounds: number,
  say: (line: string) => void,
): Promise<Size> {
  const file = join(folder, `${referrals}.jsonl`);
  await writeEvents(file, referrals);
  const database = await inDatabase(url, `umpire_${referrals}`);
  say(`importing ${referrals} referrals`);
  const imported = await measure('import', [database, file]);
  say(`scoring ${referrals} referrals`);
  const scored = await measure('score', [database]);
  const rescore: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    say(`scoring ${referrals} referrals again, round ${round + 1}`);
    rescore.push((await measure('rescore', [database])).seconds);
  }
  return {
    events: imported.count,
    importSeconds: imported.seconds,
    importPeak: imported.peakMiB,
    scoreSeconds: scored.seconds,
    scorePeak: scored.peakMiB,
    rescore,
  };
}

/** The URL of a migrated database of this name; made when it is not there. */
async function inDatabase(url: string, name: string): Promise<string> {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    const { rows } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rows.length > 0) return parsed.href;
    await admin.query(`CREATE DATABASE ${name}`);
  } finally {
    await admin.end();
  }
  const pool = connect(parsed.href);
  await migrate(pool, { key: hashKey(BENCH_KEY) });
  await pool.end();
  return parsed.href;
}

async function writeEvents(path: string, referrals: number): Promise<void> {
  const file = createWriteStream(path);
  for (const event of demo({ referrals, seed: BENCH_SEED, until: BENCH_NOW }).events) {
    if (!file.write(`${JSON.stringify(event)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}
