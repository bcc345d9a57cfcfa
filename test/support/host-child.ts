import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { FromHost, ToHost } from '../../core/contract/host.ts';
import type { CallError, CallOutcome, MethodName, MethodRequest, MethodResponse } from '../../core/contract/methods.ts';
import type { Notice } from '../../core/contract/notices.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Many start here, so Node keeps what it compiled. */
const COMPILED = join(ROOT, 'node_modules/.cache/umpire-test');
/** Of the cache, as the one that starts the host gives it. */
export const CHILD_KEY = 'c0'.repeat(32);

/** The real host as main runs it: a process of its own, with messages as its only interface. */
export type HostChild = {
  readonly process: ChildProcess;
  /** Null where the process died before it answered. */
  readonly call: <M extends MethodName>(method: M, request: MethodRequest<M>) => Promise<MethodResponse<M> | null>;
  readonly subscribe: (listener: (notice: Notice) => void) => void;
  /** What it wrote to its log. */
  readonly said: () => string;
  readonly ended: Promise<void>;
  /** Ends it as a power cut does. */
  readonly kill: () => Promise<void>;
  /** Ends it as main does. */
  readonly stop: () => Promise<void>;
};

/** A call that the host refused. */
export class RefusedCall extends Error {
  readonly code: CallError['code'];

  constructor(method: MethodName, { code, message }: CallError) {
    super(`${method}: ${message}`);
    this.code = code;
  }
}

export type HostChildOptions = {
  /** No file may grow larger: what the system refuses then is what a full disk refuses. */
  readonly largestFileBytes?: number;
  /** Another user, where this one is root. */
  readonly uid?: number;
  /** What the program is started by, as `nsenter …`; it must end in the program itself. */
  readonly by?: readonly string[];
};

export function startHostChild(home: string, databaseUrl: string, options: HostChildOptions = {}): HostChild {
  const { largestFileBytes, uid, by = [] } = options;
  const program = [...by, process.execPath, join(ROOT, 'core/host/main.ts')];
  // In blocks of 512 bytes, as POSIX has it.
  const limit = largestFileBytes === undefined ? 'unlimited' : String(Math.floor(largestFileBytes / 512));
  const child = spawn('sh', ['-c', `ulimit -f ${limit} && exec "$@"`, 'sh', ...program], {
    cwd: ROOT,
    ...(uid === undefined ? {} : { uid, gid: uid }),
    env: { ...process.env, UMPIRE_HOME: home, UMPIRE_DATABASE_URL: databaseUrl, NODE_COMPILE_CACHE: COMPILED },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const listeners = new Set<(notice: Notice) => void>();
  const waiting = new Map<number, (outcome: CallOutcome | null) => void>();
  let said = '';
  let last = 0;
  child.stderr?.on('data', (data: Buffer) => (said += data.toString()));
  const send = (message: ToHost): void => void child.send(message, () => {});
  child.on('message', (message: FromHost) => {
    switch (message.type) {
      case 'wantKey':
        send({ type: 'key', key: { state: 'had', hex: CHILD_KEY, place: 'file' } });
        break;
      case 'notice':
        listeners.forEach((listener) => listener(message.notice));
        break;
      case 'answer':
        waiting.get(message.id)?.(message.outcome);
        waiting.delete(message.id);
        break;
    }
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      for (const unanswered of waiting.values()) unanswered(null);
      waiting.clear();
      resolve();
    });
  });
  return {
    process: child,
    call: async (method, request) => {
      if (child.exitCode !== null || child.signalCode !== null || !child.connected) return null;
      const { promise, resolve } = Promise.withResolvers<CallOutcome | null>();
      waiting.set((last += 1), resolve);
      send({ type: 'call', id: last, method, request });
      const outcome = await promise;
      if (outcome === null) return null;
      if (!outcome.ok) throw new RefusedCall(method, outcome.error);
      return outcome.value as never;
    },
    subscribe: (listener) => void listeners.add(listener),
    said: () => said,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      send({ type: 'stop' });
      await ended;
    },
  };
}
