import pg from 'pg';
import { score } from '../../core/engine/score.ts';
import { connect } from '../../core/postgres/connection.ts';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { demo } from '../../core/programme/demo/demo.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { BENCH_KEY, BENCH_NOW, BENCH_SEED } from './setting.ts';

/** A demo programme of which many referrals have an item: the thresholds are low. */
export async function makeBase(
  url: string,
  name: string,
  { referrals, thresholds }: { readonly referrals: number; readonly thresholds: object },
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
      [thresholds],
    );
    say(`importing and scoring ${referrals} referrals`);
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

export async function onServer(url: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

export function urlTo(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}
