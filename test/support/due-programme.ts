import type { Pool } from 'pg';
import { score } from '../../core/engine/score.ts';
import { connect } from '../../core/postgres/connection.ts';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { demo } from '../../core/programme/demo/demo.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { refreshStaleDays } from '../../core/programme/statistics.ts';
import { templateFrom } from './postgres.ts';
import { HASH_KEY } from './scenario-command.ts';

const DAY = 86_400_000;

/** A programme that has work for every job at `now`: made once for a name. */
export function dueProgramme(name: string, referrals: number, now: Date): Promise<string> {
  return templateFrom(name, async (url) => {
    const pool = connect(url, 'umpire test');
    try {
      await fill(pool, referrals, now);
    } finally {
      await pool.end();
    }
  });
}

async function fill(pool: Pool, referrals: number, now: Date): Promise<void> {
  const key = hashKey(HASH_KEY);
  await migrate(pool, { key });
  const until = new Date(now.getTime() - 3 * DAY);
  const events = [...demo({ referrals, seed: 11, until }).events];
  // Three weeks ago all was scored and counted; what came since waits, and some of it is due by now.
  const scored = new Date(now.getTime() - 21 * DAY);
  const before = events.filter(({ at }) => Date.parse(at) <= scored.getTime());
  await importEvents(
    pool,
    eventSource(() => before),
    { key, now: scored },
  );
  await score(pool, { now: scored });
  await refreshStaleDays(pool);
  await importEvents(
    pool,
    eventSource(() => events),
    { key, now: scored },
  );
  await pool.query(`update referrals.user_tiers set qualified_count = qualified_count + 1 where user_id < 'u5'`);
  await pool.query(
    `insert into referrals.rate_limits (identifier, identifier_type, action, window_start, window_end)
     select 'user ' || n, 'user', 'code_creation', $1::timestamptz - interval '1 hour', $1 from generate_series(1, 12000) n`,
    [now],
  );
  await pool.query(
    `insert into umpire.items_gone (item_id, at) select gen_random_uuid(), now() - interval '100 days' from generate_series(1, 500)`,
  );
}
