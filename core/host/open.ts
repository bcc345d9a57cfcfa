import type { MethodHandlers } from '../contract/methods.ts';
import type { Notice } from '../contract/notices.ts';
import type { WorkspaceStatus } from '../contract/workspace.ts';
import { CallFailure } from './failure.ts';
import { isConnectionLoss } from '../postgres/connection-loss.ts';
import { bulkHandlers } from './bulk-handlers.ts';
import { failureOf } from './failures.ts';
import { hostHandlers } from './handlers.ts';
import { readReadyStatus } from './ready-status.ts';
import { type Session, startSession } from './session.ts';
import { watch, type Watch } from './watch.ts';

export type Host = {
  readonly handlers: MethodHandlers;
  subscribe(listener: (notice: Notice) => void): () => void;
  close(): Promise<void>;
};

export type HostOptions = {
  /** The data folder. */
  readonly home: string;
  /** The server to use; without one it is the embedded workspace. */
  readonly databaseUrl?: string;
  /** How many referrals an empty embedded workspace is filled with; 0 leaves it empty. */
  readonly demoReferrals: number;
  readonly log: (line: string) => void;
};

/** One attempt to have a workspace: from `starting` until it failed or the host closes. */
type Attempt = {
  readonly stop: AbortController;
  session: Session | null;
  watch: Watch | null;
  /** Settles when the attempt is ready or failed; never rejects. */
  settled: Promise<void>;
};

/**
 * Opens the host and returns at once; where it stands is told by `workspace` notices. Exactly one attempt is alive at a
 * time: a retry begins when everything of the one before it is closed.
 */
export function openHost(options: HostOptions): Host {
  const listeners = new Set<(notice: Notice) => void>();
  const notify = (notice: Notice): void => listeners.forEach((listener) => listener(notice));
  let status: WorkspaceStatus = { state: 'starting', step: 'Starting', done: null, total: null };
  const become = (next: WorkspaceStatus): void => {
    status = next;
    notify({ kind: 'workspace', status });
  };

  let closed = false;
  let attempt = begin();
  let retrying: Promise<void> | null = null;

  function begin(): Attempt {
    const fresh: Attempt = { stop: new AbortController(), session: null, watch: null, settled: Promise.resolve() };
    fresh.settled = run(fresh);
    return fresh;
  }

  async function run(own: Attempt): Promise<void> {
    const { signal } = own.stop;
    try {
      const session = await startSession({
        ...options,
        signal,
        onStep: (step, done, total) => {
          if (!signal.aborted) become({ state: 'starting', step, done, total });
        },
      });
      own.session = session;
      if (signal.aborted) return;
      const ready = await readReadyStatus(session);
      own.watch = watch(session, {
        log: options.log,
        onChange: () => notify({ kind: 'queue' }),
        onLost: (error) => fail(own, error),
      });
      become(ready);
    } catch (error) {
      fail(own, error);
    }
  }

  /** What is left of the attempt is closed by the retry or by `close`, not here: a read may still be using it. */
  function fail(own: Attempt, error: unknown): void {
    if (own !== attempt || own.stop.signal.aborted) return;
    own.stop.abort();
    const failure = failureOf(error, options);
    options.log(`workspace failed: ${failure.message}${failure.detail === null ? '' : ` (${failure.detail})`}`);
    become({ state: 'failed', ...failure });
  }

  async function again(): Promise<void> {
    await bulk.stop();
    await end(attempt).catch((error: unknown) =>
      options.log(`closing before a retry: ${failureOf(error, options).message}`),
    );
    if (closed) return;
    become({ state: 'starting', step: 'Starting', done: null, total: null });
    attempt = begin();
  }

  /** Runs a read or a decision on the workspace that is ready; a lost connection fails the attempt and the call. */
  async function use<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const own = attempt;
    if (own.session === null || status.state !== 'ready') throw new CallFailure('unavailable', unavailable(status));
    try {
      return await work(own.session);
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      fail(own, error);
      throw new CallFailure('unavailable', failureOf(error, options).message);
    }
  }

  const changed = (): void => notify({ kind: 'queue' });
  const bulk = bulkHandlers({
    use,
    changed,
    told: (session) => notify({ kind: 'bulk', session }),
    log: options.log,
  });

  return {
    handlers: hostHandlers({
      use,
      bulk: bulk.handlers,
      status: async () => {
        if (status.state !== 'ready') return status;
        // The decisions of the last hour change with the clock; everything else stays as it was told.
        return use((session) => readReadyStatus(session)).catch(() => status);
      },
      retry: async () => {
        if (closed || status.state !== 'failed') return;
        retrying ??= again().finally(() => {
          retrying = null;
        });
        await retrying;
      },
      changed,
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      await bulk.stop();
      await retrying;
      await end(attempt);
    },
  };
}

async function end(own: Attempt): Promise<void> {
  own.stop.abort();
  await own.settled;
  await own.watch?.stop();
  await own.session?.close();
}

function unavailable(status: WorkspaceStatus): string {
  return status.state === 'failed' ? status.message : 'The workspace is still starting.';
}
