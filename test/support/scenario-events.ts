import type { Json } from '../../core/domain/json.ts';

/** One line of an event file (SPEC 7). */
export type ScenarioEvent = { readonly id: string; readonly type: string; readonly at: string } & {
  readonly [field: string]: Json;
};

type Fields = { readonly [field: string]: Json };

/** The moment most scenarios register their referee at; every other time is told as a distance from it. */
const START = Date.parse('2026-03-10T12:00:00.000Z');

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** `-30d`, `+1h30m`, `+4m59.999s` or `0`, from the start of the scenario, in milliseconds. */
function distance(offset: string): number {
  if (offset === '0') return 0;
  const parts = [...offset.slice(1).matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)];
  const read = parts.map((part) => part[0]).join('');
  if (!/^[+-]/.test(offset) || read !== offset.slice(1) || read === '') throw new Error(`not an offset: ${offset}`);
  const total = parts.reduce((sum, part) => sum + Number(part[1]) * UNITS[part[2] as keyof typeof UNITS], 0);
  return Math.round(offset.startsWith('-') ? -total : total);
}

/** The instant at a sum of offsets from the start, as ISO 8601 in UTC. */
export function at(...offsets: readonly string[]): string {
  return new Date(offsets.reduce((sum, offset) => sum + distance(offset), START)).toISOString();
}

/** An offset of so many minutes after the start. */
export function minutes(count: number): string {
  return count === 0 ? '0' : `+${count}m`;
}

/** An address of the user's own: three-letter names never share one. */
export function ipOf(userId: string): string {
  return `100.${[0, 1, 2].map((index) => userId.charCodeAt(index)).join('.')}`;
}

/** Three-letter names: too short for `similar_email` on a free provider, and each with an address of its own. */
export function crowd(count: number): readonly string[] {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  return Array.from({ length: count }, (_, index) => `k${letters[Math.floor(index / 26)]}${letters[index % 26]}`);
}

export function user(userId: string, offset: string, email = `${userId}@gmail.com`): ScenarioEvent {
  return {
    id: `user.created ${userId}`,
    type: 'user.created',
    at: at(offset),
    user: { id: userId, name: `${userId} Ash`, email },
  };
}

export function code(name: string, userId: string, offset: string, fields: Fields = {}): ScenarioEvent {
  return {
    id: `code.created ${name}`,
    type: 'code.created',
    at: at(offset),
    code: { code: name, userId, type: 'custom', ...fields },
  };
}

export function codeUpdated(name: string, offset: string, fields: Fields): ScenarioEvent {
  return {
    id: `code.updated ${name} ${offset}`,
    type: 'code.updated',
    at: at(offset),
    code: { code: name, ...fields },
  };
}

/** A registration from an address and a device that nobody else has, unless `fields` says otherwise. */
export function register(refereeId: string, codeName: string, offset = '0', fields: Fields = {}): ScenarioEvent {
  return {
    id: `registered ${refereeId} ${codeName} ${offset}`,
    type: 'referral.registered',
    at: at(offset),
    refereeId,
    code: codeName,
    sourceAppId: 'chat',
    ip: ipOf(refereeId),
    ipType: 'residential',
    device: `phone of ${refereeId}`,
    ...fields,
  };
}

/** The same event without one of its fields. */
export function without(event: ScenarioEvent, field: string): ScenarioEvent {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== field)) as ScenarioEvent;
}

export function seen(userId: string, offset: string, fields: Fields): ScenarioEvent {
  const sighting = { context: 'login', ip: ipOf(userId), ipType: 'residential', ...fields };
  return { id: `seen ${userId} ${offset}`, type: 'user.seen', at: at(offset), userId, ...sighting };
}

/** Usage of the app that referrals come through here, so that no `cross_app` bonus enters. */
export function used(userId: string, offset: string, fields: Fields = {}): ScenarioEvent {
  const usage = { appId: 'chat', amount: 5, ...fields };
  return { id: `used ${userId} ${offset}`, type: 'credits.used', at: at(offset), userId, ...usage };
}

export function bought(userId: string, offset: string, fields: Fields = {}): ScenarioEvent {
  const purchase = { amount: 100, ...fields };
  return { id: `bought ${userId} ${offset}`, type: 'credits.purchased', at: at(offset), userId, ...purchase };
}

export function pattern(
  patternType: 'email_domain' | 'ip_range' | 'device_pattern',
  patternValue: string,
  scoreImpact: number,
  offset = '-40d',
): ScenarioEvent {
  return {
    id: `pattern.created ${patternValue} ${offset}`,
    type: 'pattern.created',
    at: at(offset),
    pattern: { patternType, patternValue, severity: 'medium', scoreImpact },
  };
}

export function patternSwitched(
  patternType: string,
  patternValue: string,
  isActive: boolean,
  offset: string,
): ScenarioEvent {
  return {
    id: `pattern.updated ${patternValue} ${offset}`,
    type: 'pattern.updated',
    at: at(offset),
    pattern: { patternType, patternValue, isActive },
  };
}

/** An old account with an old code: a referrer with nothing against them. */
export function referrer(userId = 'rob', codeName = 'ROB'): readonly ScenarioEvent[] {
  return [user(userId, '-60d'), code(codeName, userId, '-50d')];
}

/** A referee whose account is an hour older than the registration, which is `fields`. */
export function referee(userId: string, codeName = 'ROB', offset = '0', fields: Fields = {}): readonly ScenarioEvent[] {
  return [
    { ...user(userId, '-1h'), at: new Date(Date.parse(at(offset)) - 3_600_000).toISOString() },
    register(userId, codeName, offset, fields),
  ];
}

/** Rob's code and Rae, who registers with it at the start: no signal fires on them as they stand. */
export function pair(fields: Fields = {}): readonly ScenarioEvent[] {
  return [...referrer(), ...referee('rae', 'ROB', '0', fields)];
}

/** A pair of their own, one of many in a programme; `who` tells their e-mail addresses or what the registration says. */
export function couple(
  nth: number,
  who: { readonly referrer?: string; readonly referee?: string; readonly registration?: Fields },
): readonly ScenarioEvent[] {
  const [rob, rae, name] = [`rob${nth}`, `rae${nth}`, `ROB-${nth}`];
  return [
    user(rob, '-60d', who.referrer),
    code(name, rob, '-50d'),
    user(rae, '-1h', who.referee),
    register(rae, name, '0', who.registration),
  ];
}
