import { z } from 'zod';
import { BULK_STATES, type BulkSession } from '../../contract/bulk.ts';
import { inTransaction, type Pool } from '../../postgres/connection.ts';
import { row } from '../../postgres/rows.ts';
import { readBulk } from './read.ts';
import { settleOpinions } from '../opinions.ts';
import type { Stands } from './start.ts';

/** Items of one transaction: a pause waits for no more than this, and others wait no longer for what it locks. */
export const BATCH = 500;
const LARGEST_BATCH = 2500;

/** A large session in fewer steps, because each costs by itself; still four of them, so that it can be paused in between. */
export function batchOf(items: number): number {
  return Math.min(LARGEST_BATCH, Math.max(BATCH, Math.ceil(items / 4)));
}

type State = BulkSession['state'];

export type RunOptions = Stands & {
  /** Ends after the batch at hand. */
  readonly signal?: AbortSignal;
  /** After each batch. */
  readonly onProgress?: (session: BulkSession) => void;
  readonly batch?: number;
};

/**
 * Runs a session, or goes on with it where it stands, until nothing is left, it is paused or cancelled by whomever, or `signal`
 * ends it; then it is paused. Each batch is one transaction with its outcomes: cut off anywhere, it loses and repeats nothing.
 */
export async function runBulk(pool: Pool, sessionId: string, options: RunOptions = {}): Promise<BulkSession> {
  const { onBehalfOf, now } = options;
  const as = onBehalfOf ?? null;
  let state = await call(pool, 'umpire.begin_bulk($1, $2)', [sessionId, as]);
  // What a run that was cut off left behind.
  await settleOpinions(pool, now);
  const batch = options.batch ?? batchOf((await stateOf(pool, sessionId)).items);
  while (state === 'running') {
    if (options.signal?.aborted === true) {
      await pauseBulk(pool, sessionId, options);
      break;
    }
    state = await call(pool, 'umpire.run_bulk($1, $2, $3, $4)', [sessionId, batch, as, now ?? null]);
    await settleOpinions(pool, now);
    await report(pool, sessionId, options);
  }
  return stateOf(pool, sessionId);
}

/** Takes back what a finished session decided; goes on where it stands. Cut off or ended by `signal`, it stays `undoing`. */
export async function undoBulk(pool: Pool, sessionId: string, options: RunOptions = {}): Promise<BulkSession> {
  const { onBehalfOf, now, batch = BATCH } = options;
  let state: State;
  do {
    state = await call(pool, 'umpire.undo_bulk($1, $2, $3, $4)', [sessionId, batch, onBehalfOf ?? null, now ?? null]);
    await report(pool, sessionId, options);
  } while (state === 'undoing' && options.signal?.aborted !== true);
  return stateOf(pool, sessionId);
}

/** After the batch at hand. */
export async function pauseBulk(pool: Pool, sessionId: string, { onBehalfOf }: Stands = {}): Promise<void> {
  await call(pool, 'umpire.pause_bulk($1, $2)', [sessionId, onBehalfOf ?? null]);
}

/** For good; what was decided stands. */
export async function cancelBulk(pool: Pool, sessionId: string, { onBehalfOf, now }: Stands = {}): Promise<void> {
  await call(pool, 'umpire.cancel_bulk($1, $2, $3)', [sessionId, onBehalfOf ?? null, now ?? null]);
}

const answer = z.object({ state: z.enum(BULK_STATES) });

function call(pool: Pool, what: string, values: readonly unknown[]): Promise<State> {
  return inTransaction(pool, async (client) => {
    const found = await row(client, answer, `SELECT ${what} AS state`, values);
    if (found === null) throw new Error('a bulk session told no state');
    return found.state;
  });
}

async function report(pool: Pool, sessionId: string, { onProgress }: RunOptions): Promise<void> {
  if (onProgress !== undefined) onProgress(await stateOf(pool, sessionId));
}

async function stateOf(pool: Pool, sessionId: string): Promise<BulkSession> {
  const session = await readBulk(pool, sessionId);
  if (session === null) throw new Error(`There is no bulk session ${sessionId}.`);
  return session;
}
