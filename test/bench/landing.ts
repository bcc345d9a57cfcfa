import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright';
import type { BulkStart } from '../../core/contract/bulk.ts';
import type { SyncStatus } from '../../core/contract/sync.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { changeSettings } from '../../core/review/settings.ts';
import { until } from '../support/until.ts';
import { below, type Figure, figure } from './figure.ts';
import { followTasks, type Tasks } from './window-page.ts';

const DECISIONS = 6_000;
/** Afterwards it is asked in slices what became of them. */
const ASKED_AGAIN_MS = 20_000;

/**
 * A bulk session off-line of decisions that all wait for a second analyst, and what it costs the window when the server is there again:
 * the longest it could answer no key, while they are sent and while they are asked for again. `land` brings the server back.
 */
export async function measureLanding(
  window: Page,
  pool: Pool,
  status: () => Promise<SyncStatus>,
  land: () => Promise<void>,
  say: (line: string) => void,
): Promise<Figure[]> {
  await changeSettings(pool, { second_review_share: 1 }, undefined);
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT $1`,
    [DECISIONS],
  );
  const decided = await putIntoOutbox(
    window,
    rows.map(({ id }) => id),
  );
  say(`landing with ${decided} decisions that wait for a second analyst`);
  await window.evaluate(followTasks);
  const start = performance.now();
  await land();
  await until(async () => {
    const { link, waiting } = await status();
    return link === 'online' && waiting === 0 ? true : null;
  });
  say(`they are there after ${((performance.now() - start) / 1000).toFixed(0)} s`);
  await pause(ASKED_AGAIN_MS);
  const { longestTask, longestWait } = await window.evaluate((): Tasks => globalThis.benchTasks());
  return [
    figure(`window, landing with ${decided} for a second analyst, longest task`, 'ms', [longestTask], below(200)),
    figure(
      `window, landing with ${decided} for a second analyst, longest without an answer`,
      'ms',
      [longestWait],
      below(500),
    ),
  ];
}

/** Returns how many were put there; some may have been decided before. */
async function putIntoOutbox(window: Page, itemIds: readonly string[]): Promise<number> {
  const request: BulkStart = {
    sessionId: randomUUID(),
    choice: { kind: 'items', itemIds: [...itemIds] },
    decision: 'reject',
    reason: 'account_farm',
  };
  const outcome = await window.evaluate(async (start) => {
    const previewed = await umpire.call('sync.bulkPreview', start);
    return previewed.ok ? umpire.call('sync.bulk', start) : previewed;
  }, request);
  if (!outcome.ok) throw new Error(outcome.error.message);
  return outcome.value.willDecide;
}
