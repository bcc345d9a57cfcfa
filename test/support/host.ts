import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MethodName, MethodRequest, MethodResponse } from '../../core/contract/methods.ts';
import type { Notice } from '../../core/contract/notices.ts';
import type { OutboxRow } from '../../core/contract/sync.ts';
import type { WorkspaceStatus } from '../../core/contract/workspace.ts';
import { UNDELIVERED } from '../../core/domain/outbox.ts';
import { answer } from '../../core/host/answer.ts';
import type { AskForKey } from '../../core/host/key.ts';
import { type Host, type HostOptions, openHost } from '../../core/host/open.ts';
import { until } from './until.ts';

/** A key as main gives it. */
export const giveTestKey: AskForKey = async () => ({ state: 'had', hex: '5e'.repeat(32), place: 'file' });

/** The host as a window has it. */
export type TestHost = {
  readonly host: Host;
  /** The data folder, which a second host may open when this one is closed. */
  readonly home: string;
  /** Every log line and notice. */
  readonly said: readonly string[];
  readonly log: readonly string[];
  /** What was noticed since it was asked for last, up to the first that is wanted; waits for that one. */
  readonly next: (wanted: (notice: Notice) => boolean) => Promise<Notice>;
  /** All that was noticed and not asked for. */
  readonly notices: readonly Notice[];
  /** The status when it is no longer `starting`. */
  readonly settled: () => Promise<WorkspaceStatus>;
  /** When it has pulled and all that is to be kept is there. */
  readonly filled: () => Promise<void>;
  /** As the window gets it. */
  readonly call: <M extends MethodName>(method: M, request: MethodRequest<M>) => Promise<unknown>;
  /** The same where it succeeds; throws otherwise. */
  readonly ask: <M extends MethodName>(method: M, request: MethodRequest<M>) => Promise<MethodResponse<M>>;
  /** A row of the outbox when a server has answered it. */
  readonly delivered: (id: string) => Promise<OutboxRow>;
};

/** Opens hosts for a test, each with a data folder of its own where none is given; `close` ends and removes all. */
export function testHosts(): {
  open(options?: Partial<HostOptions>): Promise<TestHost>;
  close(): Promise<void>;
} {
  const hosts: Host[] = [];
  const homes: string[] = [];
  return {
    async open(options = {}) {
      const home = options.home ?? (await mkdtemp(join(tmpdir(), 'umpire-host-')));
      if (options.home === undefined) homes.push(home);
      const opened = testHost({ demoReferrals: 0, key: giveTestKey, ...options, home });
      hosts.push(opened.host);
      return opened;
    },
    async close() {
      for (const host of hosts.splice(0).toReversed()) await host.close();
      for (const home of homes.splice(0)) await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function testHost(options: Omit<HostOptions, 'log'>): TestHost {
  const said: string[] = [];
  const log: string[] = [];
  const notices: Notice[] = [];
  let wake = (): void => {};
  const host = openHost({
    ...options,
    log: (line) => {
      said.push(line);
      log.push(line);
    },
  });
  host.subscribe((notice) => {
    notices.push(notice);
    said.push(JSON.stringify(notice));
    wake();
  });
  const next: TestHost['next'] = async (wanted) => {
    for (;;) {
      const index = notices.findIndex(wanted);
      if (index >= 0) return notices.splice(0, index + 1)[index]!;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const call: TestHost['call'] = (method, request) => answer(host.handlers, method, request, (line) => log.push(line));
  const ask: TestHost['ask'] = async (method, request) => {
    const outcome = await answer(host.handlers, method, request, (line) => log.push(line));
    if (!outcome.ok) throw new Error(`${method}: ${outcome.error.message}`);
    return outcome.value as never;
  };
  const settled: TestHost['settled'] = async () => {
    for (;;) {
      const status = await host.handlers['workspace.status']({});
      if (status.state !== 'starting') return status;
      await next(({ kind }) => kind === 'workspace');
    }
  };
  return {
    host,
    home: options.home,
    said,
    log,
    notices,
    next,
    settled,
    filled: async () => {
      await settled();
      await until(async () => {
        const { pulledAt, kept } = await ask('sync.status', {});
        return pulledAt !== null && kept.present === kept.wanted ? true : null;
      });
    },
    call,
    ask,
    delivered: (id) =>
      until(
        async () => {
          const { rows } = await ask('sync.outbox', { offset: 0, limit: 500 });
          return rows.find((row) => row.id === id && !UNDELIVERED.includes(row.state)) ?? null;
        },
        { everyMs: 10 },
      ) as Promise<OutboxRow>,
  };
}
