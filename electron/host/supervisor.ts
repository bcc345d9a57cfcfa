import type { CacheKey } from '../../core/contract/host.ts';
import type { MethodName, MethodRequest } from '../../core/contract/methods.ts';
import type { Notice } from '../../core/contract/notices.ts';
import type { WorkspaceStatus } from '../../core/contract/workspace.ts';
import { readHostMessage } from './messages.ts';
import type { RawOutcome } from './messages.ts';
import type { HostProcess, StartHost } from './process.ts';

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** A host that lived this long had a good start; what ends it then is a new trouble. */
const STEADY_AFTER_MS = 60_000;
/** After so many deaths in a row a person is asked instead. */
const GIVE_UP_AFTER = 6;
/** The host bounds its own closing below this. */
const STOP_WITHIN_MS = 12_000;

const STARTING: WorkspaceStatus = { state: 'starting', step: 'Starting', done: null, total: null };
const RESTARTING: WorkspaceStatus = { state: 'starting', step: 'Starting again', done: null, total: null };
const GIVEN_UP: WorkspaceStatus = {
  state: 'failed',
  message:
    'The part of Umpire that works with the database stopped several times in a row. Decisions that were shown as made are safe. Try again; if it persists, the log in the data folder says more.',
  detail: null,
};
const UNAVAILABLE: RawOutcome = {
  ok: false,
  error: { code: 'unavailable', message: 'Umpire is starting its database part; try again in a moment.' },
};

export type SupervisorOptions = {
  readonly start: StartHost;
  readonly onNotice: (notice: Notice) => void;
  /** The key of the cache of this name, for the host that asks; a new one with `renew`. Never rejects. */
  readonly key: (cache: string, renew: boolean) => Promise<CacheKey>;
  readonly log: (line: string) => void;
};

export type Supervisor = {
  /** Never rejects. The value of a success is not checked yet. */
  readonly call: (method: MethodName, request: MethodRequest<MethodName>) => Promise<RawOutcome>;
  /** Resolves when the host is gone, in order or by force. */
  readonly stop: () => Promise<void>;
};

type Pending = { readonly method: MethodName; readonly resolve: (outcome: RawOutcome) => void };

/** Keeps one core host running: starts it, pairs calls with answers, starts it again with growing delays when it dies. */
export function supervise({ start, onNotice, key, log }: SupervisorOptions): Supervisor {
  const pending = new Map<number, Pending>();
  let host: HostProcess | null = null;
  let status = STARTING;
  let lastId = 0;
  let deaths = 0;
  let restart: NodeJS.Timeout | undefined;
  let stopped: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  function tell(next: WorkspaceStatus): void {
    status = next;
    onNotice({ kind: 'workspace', status });
  }

  /** What main knows without the host. */
  function answerAlone(method: MethodName): RawOutcome {
    if (method === 'workspace.status') return { ok: true, value: status };
    if (method !== 'workspace.retry') return UNAVAILABLE;
    deaths = 0;
    launch();
    return { ok: true, value: {} };
  }

  function receive(sender: HostProcess | null, message: unknown): void {
    const read = readHostMessage(message);
    switch (read?.type) {
      case 'answer':
        pending.get(read.id)?.resolve(read.outcome);
        pending.delete(read.id);
        break;
      case 'notice':
        if (read.notice.kind === 'workspace') status = read.notice.status;
        onNotice(read.notice);
        break;
      case 'wantKey':
        void answerKey(sender, read.cache, read.renew);
        break;
      case undefined:
        log('the core host sent a message that is none of the contract');
        break;
    }
  }

  async function answerKey(sender: HostProcess | null, cache: string, renew: boolean): Promise<void> {
    const found = await key(cache, renew);
    // To whoever asked, and to no other host that was started meanwhile.
    if (sender !== null && host === sender) sender.send({ type: 'key', key: found });
  }

  function launch(): void {
    if (host || stopped) return;
    clearTimeout(restart);
    tell(deaths === 0 ? STARTING : RESTARTING);
    const startedAt = performance.now();
    let own: HostProcess | null = null;
    own = host = start({
      message: (message) => receive(own, message),
      exit: (reason) => {
        host = null;
        log(`the core host ended: ${reason}`);
        if (performance.now() - startedAt > STEADY_AFTER_MS) deaths = 0;
        deaths += 1;
        afterDeath();
      },
    });
  }

  function afterDeath(): void {
    if (stopped) stopped.resolve();
    else if (deaths >= GIVE_UP_AFTER) tell(GIVEN_UP);
    else {
      tell(RESTARTING);
      restart = setTimeout(launch, Math.min(FIRST_DELAY_MS * 2 ** (deaths - 1), LONGEST_DELAY_MS));
    }
    const lost = [...pending.values()];
    pending.clear();
    for (const { method, resolve } of lost) {
      resolve(method === 'workspace.status' ? { ok: true, value: status } : UNAVAILABLE);
    }
  }

  launch();

  return {
    call(method, request) {
      const running = host;
      if (!running) return Promise.resolve(answerAlone(method));
      const { promise, resolve } = Promise.withResolvers<RawOutcome>();
      const id = ++lastId;
      pending.set(id, { method, resolve });
      running.send({ type: 'call', id, method, request });
      return promise;
    },
    stop() {
      if (stopped) return stopped.promise;
      const { promise, resolve } = Promise.withResolvers<void>();
      stopped = { promise, resolve };
      clearTimeout(restart);
      if (!host) resolve();
      else {
        host.send({ type: 'stop' });
        const force = setTimeout(() => {
          log('the core host did not stop in time; it is ended by force');
          host?.kill();
          resolve();
        }, STOP_WITHIN_MS);
        void promise.then(() => clearTimeout(force));
      }
      return promise;
    },
  };
}
