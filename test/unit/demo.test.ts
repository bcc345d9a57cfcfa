import { isDisposableEmail } from 'disposable-email-domains-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { FRAUD_SIGNALS, RATE_LIMITS, TRACKABLE_APPS } from '../../core/domain/constants.ts';
import { DISPOSABLE } from '../../core/programme/demo/data/mail.ts';
import { demo, GROUPS, SCHEMES } from '../../core/programme/demo/demo.ts';
import type { DemoEvent, Truth } from '../../core/programme/demo/demo.ts';
import { describeFault, event as eventSchema } from '../../core/programme/events.ts';

const UNTIL = new Date('2026-11-22T09:30:00Z');
const DAY = 86_400_000;

function all(referrals: number, seed: number): { events: DemoEvent[]; truth: Truth[] } {
  const { events, truth } = demo({ referrals, seed, until: UNTIL });
  return { events: [...events], truth: [...truth] };
}

type Of<Type extends DemoEvent['type']> = Extract<DemoEvent, { type: Type }>;

function ofType<Type extends DemoEvent['type']>(events: readonly DemoEvent[], type: Type): Of<Type>[] {
  return events.filter((event): event is Of<Type> => event.type === type);
}

describe('a programme of 5,000 referrals', () => {
  let events: DemoEvent[];
  let truth: Truth[];
  beforeAll(() => {
    ({ events, truth } = all(5000, 7));
  });

  test('the same seed gives the same programme, another one another', () => {
    const { events: again, truth: truthAgain } = all(5000, 7);
    expect(again).toEqual(events);
    expect(truthAgain).toEqual(truth);
    expect(all(300, 1).events).not.toEqual(all(300, 2).events);
  });

  test('all 53 bits of a seed count', () => {
    expect(all(20, 5).events).not.toEqual(all(20, 5 + 2 ** 40).events);
  });

  test('events can be gone through twice', () => {
    const { events: twice } = demo({ referrals: 60, seed: 3, until: UNTIL });
    expect([...twice]).toEqual([...twice]);
  });

  test('events come in the order of (at, id), with ids of their own, none after the end', () => {
    let last = { at: Number.NEGATIVE_INFINITY, id: '' };
    const faults: string[] = [];
    for (const { at, id } of events) {
      const now = { at: Date.parse(at), id };
      if (now.at < last.at || (now.at === last.at && id <= last.id) || now.at > UNTIL.getTime()) faults.push(id);
      last = now;
    }
    expect(faults).toEqual([]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  test('every event is valid as the import reads it, and says no more than it does', () => {
    const faults = events.flatMap((event) => {
      const read = eventSchema.safeParse(event);
      if (!read.success) return [`${event.id} ${event.type}: ${describeFault(read.error)}`];
      return JSON.stringify(sorted(read.data)) === JSON.stringify(sorted(event)) ? [] : [`${event.id} was changed`];
    });
    expect(faults).toEqual([]);
  });

  test('times carry the zones of people all over the world', () => {
    const zones = new Set(events.map(({ at }) => at.slice(23)));
    for (const zone of ['Z', '+01:00', '+02:00', '-05:00', '-03:00', '+05:30', '+09:00']) expect(zones).toContain(zone);
  });

  test('e-mail addresses, users and codes are never given out twice', () => {
    const created = ofType(events, 'user.created').map(({ user }) => user);
    const changed = ofType(events, 'user.updated').flatMap(({ user }) => user.email ?? []);
    const emails = [...created.map(({ email }) => email), ...changed].map((email) => email.toLowerCase());
    expect(new Set(emails).size).toBe(emails.length);
    expect(new Set(created.map(({ id }) => id)).size).toBe(created.length);
    const codes = ofType(events, 'code.created').map(({ code }) => code.code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(emails.filter((email) => !/^[a-z0-9._+-]+@[a-z0-9.-]+\.[a-z]+$/.test(email))).toEqual([]);
  });

  test('nobody acts before they exist or after they are gone, and apps are those of the product', () => {
    const present = new Set<string>();
    const codes = new Set<string>();
    const faults: string[] = [];
    for (const event of events) {
      switch (event.type) {
        case 'user.created':
          present.add(event.user.id);
          break;
        case 'user.updated':
          if (!present.has(event.user.id)) faults.push(event.id);
          break;
        case 'user.deleted':
          if (!present.delete(event.userId)) faults.push(event.id);
          break;
        case 'code.created':
          if (!present.has(event.code.userId) || !isApp(event.code.sourceAppId)) faults.push(event.id);
          codes.add(event.code.code);
          break;
        case 'code.updated':
          if (!codes.has(event.code.code)) faults.push(event.id);
          break;
        case 'code.validated':
          if (!codes.has(event.code)) faults.push(event.id);
          break;
        case 'referral.registered':
          if (!present.has(event.refereeId) || !codes.has(event.code) || !isApp(event.sourceAppId))
            faults.push(event.id);
          break;
        case 'credits.used':
          if (!present.has(event.userId) || !isApp(event.appId)) faults.push(event.id);
          break;
        case 'user.seen':
        case 'credits.purchased':
          if (!present.has(event.userId)) faults.push(event.id);
          break;
        case 'pattern.created':
        case 'pattern.updated':
          break;
      }
    }
    expect(faults).toEqual([]);
  });

  test('nobody uses credits they do not have', () => {
    const balance = new Map<string, number>();
    const referees = new Set(truth.map(({ refereeId }) => refereeId));
    const faults: string[] = [];
    for (const event of events) {
      if (event.type === 'referral.registered' && referees.delete(event.refereeId)) add(event.refereeId, 25);
      if (event.type === 'credits.purchased') add(event.userId, event.amount);
      if (event.type === 'credits.used' && add(event.userId, -event.amount) < 0) faults.push(event.id);
    }
    expect(faults).toEqual([]);

    function add(user: string, amount: number): number {
      const sum = (balance.get(user) ?? 0) + amount;
      balance.set(user, sum);
      return sum;
    }
  });

  test('a programme has its refusals: expired, used up, closed, a second code, one’s own', () => {
    const { refused } = judged(events);
    const total = Object.values(refused).reduce((sum, count) => sum + count, 0);
    expect(Object.keys(refused)).toEqual(
      expect.arrayContaining(['already_referred', 'code_expired', 'code_inactive', 'code_max_uses', 'self_referral']),
    );
    expect(total / truth.length).toBeGreaterThan(0.02);
    expect(total / truth.length).toBeLessThan(0.05);
  });

  test('six to eight of a hundred referrals are cheats, by every scheme; every honest group is there', () => {
    const cheats = truth.filter(({ cheat }) => cheat);
    expect(cheats.length / truth.length).toBeGreaterThan(0.06);
    expect(cheats.length / truth.length).toBeLessThan(0.08);
    expect(new Set(cheats.map(({ scheme }) => scheme))).toEqual(new Set(SCHEMES));
    const honest = truth.filter(({ cheat }) => !cheat);
    expect(new Set(honest.map(({ group }) => group))).toEqual(new Set([...GROUPS, null]));
    expect(cheats.every(({ scheme, group }) => scheme !== null && group === null)).toBe(true);
    expect(honest.every(({ scheme }) => scheme === null)).toBe(true);
  });

  test('eight to twelve events for each referral; about a third of the referees buy, mostly after a day', () => {
    expect(events.length / truth.length).toBeGreaterThan(8);
    expect(events.length / truth.length).toBeLessThan(12);
    const bought = new Map<string, number>();
    for (const { userId, at } of ofType(events, 'credits.purchased')) {
      if (!bought.has(userId)) bought.set(userId, Date.parse(at));
    }
    const joined = new Map(ofType(events, 'user.created').map(({ user, at }) => [user.id, Date.parse(at)]));
    const buyers = truth.filter(({ refereeId, cheat }) => !cheat && bought.has(refereeId));
    const honest = truth.filter(({ cheat }) => !cheat);
    expect(buyers.length / honest.length).toBeGreaterThan(0.28);
    expect(buyers.length / honest.length).toBeLessThan(0.42);
    const hasty = buyers.filter(({ refereeId }) => (bought.get(refereeId) ?? 0) - (joined.get(refereeId) ?? 0) < DAY);
    expect(hasty.length / buyers.length).toBeLessThan(0.05);
  });

  test('most referrers bring one or two, a few more than forty', () => {
    const brought = new Map<string, number>();
    for (const { referrerId } of truth) brought.set(referrerId, (brought.get(referrerId) ?? 0) + 1);
    const counts = [...brought.values()];
    expect(counts.filter((count) => count <= 2).length / counts.length).toBeGreaterThan(0.6);
    expect(counts.filter((count) => count >= 40).length).toBeGreaterThan(3);
  });

  test('the programme grows over nine months', () => {
    const perMonth = Array.from({ length: 9 }, () => 0);
    for (const { at } of ofType(events, 'referral.registered')) {
      const month = 8 - Math.floor((UNTIL.getTime() - Date.parse(at)) / (30 * DAY));
      perMonth[month] = (perMonth[month] ?? 0) + 1;
    }
    expect(Math.min(...perMonth)).toBeGreaterThan(0);
    expect(sum(perMonth.slice(6))).toBeGreaterThan(1.5 * sum(perMonth.slice(0, 3)));
  });

  test('analysts made patterns of all three types and switched one off', () => {
    const patterns = ofType(events, 'pattern.created').map(({ pattern }) => pattern);
    expect(new Set(patterns.map(({ patternType }) => patternType))).toEqual(
      new Set(['email_domain', 'ip_range', 'device_pattern']),
    );
    expect(patterns.map(({ patternValue }) => patternValue.slice(-3))).toEqual(expect.arrayContaining(['/24', '/20']));
    const closed = ofType(events, 'pattern.updated').map(({ pattern }) => pattern);
    expect(closed.map(({ isActive }) => isActive)).toEqual([false]);
    expect(patterns.map(({ patternValue }) => patternValue)).toContain(closed[0]?.patternValue);
    // One pattern alone never blocks anybody.
    expect(Math.max(...patterns.map(({ scoreImpact }) => scoreImpact))).toBeLessThan(FRAUD_SIGNALS.same_device);
  });
});

test('the mail domains that cheats throw away are on the public list', () => {
  expect(DISPOSABLE.filter((domain) => !isDisposableEmail(`someone@${domain}`))).toEqual([]);
});

test.each([
  [0, 1],
  [1, 1],
  [2, 5],
  [17, 2],
  [250, 3],
  [1000, 4],
  [3000, 2 ** 40 + 11],
])(
  '%i referrals with seed %i: as many are accepted by the rules, and they are those of the truth',
  (referrals, seed) => {
    const { events, truth } = all(referrals, seed);
    const { accepted } = judged(events);
    expect(accepted).toEqual(truth.map(({ refereeId, referrerId }) => ({ refereeId, referrerId })));
    expect(truth.length).toBe(referrals);
  },
);

/** The rules of SPEC 2 for registrations, one after the other: slow and plain. */
function judged(events: readonly DemoEvent[]) {
  type KnownCode = Of<'code.created'>['code'] & { active: boolean; uses: number[] };
  const codes = new Map<string, KnownCode>();
  const referred = new Set<string>();
  const byReferrer = new Map<string, number[]>();
  const accepted: { refereeId: string; referrerId: string }[] = [];
  const refused: Record<string, number> = {};
  for (const event of events) {
    if (event.type === 'code.created') codes.set(event.code.code, { ...event.code, active: true, uses: [] });
    if (event.type === 'code.updated') {
      const code = codes.get(event.code.code);
      if (code !== undefined) code.active = event.code.isActive ?? code.active;
    }
    if (event.type !== 'referral.registered') continue;
    const reason = refusal(event);
    if (reason !== null) {
      refused[reason] = (refused[reason] ?? 0) + 1;
      continue;
    }
    const code = codes.get(event.code);
    if (code === undefined) continue;
    const at = Date.parse(event.at);
    code.uses.push(at);
    referred.add(event.refereeId);
    byReferrer.set(code.userId, [...(byReferrer.get(code.userId) ?? []), at]);
    accepted.push({ refereeId: event.refereeId, referrerId: code.userId });
  }
  return { accepted, refused };

  function refusal({ at: iso, code: text, refereeId }: Of<'referral.registered'>): string | null {
    const at = Date.parse(iso);
    const code = codes.get(text);
    if (code === undefined) return 'invalid_code';
    if (!code.active) return 'code_inactive';
    if (code.expiresAt !== undefined && Date.parse(code.expiresAt) <= at) return 'code_expired';
    if (code.maxUses !== undefined && code.uses.length >= code.maxUses) return 'code_max_uses';
    if (code.userId === refereeId) return 'self_referral';
    if (referred.has(refereeId)) return 'already_referred';
    const { registrationsPerCode, registrationsPerReferrer } = RATE_LIMITS;
    if (lately(code.uses, at) >= registrationsPerCode.limit) return 'rate_limited';
    const brought = byReferrer.get(code.userId) ?? [];
    if (code.type !== 'campaign' && lately(brought, at) >= registrationsPerReferrer.limit) return 'rate_limited';
    return null;
  }
}

function lately(times: readonly number[], at: number): number {
  return times.filter((time) => time > at - DAY).length;
}

function isApp(app: string | undefined): boolean {
  return TRACKABLE_APPS.some((known) => known === app);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The same value with its keys in order, all the way down. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
