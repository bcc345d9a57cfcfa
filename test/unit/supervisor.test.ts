import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ToHost } from '../../core/contract/host.ts';
import type { Notice } from '../../core/contract/notices.ts';
import type { HostEvents } from '../../electron/host/process.ts';
import { supervise } from '../../electron/host/supervisor.ts';

type FakeHost = { readonly events: HostEvents; readonly received: ToHost[]; killed: boolean };

function setUp() {
  const hosts: FakeHost[] = [];
  const notices: Notice[] = [];
  const log: string[] = [];
  const supervisor = supervise({
    start: (events) => {
      const host: FakeHost = { events, received: [], killed: false };
      hosts.push(host);
      return { send: (message) => host.received.push(message), kill: () => (host.killed = true) };
    },
    onNotice: (notice) => notices.push(notice),
    key: (cache, renew) =>
      Promise.resolve({ state: 'had', hex: `${renew ? 'new' : 'kept'} of ${cache}`, place: 'file' }),
    log: (line) => log.push(line),
  });
  const last = (): FakeHost => {
    const host = hosts.at(-1);
    if (!host) throw new Error('no host was started');
    return host;
  };
  return { hosts, last, notices, log, supervisor };
}

const READY = {
  state: 'ready',
  label: 'demo workspace',
  demo: true,
  mode: 'programme',
  analyst: 'lena',
  role: 'analyst',
  ruleSetVersion: 1,
  decisionsLastHour: 0,
} as const;

describe('the supervisor of the core host', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('pairs each answer with its call, in whatever order they come', async () => {
    const { supervisor, last } = setUp();
    const first = supervisor.call('reasons.list', {});
    const second = supervisor.call('queue.summary', {});
    const [a, b] = last().received.map((message) => (message.type === 'call' ? message.id : null));
    last().events.message({ type: 'answer', id: b, outcome: { ok: true, value: 'second' } });
    last().events.message({ type: 'answer', id: a, outcome: { ok: true, value: 'first' } });
    expect([await first, await second]).toEqual([
      { ok: true, value: 'first' },
      { ok: true, value: 'second' },
    ]);
  });

  it('answers what was under way with `unavailable` when the host dies, and starts another', async () => {
    const { supervisor, hosts, last, notices } = setUp();
    const lost = supervisor.call('queue.summary', {});
    last().events.exit('signal SIGKILL');
    expect(await lost).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(notices.at(-1)).toMatchObject({ kind: 'workspace', status: { state: 'starting' } });
    vi.advanceTimersByTime(250);
    expect(hosts).toHaveLength(2);
  });

  it('answers the status itself while there is no host', async () => {
    const { supervisor, last } = setUp();
    last().events.message({ type: 'notice', notice: { kind: 'workspace', status: READY } });
    last().events.exit('exit code 1');
    expect(await supervisor.call('workspace.status', {})).toMatchObject({ ok: true, value: { state: 'starting' } });
    expect(await supervisor.call('reasons.list', {})).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  });

  it('waits longer from death to death, then leaves it to a person, whose retry starts afresh', async () => {
    const { supervisor, hosts, last, notices } = setUp();
    for (const delay of [250, 500, 1_000, 2_000, 4_000]) {
      const before = hosts.length;
      last().events.exit('exit code 1');
      vi.advanceTimersByTime(delay - 1);
      expect(hosts).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(hosts).toHaveLength(before + 1);
    }
    last().events.exit('exit code 1');
    expect(notices.at(-1)).toMatchObject({ kind: 'workspace', status: { state: 'failed' } });
    vi.advanceTimersByTime(3_600_000);
    expect(hosts).toHaveLength(6);
    expect(await supervisor.call('workspace.retry', {})).toEqual({ ok: true, value: {} });
    expect(hosts).toHaveLength(7);
  });

  it('forgets earlier deaths once a host has lived for a minute', () => {
    const { hosts, last } = setUp();
    last().events.exit('exit code 1');
    vi.advanceTimersByTime(250);
    last().events.exit('exit code 1');
    vi.advanceTimersByTime(500);
    vi.advanceTimersByTime(61_000);
    last().events.exit('exit code 1');
    vi.advanceTimersByTime(250);
    expect(hosts).toHaveLength(4);
  });

  it('passes notices on, and drops and logs what is none of the contract', () => {
    const { last, notices, log } = setUp();
    notices.length = 0;
    last().events.message({ type: 'notice', notice: { kind: 'queue' } });
    last().events.message({ type: 'notice', notice: { kind: 'password', value: 'x' } });
    last().events.message('hello');
    last().events.message({ type: 'wantKey', cache: '../../elsewhere', renew: true });
    expect(notices).toEqual([{ kind: 'queue' }]);
    expect(last().received).toEqual([]);
    expect(log).toHaveLength(3);
  });

  it('gives the key of the cache to the host that asks for it, and to no other', async () => {
    const { last, hosts } = setUp();
    const first = last();
    first.events.message({ type: 'wantKey', cache: '00112233445566aa', renew: false });
    await vi.waitFor(() =>
      expect(first.received).toEqual([
        { type: 'key', key: { state: 'had', hex: 'kept of 00112233445566aa', place: 'file' } },
      ]),
    );
    first.events.message({ type: 'wantKey', cache: '00112233445566aa', renew: true });
    first.events.exit('signal SIGKILL');
    vi.advanceTimersByTime(250);
    await Promise.resolve();
    expect(hosts).toHaveLength(2);
    expect(last().received).toEqual([]);
    expect(first.received).toHaveLength(1);
  });

  it('asks the host to stop, waits for its end, and starts no other', async () => {
    const { supervisor, hosts, last } = setUp();
    const stopped = supervisor.stop();
    expect(last().received).toEqual([{ type: 'stop' }]);
    last().events.exit('exit code 0');
    await stopped;
    vi.advanceTimersByTime(3_600_000);
    expect(hosts).toHaveLength(1);
    expect(last().killed).toBe(false);
  });

  it('ends a host by force that does not stop in time', async () => {
    const { supervisor, last } = setUp();
    const stopped = supervisor.stop();
    vi.advanceTimersByTime(12_000);
    await stopped;
    expect(last().killed).toBe(true);
  });
});
