import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { ConflictView } from '../../core/contract/sync.ts';
import type { Decision } from '../../core/domain/decision.ts';
import type { HostOptions } from '../../core/host/open.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { decide } from '../../core/review/decide.ts';
import { type Analysts, analysts } from './analysts.ts';
import { type TestHost, testHosts } from './host.ts';
import { type MigratedDatabase, migratedDatabase } from './migrated.ts';
import { type Proxy, proxyTo } from './proxy.ts';
import { Story, tell } from './story.ts';
import { until } from './until.ts';

export const NOW = new Date('2026-03-10T12:00:00Z');
export const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;

/** Rob has brought in three people from his own address and device, days apart: windows of analysts, a network that can be cut, and noor, who decides meanwhile. */
export type OfflineDay = {
  readonly db: MigratedDatabase;
  readonly team: Analysts;
  readonly noor: Pool;
  readonly network: Proxy;
  readonly hosts: ReturnType<typeof testHosts>;
  readonly story: Story;
  readonly bring: (name: string, at: string, ip: string) => void;
  /** Four more within the hour of the first: the band of all five rises. */
  readonly riseBand: () => Promise<void>;
  readonly itemOf: (name: string) => Promise<string>;
  readonly statusOf: (itemId: string) => Promise<unknown>;
  /** A window whose connection goes through the network, with everything kept. */
  readonly windowOf: (person: string, role: 'analyst' | 'lead', options?: Partial<HostOptions>) => Promise<TestHost>;
  /** One of the computers of a person who has a login. */
  readonly computerOf: (person: string, options?: Partial<HostOptions>) => Promise<TestHost>;
  /** By then some of three are closed, and only what is open is kept whole. */
  readonly windowOfLead: () => Promise<TestHost>;
  readonly goOffline: (window: TestHost) => Promise<void>;
  readonly comeBack: (window: TestHost) => Promise<void>;
  readonly noorDecides: (itemId: string, decision: Decision) => Promise<string>;
  readonly end: () => Promise<void>;
};

export async function offlineDay(): Promise<OfflineDay> {
  const db = await migratedDatabase();
  const team = await analysts(db);
  const noor = await team.login('noor');
  const network = await proxyTo(db.database.connection);
  const hosts = testHosts();
  const story = new Story()
    .user('2026-01-01T10:00:00Z', 'rob', 'Rob Ode', 'rob.first@example.com')
    .code('2026-01-02T10:00:00Z', 'rob', 'ROB')
    .seen('2026-02-01T10:00:00Z', 'rob', '192.0.2.1', 'd-home');
  const bring: OfflineDay['bring'] = (name, at, ip) => {
    story.user('2026-02-28T10:00:00Z', name, name, `${name}@${name}.example`);
    story.registered(at, name, 'ROB', ip, ...(ip === '192.0.2.1' ? ['d-home'] : []));
  };
  for (const [nth, name] of ['rae', 'rex', 'ria'].entries()) bring(name, `2026-03-0${nth + 1}T11:00:00Z`, '192.0.2.1');
  await tell(db.pool, story.events, NOW);

  const computerOf: OfflineDay['computerOf'] = async (person, options = {}) => {
    const opened = await hosts.open({ databaseUrl: network.through(team.url(person)), ...options });
    await opened.filled();
    return opened;
  };
  return {
    db,
    team,
    noor,
    network,
    hosts,
    story,
    bring,
    computerOf,
    async riseBand() {
      for (const [nth, name] of ['rib', 'roz', 'rud', 'ryn'].entries()) {
        bring(name, `2026-03-01T11:${10 + nth * 10}:00Z`, '198.51.100.7');
      }
      await tell(db.pool, story.events, NOW);
    },
    async itemOf(name) {
      const { rows } = await db.pool.query<{ id: string }>(
        `SELECT q.id FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id
         WHERE r.referee_id = $1`,
        [name],
      );
      return rows[0]?.id ?? '';
    },
    async statusOf(itemId) {
      return (await db.pool.query('SELECT status FROM referrals.review_queue WHERE id = $1', [itemId])).rows[0]?.status;
    },
    async windowOf(person, role, options = {}) {
      await team.login(person, role);
      return computerOf(person, options);
    },
    async windowOfLead() {
      await team.login('lena', 'lead');
      const opened = await hosts.open({ databaseUrl: team.url('lena') });
      expect(await opened.settled()).toMatchObject({ state: 'ready', may: { lead: true } });
      return opened;
    },
    async goOffline({ next }) {
      network.shut();
      await next((notice) => notice.kind === 'sync' && notice.status.link === 'offline');
    },
    async comeBack({ ask }) {
      await network.openAgain();
      await ask('sync.now', {});
    },
    async noorDecides(itemId, decision) {
      const decisionId = randomUUID();
      const [result] = await decide(noor, [{ decisionId, itemId, decision, reason: REASONS[decision] }]);
      expect(result).toMatchObject({ outcome: 'applied' });
      return decisionId;
    },
    async end() {
      await hosts.close();
      network.shut();
      await team.end();
      await db.end();
    },
  };
}

export async function decideIn({ ask }: TestHost, itemId: string, decision: Decision): Promise<string> {
  const decisionId = randomUUID();
  const call = { decisionId, itemId, expectedVersion: 1, decision, reason: REASONS[decision] };
  expect(await ask('case.decide', call)).toMatchObject({ state: 'queued' });
  return decisionId;
}

/** What came back, once what stands against it is known: the evidence comes behind the answer. */
export function conflictOf({ ask }: TestHost, id: string): Promise<ConflictView> {
  return until(async () => {
    const view = await ask('sync.conflict', { id });
    return view === null || (view.theirs === null && view.now?.status !== 'pending') ? null : view;
  });
}
