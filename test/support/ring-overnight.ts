import { score } from '../../core/engine/score.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { loadHashKey } from '../../core/postgres/hash-key.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { Story } from './story.ts';
import { until } from './until.ts';

const HOUR = 3_600_000;
const EACH = 10;

/** What came in since yesterday: referrers who each bring in ten accounts from their own device; half of those buy at once. */
function ringOvernight(referrers: number, now: number): Story {
  const story = new Story();
  const at = (hoursAgo: number): string => new Date(now - hoursAgo * HOUR).toISOString();
  for (let n = 0; n < referrers; n += 1) {
    const referrer = `ring-${n}`;
    const code = `RING${String(n).padStart(4, '0')}`;
    const ip = `203.0.${113 + Math.floor(n / 200)}.${(n % 200) + 1}`;
    story
      .user(at(2000), referrer, `Ringo ${n} Starling`, `starling${n}@ring.example`)
      .seen(at(1900), referrer, ip, `ring-device-${n}`)
      .code(at(1000), referrer, code);
    for (let m = 0; m < EACH; m += 1) {
      const referee = `${referrer}-${m}`;
      const registered = 30 - 2 * m;
      story
        .user(at(registered + 1), referee, `Account ${n} ${m}`, `q${m}w${n}@post${m}.example`)
        .registered(at(registered), referee, code, ip, `ring-device-${n}`);
      if (m % 2 === 0) story.used(at(registered - 0.5), referee, 'chat').bought(at(registered - 1), referee);
    }
  }
  return story;
}

/** Imports such a ring beside a running program, with the key of its data folder, and scores it: ten cases a referrer. */
export async function importRingOvernight(pool: Pool, home: string, referrers: number): Promise<void> {
  const now = new Date();
  const rejected: string[] = [];
  await importEvents(
    pool,
    eventSource(() =>
      ringOvernight(referrers, now.getTime()).events.map((event) => ({ ...event, id: `ring-${event.id}` })),
    ),
    {
      key: loadHashKey({ env: {}, home, create: false }),
      now,
      onRejected: ({ line, reason }) => rejected.push(`line ${line}: ${reason}`),
    },
  );
  if (rejected.length > 0) throw new Error(rejected.join('\n'));
  await score(pool, { now });
  // The program scores too: what it took is not done when nothing is left to take.
  await until(async () => {
    const { rows } = await pool.query('SELECT FROM umpire.dirty LIMIT 1');
    return rows.length === 0 ? true : null;
  });
}
