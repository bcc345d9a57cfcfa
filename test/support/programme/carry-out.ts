import { score } from '../../../core/engine/score.ts';
import type { Pool } from '../../../core/postgres/connection.ts';
import { importEvents } from '../../../core/programme/import/import.ts';
import { eventSource } from '../../../core/programme/import/source.ts';
import { advanceStages } from '../../../core/programme/jobs/advance-stages.ts';
import { rateLimits } from '../../../core/programme/jobs/rate-limits.ts';
import { releaseHolds } from '../../../core/programme/jobs/release-holds.ts';
import { refreshDailyStats } from '../../../core/programme/statistics.ts';
import { decide } from '../../../core/review/decide.ts';
import { undo } from '../../../core/review/undo.ts';
import { TEST_KEY } from '../migrated.ts';
import { SALT } from '../model/review.ts';
import { type Aimed, REFUSED, toldDecisions, toldReport, toldResults } from './play.ts';

/** An item that no database has. */
const NO_ITEM = '00000000-0000-4000-8000-000000000000';

/** Who is picked for a second pair of eyes is the same in every run. */
export async function prepare(pool: Pool): Promise<void> {
  await pool.query('UPDATE umpire.review_settings SET second_review_salt = $1', [SALT]);
}

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
    case 'review': {
      const calls = task.calls.map(({ item, note, expectedVersion, ...call }) => ({
        ...call,
        itemId: (item === null ? undefined : items.get(item)) ?? NO_ITEM,
        ...(note !== null && { note }),
        ...(expectedVersion !== null && { expectedVersion }),
      }));
      return orRefused(async () => {
        const results = await decide(pool, calls, { now, onBehalfOf: task.by });
        return toldDecisions(
          results.map(({ outcome, status, version, paid, rejected, reversed, message }) => ({
            outcome,
            status,
            version,
            paid,
            rejected,
            reversed,
            isTold: message !== null,
          })),
          task.calls,
        );
      });
    }
    case 'undo': {
      const calls = task.calls.map(({ note, ...call }) => ({ ...call, ...(note !== null && { note }) }));
      return orRefused(async () => {
        const results = await undo(pool, calls, { now, onBehalfOf: task.by });
        return toldResults(
          results.map(({ outcome, kind, status, version, paid, reversed, message }) => ({
            outcome,
            kind,
            status,
            version,
            paid,
            reversed,
            isTold: message !== null,
          })),
        );
      });
    }
    case 'settings':
      await pool.query(
        'UPDATE umpire.review_settings SET second_review_above = $1, second_review_share = $2, undo_minutes = $3',
        [task.above, task.share, task.undoMinutes],
      );
      return '-';
    case 'appoint':
      await pool.query(
        `INSERT INTO umpire.accounts (login, role, created_by, created_at) VALUES ($1, $2, 'test', $3)
         ON CONFLICT (login) DO UPDATE SET role = excluded.role`,
        [task.login, task.role, now],
      );
      return '-';
    case 'reason':
      await pool.query('UPDATE umpire.reason_codes SET is_active = $2 WHERE code = $1', [task.code, task.isActive]);
      return '-';
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

async function orRefused(call: () => Promise<string>): Promise<string> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42501') return REFUSED;
    throw error;
  }
}

export async function countDays(pool: Pool): Promise<void> {
  await refreshDailyStats(pool, { from: null, to: null });
}
