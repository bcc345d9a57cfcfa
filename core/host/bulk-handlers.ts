import { DatabaseError } from 'pg';
import type { BulkSession } from '../contract/bulk.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import { serverNow } from '../postgres/clock.ts';
import { keepableText } from '../postgres/error-text.ts';
import { previewBulk } from '../review/bulk/preview.ts';
import { bulkItemsPage, listBulk, readBulk } from '../review/bulk/read.ts';
import { bulkReport } from '../review/bulk/report.ts';
import { BATCH, cancelBulk, pauseBulk, runBulk, type RunOptions, undoBulk } from '../review/bulk/run.ts';
import { BulkRefused, startBulk } from '../review/bulk/start.ts';
import { CallFailure } from './failure.ts';
import type { HandlerNeeds } from './handlers.ts';
import type { Session } from './session.ts';
import { within } from './within.ts';

type BulkMethod = Extract<keyof MethodHandlers, `bulk.${string}`>;

export type BulkNeeds = Pick<HandlerNeeds, 'use'> & {
  /** Items changed. */
  readonly changed: () => void;
  /** Tells the window where a session stands. */
  readonly told: (session: BulkSession) => void;
  readonly log: (line: string) => void;
};

export type BulkHandlers = {
  readonly handlers: Pick<MethodHandlers, BulkMethod>;
  /** Pauses what runs here, after the batch at hand; one that the server does not answer is not waited for. */
  readonly stop: () => Promise<void>;
};

type Work = (pool: Session['pool'], sessionId: string, options: RunOptions) => Promise<BulkSession>;
type Running = {
  readonly stop: AbortController;
  /** Asked to go on while it was ending: it goes on. */
  again: boolean;
  ended: Promise<void>;
};

const NOTICE_EVERY_MS = 200;
/** Far longer than a batch takes where the server answers. */
const STOP_WITHIN_MS = 5_000;

/** Bulk sessions of one host: what runs goes on in the background, and is paused when the host closes. */
export function bulkHandlers({ use, changed, told, log }: BulkNeeds): BulkHandlers {
  const running = new Map<string, Running>();

  async function asking<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    try {
      return await use(work);
    } catch (error) {
      if (error instanceof BulkRefused) throw new CallFailure('refused', error.message);
      if (error instanceof DatabaseError && REFUSALS.has(error.code ?? '')) {
        throw new CallFailure('refused', error.message);
      }
      throw error;
    }
  }

  async function sessionOf({ pool }: Session, sessionId: string): Promise<BulkSession> {
    const session = await readBulk(pool, sessionId);
    if (session === null) throw new CallFailure('refused', 'There is no such bulk session.');
    return session;
  }

  function goOn(sessionId: string, work: Work): void {
    const before = running.get(sessionId);
    if (before !== undefined) {
      before.again = true;
      return;
    }
    const own: Running = { stop: new AbortController(), again: false, ended: Promise.resolve() };
    running.set(sessionId, own);
    own.ended = whileAsked(sessionId, work, own).finally(() => running.delete(sessionId));
  }

  async function whileAsked(sessionId: string, work: Work, own: Running): Promise<void> {
    do {
      own.again = false;
      await run(sessionId, work, own.stop.signal);
    } while (own.again && !own.stop.signal.aborted);
  }

  /** The last step of what was told to pause is to pause the session: what goes on begins after it. */
  async function paused(sessionId: string): Promise<void> {
    const before = running.get(sessionId);
    if (before?.stop.signal.aborted === true) await before.ended;
  }

  async function run(sessionId: string, work: Work, signal: AbortSignal): Promise<void> {
    const tell = seldom(told);
    try {
      const session = await use(({ pool }) => work(pool, sessionId, { signal, onProgress: tell }));
      told(session);
    } catch (error) {
      log(`bulk session: ${error instanceof CallFailure ? error.message : keepableText(error)}`);
      // What was decided is told with it; the rest waits until somebody goes on. Where the server is gone, it tells by its silence.
      await use(async ({ pool }) => {
        await pauseBulk(pool, sessionId);
        const session = await readBulk(pool, sessionId);
        if (session !== null) told(session);
      }).catch(() => undefined);
    }
    changed();
  }

  return {
    handlers: {
      'bulk.start': (request) =>
        asking(async (session) => {
          await startBulk(session.pool, request, await serverNow(session.pool));
          return sessionOf(session, request.sessionId);
        }),
      'bulk.list': () => use(({ pool }) => listBulk(pool)),
      'bulk.get': ({ sessionId }) => use(({ pool }) => readBulk(pool, sessionId)),
      'bulk.preview': ({ sessionId }) =>
        asking(async ({ pool }) => previewBulk(pool, sessionId, await serverNow(pool))),
      'bulk.items': (request) => use(async ({ pool }) => bulkItemsPage(pool, request, await serverNow(pool))),
      'bulk.run': ({ sessionId }) =>
        asking(async (session) => {
          await paused(sessionId);
          await session.pool.query('SELECT umpire.begin_bulk($1)', [sessionId]);
          const begun = await sessionOf(session, sessionId);
          if (begun.state === 'running') goOn(sessionId, runBulk);
          return begun;
        }),
      'bulk.pause': ({ sessionId }) =>
        asking(async (session) => {
          running.get(sessionId)?.stop.abort();
          await pauseBulk(session.pool, sessionId);
          return sessionOf(session, sessionId);
        }),
      'bulk.cancel': ({ sessionId }) =>
        asking(async (session) => {
          await cancelBulk(session.pool, sessionId);
          return sessionOf(session, sessionId);
        }),
      'bulk.undo': ({ sessionId }) =>
        asking(async (session) => {
          await paused(sessionId);
          // The first batch is taken back here: whether it may be is answered before anything goes on in the background.
          await session.pool.query('SELECT umpire.undo_bulk($1, $2)', [sessionId, BATCH]);
          const begun = await sessionOf(session, sessionId);
          if (begun.state === 'undoing') goOn(sessionId, undoBulk);
          else changed();
          return begun;
        }),
      'bulk.report': ({ sessionId }) => use(async ({ pool }) => ({ csv: await bulkReport(pool, sessionId) })),
    },
    stop: async () => {
      const all = [...running.values()];
      for (const one of all) one.stop.abort();
      await within(STOP_WITHIN_MS, Promise.all(all.map(({ ended }) => ended)));
    },
  };
}

/** What the functions of 0009 raise: object_not_in_prerequisite_state, no_data_found, invalid_parameter_value. */
const REFUSALS = new Set(['55000', 'P0002', '22023']);

/** Tells the latest at most five times a second; what comes in between is overtaken. */
function seldom(told: (session: BulkSession) => void): (session: BulkSession) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (session) => {
    if (performance.now() - last < NOTICE_EVERY_MS) return;
    last = performance.now();
    told(session);
  };
}
