import { randomUUID } from 'node:crypto';
import { score } from '../../../core/engine/score.ts';
import type { Pool } from '../../../core/postgres/connection.ts';
import { importEvents } from '../../../core/programme/import/import.ts';
import { eventSource } from '../../../core/programme/import/source.ts';
import { advanceStages } from '../../../core/programme/jobs/advance-stages.ts';
import { rateLimits } from '../../../core/programme/jobs/rate-limits.ts';
import { releaseHolds } from '../../../core/programme/jobs/release-holds.ts';
import { refreshDailyStats } from '../../../core/programme/statistics.ts';
import { decide } from '../../../core/review/decide.ts';
import { TEST_KEY } from '../migrated.ts';
import { row } from '../model/told.ts';
import { type Aimed, toldReport } from './play.ts';

const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;

/** Does it to the database; the answer in the model's words, `-` where there is none to compare. */
export async function carryOut(
  pool: Pool,
  task: Aimed,
  micros: number,
  items: ReadonlyMap<string, string>,
): Promise<string> {
  const now = new Date(micros / 1000);
  switch (task.do) {
    case 'import': {
      const source = eventSource(() => task.events);
      return toldReport(await importEvents(pool, source, { key: TEST_KEY, now }));
    }
    case 'decide': {
      const { key, decision } = task;
      const itemId = items.get(key);
      if (itemId === undefined) return 'no such item';
      const call = { decisionId: randomUUID(), itemId, decision, reason: REASONS[decision] };
      const [result] = await decide(pool, [call], { now, onBehalfOf: 'nina' });
      if (result === undefined) throw new Error('a decision without an outcome');
      const { outcome, status, paid, rejected, reversed } = result;
      return row({ outcome, status, paid, rejected, reversed });
    }
    case 'score':
      await score(pool, { now });
      return '-';
    case 'advance':
      await advanceStages(pool, now);
      return '-';
    case 'release':
      await releaseHolds(pool, now);
      return '-';
    case 'clean':
      await rateLimits.run(pool, { now, key: TEST_KEY });
      return '-';
  }
}

export async function countDays(pool: Pool): Promise<void> {
  await refreshDailyStats(pool, { from: null, to: null });
}
