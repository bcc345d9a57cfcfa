import pg from 'pg';
import { score } from '../../core/engine/score.ts';
import { connect } from '../../core/postgres/connection.ts';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { demo } from '../../core/programme/demo/demo.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { BENCH_KEY, BENCH_NOW, BENCH_SEED } from './setting.ts';

/** A fifth of the referrals, as 10,000 of 50,000. */
export const SHARE = 5;

/** Which referrals have an item: where the thresholds are low a fifth and more, where they are below nought every one. */
const THRESHOLDS = {
  fifth: '{"lowRisk": 4, "mediumRisk": 9, "highRisk": 89, "critical": 90}',
  all: '{"lowRisk": -2, "mediumRisk": -1, "highRisk": 89, "critical": 90}',
} as const;
type Share = keyof typeof THRESHOLDS;

/**
 * A demo programme in which this share of the referrals has an item. Its name; made where it is not there,
 * and to be read or copied, never changed.
 */
export async function openQueue(
  url: string,
  referrals: number,
  say: (line: string) => void,
  share: Share = 'fifth',
): Promise<string> {
  const name = `umpire_open_${share}_${referrals}`;
  if (!(await onServer(url, (admin) => isThere(admin, name)))) await make(url, name, referrals, share, say);
  return name;
}

/** Runs `work` on a copy of it, which is gone afterwards. */
export async function withCopyOf<Result>(
  url: string,
  name: string,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const copy = `${name}_copy`;
  await onServer(url, (admin) => admin.query(`CREATE DATABASE ${copy} TEMPLATE ${name}`));
  try {
    return await work(urlTo(url, copy));
  } finally {
    await onServer(url, (admin) => admin.query(`DROP DATABASE ${copy} WITH (FORCE)`));
  }
}

async function isThere(admin: pg.Client, name: string): Promise<boolean> {
  const { rows } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  return rows.length > 0;
}

async function make(
  url: string,
  name: string,
  referrals: number,
  share: Share,
  say: (line: string) => void,
): Promise<void> {
  await onServer(url, (admin) => admin.query(`CREATE DATABASE ${name}`));
  const pool = connect(urlTo(url, name), 'umpire bench');
  try {
    const key = hashKey(BENCH_KEY);
    await migrate(pool, { key });
    await pool.query(
      `INSERT INTO umpire.rule_sets (version, points, thresholds, note)
       SELECT 2, points, $1, 'Bench' FROM umpire.rule_sets WHERE version = 1`,
      [THRESHOLDS[share]],
    );
    say(`importing and scoring ${referrals} referrals, a queue of ${share === 'all' ? 'all' : 'a fifth'} of them`);
    const { events } = demo({ referrals, seed: BENCH_SEED, until: BENCH_NOW });
    const all = [...events];
    await importEvents(
      pool,
      eventSource(() => all),
      { key, now: BENCH_NOW },
    );
    await score(pool, { now: BENCH_NOW });
    await pool.query('VACUUM (ANALYZE)');
  } finally {
    await pool.end();
  }
}

export async function onServer<Result>(url: string, work: (admin: pg.Client) => Promise<Result>): Promise<Result> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

export function urlTo(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}
