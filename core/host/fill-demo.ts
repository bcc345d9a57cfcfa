import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Pool } from '../postgres/connection.ts';
import type { HashKey } from '../postgres/hash-key.ts';
import { row } from '../postgres/rows.ts';
import { demo } from '../programme/demo/demo.ts';
import { liveThrough } from '../programme/demo/lived.ts';
import { type DemoOrder, forgetOrder, pendingOrder, rememberOrder } from './demo-order.ts';

export type FillOptions = {
  readonly home: string;
  /** 0 fills nothing. */
  readonly referrals: number;
  readonly key: HashKey;
  readonly signal: AbortSignal;
  readonly onStep: (step: string, done: number | null, total: number | null) => void;
};

const SEED = 1;
/** Any fixed number: one program fills at a time. */
const FILL_LOCK = 7_226_101;
const LOCK_RETRY_MS = 300;

/**
 * Fills an empty workspace with a demo programme, by the same import and engine as any other data; completes a fill that
 * was cut off. A workspace with data of its own is left alone.
 */
export async function fillDemo(pool: Pool, options: FillOptions): Promise<void> {
  if ((await orderFor(pool, options)) === null) return;
  await withFillLock(pool, options, async () => {
    // Asked again: the program that held the lock may have filled it.
    const order = await orderFor(pool, options);
    if (order === null) return;
    await rememberOrder(options.home, order);
    await pool.query('UPDATE umpire.workspace SET is_demo = true WHERE NOT is_demo');
    await fill(pool, order, options);
    await forgetOrder(options.home);
  });
}

async function orderFor(pool: Pool, { home, referrals }: FillOptions): Promise<DemoOrder | null> {
  const pending = await pendingOrder(home);
  if (pending !== null || referrals === 0) return pending;
  const found = await row(
    pool,
    z.object({ empty: z.boolean() }),
    'SELECT NOT EXISTS (SELECT 1 FROM auth.users) AND NOT EXISTS (SELECT 1 FROM umpire.events) AS empty',
  );
  return found?.empty === true ? { referrals, seed: SEED, until: new Date().toISOString() } : null;
}

async function fill(pool: Pool, order: DemoOrder, { key, signal, onStep }: FillOptions): Promise<void> {
  const until = new Date(order.until);
  onStep('Making up a demo programme', null, null);
  const programme = demo({ referrals: order.referrals, seed: order.seed, until });
  await liveThrough(pool, programme, {
    key,
    until,
    signal,
    onWeek: (done, total) => onStep('Living through the demo programme, week by week', done, total),
  });
  // So many rows came at once that the planner knows nothing yet, and the first pages would be slow.
  onStep('Finishing the demo workspace', null, null);
  await pool.query('ANALYZE');
}

async function withFillLock(pool: Pool, { signal, onStep }: FillOptions, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    for (;;) {
      const taken = await row(client, z.object({ taken: z.boolean() }), 'SELECT pg_try_advisory_lock($1) AS taken', [
        FILL_LOCK,
      ]);
      if (taken?.taken === true) break;
      onStep('Waiting for another Umpire program that fills the demo workspace', null, null);
      await pause(LOCK_RETRY_MS, undefined, { signal });
    }
    await work();
  } finally {
    // The lock ends with its connection.
    client.release(true);
  }
}
