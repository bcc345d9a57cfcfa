import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { inject } from 'vitest';
import { invocation } from '../../../electron/launcher/invocation.ts';
import type { CallOutcome } from '../../../core/contract/methods.ts';
import type { Notice } from '../../../core/contract/notices.ts';
import { coreHosts, processesOf } from '../core-hosts.ts';
import { RefusedCall } from '../host-child.ts';
import { until } from '../until.ts';
import { lineTo, type PageLine } from './page-line.ts';
import type { Program } from './program.ts';

export type Where = { readonly home: string; readonly databaseUrl: string };

/** Which of its processes die. */
export type Victim = 'all' | 'main' | 'host';

/** The real program with its window. */
export type Desktop = Program & {
  /** With SIGKILL. Returns when what was killed is gone, and with main whatever goes with it. */
  readonly kill: (victim: Victim) => Promise<void>;
};

/**
 * Starts it with no other debugger than a line to its page: with Playwright's the registry's Electron stands still in one start of
 * ten (launch.ts), and here there are many.
 */
export async function openDesktop(where: Where): Promise<Desktop> {
  const main = start(where, ['--remote-debugging-port=0'], 'pipe');
  const ended = once(main, 'exit').then(() => undefined);
  const line = await lineTo(await pageOf(main));
  const call: Program['call'] = async (method, request) => {
    const outcome = await line.ask(`umpire.call(${JSON.stringify(method)}, ${JSON.stringify(request)})`);
    if (outcome === null) return null;
    const told = outcome as CallOutcome;
    if (!told.ok) throw new RefusedCall(method, told.error);
    return told.value as never;
  };
  await until(async () => await line.ask(`document.querySelector('footer') && 'shown'`), { everyMs: 10 });
  return {
    call,
    subscribe: await noticesOf(line),
    ended,
    kill: async (victim) => {
      if (victim === 'host') return killHosts(where.home);
      main.kill('SIGKILL');
      if (victim === 'all') await killRest(where.home);
      await until(async () => (processesOf(where.home).length === 0 ? true : null), { everyMs: 10 });
      await ended;
    },
  };
}

/** Starts it and kills it so much later, wherever it is then. */
export async function killStarting(where: Where, afterMs: number): Promise<void> {
  const main = start(where, [], 'ignore');
  const ended = once(main, 'exit');
  await pause(afterMs);
  main.kill('SIGKILL');
  await killRest(where.home);
  await ended;
}

function start({ home, databaseUrl }: Where, args: readonly string[], stderr: 'pipe' | 'ignore'): ChildProcess {
  const display = inject('display');
  const environment = {
    ...process.env,
    ...(display === null ? {} : { DISPLAY: display }),
    UMPIRE_HOME: home,
    UMPIRE_DATABASE_URL: databaseUrl,
  };
  const how = invocation(inject('runtime'), environment, () => {});
  return spawn(how.executable, [...how.args, ...args], { env: how.env, stdio: ['ignore', 'ignore', stderr] });
}

/** Where the page's debugger listens, once there is a page. */
async function pageOf(main: ChildProcess): Promise<string> {
  const { promise: told, resolve: tell } = Promise.withResolvers<string>();
  let said = '';
  main.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
    const found = /DevTools listening on ws:\/\/([^/\s]+)/.exec(said);
    if (found?.[1] !== undefined) tell(found[1]);
  });
  const address = await told;
  const found = await until(
    async () => {
      const pages = (await (await fetch(`http://${address}/json/list`)).json()) as readonly {
        readonly url: string;
        readonly webSocketDebuggerUrl: string;
      }[];
      return pages.find(({ url }) => url.startsWith('umpire:'))?.webSocketDebuggerUrl ?? null;
    },
    { everyMs: 10 },
  );
  return found ?? '';
}

async function noticesOf(line: PageLine): Promise<Program['subscribe']> {
  const listeners = new Set<(notice: Notice) => void>();
  await line.hear('told', (text) => listeners.forEach((listener) => listener(JSON.parse(text) as Notice)));
  await line.ask('void umpire.subscribe((notice) => told(JSON.stringify(notice)))');
  return (listener) => void listeners.add(listener);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Main is dead: everything else dies too, what was being started included. */
async function killRest(home: string): Promise<void> {
  await until(
    async () => {
      const left = processesOf(home);
      left.forEach(kill);
      return left.length === 0 ? true : null;
    },
    { everyMs: 5 },
  );
}

/** Main lives, and starts another. */
async function killHosts(home: string): Promise<void> {
  const hosts = coreHosts(home);
  hosts.forEach(kill);
  await until(async () => (coreHosts(home).some((pid) => hosts.includes(pid)) ? null : true), { everyMs: 5 });
}
