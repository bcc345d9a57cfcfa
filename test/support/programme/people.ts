import { DAY, HOUR, MINUTE, SECOND } from '../model/seed.ts';
import { isoOf, microsOf } from '../model/moment.ts';
import type { ModelEvent } from '../model/state.ts';
import type { Random } from '../random.ts';

export type Shape = {
  readonly referrers: number;
  readonly referees: number;
  /** Codes with few uses, ends, owners who quarrel over them, people who register again and again. */
  readonly isContested: boolean;
  /** Most registrations come through one campaign, and there are days on which everybody does something. */
  readonly isDense: boolean;
  readonly days: number;
};

type Sketch<Event = ModelEvent> = Event extends unknown ? Omit<Event, 'id' | 'at'> & { readonly at: number } : never;

const BEGIN = Date.UTC(2026, 0, 1) * 1000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
/** Minutes after the first of a burst: some exactly five after another, some exactly the fifth of an hour. */
const EDGES = [0, 5, 20, 45, 60, 65, 80, 105] as const;
const OTHER_APPS = ['todo', 'mail', 'presi', 'finance', 'no-such-app'] as const;

/** Everything that happens in a programme, in no order. Ids are in an order of their own, in upper and lower case. */
export function happenings(random: Random, shape: Shape): readonly ModelEvent[] {
  const sketches = [...referrersOf(random, shape), ...refereesOf(random, shape), ...patternsOf(random)];
  const used = new Set<number>();
  return random.shuffled(sketches).map(({ at, ...fields }, index) => {
    const id = `${random.pick(['e', 'E', '_'])}${random.int(0, 36).toString(36)}-${index}`;
    return { id, at: isoOf(free(used, random, at)), ...fields };
  });
}

/** Most events have an instant of their own, to the microsecond; some share one on purpose. */
function free(used: Set<number>, random: Random, at: number): number {
  if (at % MINUTE === 0) return at;
  let own = at;
  while (used.has(own)) own += random.int(1, 1000);
  used.add(own);
  return own;
}

function nameOf(kind: 'r' | 'u', index: number): string {
  return `${kind}${String(index).padStart(3, '0')}`;
}

const ipOf = (userId: string): string =>
  `10.${userId.charCodeAt(0)}.${userId.slice(1, 2)}.${Number(userId.slice(2)) + 1}`;
const deviceOf = (userId: string): string => `phone of ${userId}`;
const codeOf = (referrer: number, kind: string): string => `${kind}-${referrer}`;

function account(random: Random, userId: string, at: number, local?: string): Sketch {
  const domain = random.pick([
    'firm.example',
    'firm.example',
    'home.example',
    'home.example',
    'home.example',
    'blocked.example',
    'mail.blocked.example',
    'mailinator.com',
    'in.guerrillamail.com',
  ]);
  const name = local ?? Array.from({ length: 14 }, () => LETTERS[random.int(0, 26)]).join('');
  return {
    type: 'user.created',
    at,
    user: {
      id: userId,
      name: `${userId} Ash`,
      email: `${name}${userId.replace('r', '9').slice(userId.startsWith('r') ? 0 : 1)}@${domain}`,
    },
  };
}

const SAME_NAMES = ['bartholomew.quist', 'wilhelmina.dorn'];

function referrersOf(random: Random, shape: Shape): Sketch[] {
  return Array.from({ length: shape.referrers }, (_, index) => {
    const userId = nameOf('r', index);
    const born = BEGIN - (random.chance(0.3) ? 2 * DAY : 40 * DAY) + random.int(0, HOUR);
    const made = Math.max(born, BEGIN - 3 * DAY) + random.int(1, HOUR);
    const sightings = Array.from({ length: 4 }, (): Sketch => ({
      type: 'user.seen',
      at: BEGIN + Math.floor(random.int(-1, shape.days) * DAY * random.next()) + random.int(0, DAY),
      userId,
      context: random.pick(['login', 'code_validation']),
      ip: ipOf(userId),
      ...(random.chance(0.7) && { device: deviceOf(userId) }),
    }));
    return [
      account(random, userId, born, index === 0 ? SAME_NAMES[0] : undefined),
      ...codesOf(random, shape, index, made),
      ...sightings,
    ];
  }).flat();
}

function codesOf(random: Random, shape: Shape, index: number, made: number): Sketch[] {
  const userId = nameOf('r', index);
  const sketches: Sketch[] = [
    { type: 'code.created', at: made, code: { code: codeOf(index, 'OWN'), userId, type: 'custom' } },
    { type: 'code.created', at: made + 1, code: { code: codeOf(index, 'CAMPAIGN'), userId, type: 'campaign' } },
  ];
  for (let looked = 0; looked < 3; looked += 1) {
    const at = BEGIN + random.int(0, shape.days) * DAY + random.int(0, DAY);
    const busy = random.chance(0.3) ? 24 : 2;
    for (let nth = 0; nth < busy; nth += 1) {
      sketches.push({
        type: 'code.validated',
        at: at + nth * 2 * SECOND,
        code: codeOf(index, 'OWN'),
        ip: `10.9.9.${index}`,
      });
    }
  }
  const auto = (suffix: string, at: number): Sketch => ({
    type: 'code.created',
    at,
    code: { code: `AUT${suffix}${'ABCDEFGHJKMNPQRSTUVWXYZ'[index]}A`, userId, type: 'auto' },
  });
  sketches.push(auto('Q', made + 2));
  if (!shape.isContested) return sketches;
  if (random.chance(0.5)) sketches.push(auto('R', made + random.int(3, DAY)));
  const limits = {
    ...(random.chance(0.6) && { maxUses: random.int(1, 4) }),
    ...(random.chance(0.5) && { expiresAt: isoOf(BEGIN + random.int(1, 6) * DAY) }),
  };
  sketches.push({
    type: 'code.created',
    at: random.chance(0.3) ? BEGIN + random.int(0, 3 * DAY) : made + 3,
    code: { code: codeOf(index, 'FEW'), userId, type: 'custom', ...limits },
  });
  if (limits.expiresAt !== undefined) sketches.push(...onTheDot(random, shape, codeOf(index, 'FEW'), limits.expiresAt));
  for (let change = 0; change < 3; change += 1) {
    sketches.push({
      type: 'code.updated',
      at: BEGIN + 3 * DAY + random.int(0, 4 * DAY),
      code: {
        code: codeOf(index, random.pick(['FEW', 'FEW', 'OWN'])),
        ...random.pick([
          { isActive: false },
          { isActive: true },
          { maxUses: random.int(0, 5) },
          { maxUses: null },
          { expiresAt: isoOf(BEGIN + random.int(3, 9) * DAY) },
          { expiresAt: null },
        ]),
      },
    });
  }
  const hours = random.int(0, 48) * HOUR;
  for (let nth = 0; nth < (random.chance(0.4) ? 13 : 2); nth += 1) {
    const at = BEGIN + hours + nth * random.int(4, 9) * MINUTE + random.int(1, SECOND);
    sketches.push({ type: 'code.created', at, code: { code: codeOf(nth, `MORE-${index}`), userId, type: 'custom' } });
  }
  // Somebody else makes a code of the same name, before or after.
  const rival = nameOf('r', (index + 1) % shape.referrers);
  if (random.chance(0.5)) {
    sketches.push({
      type: 'code.created',
      at: made + random.int(-HOUR, HOUR),
      code: { code: codeOf(index, 'FEW'), userId: rival, type: 'custom' },
    });
  }
  return sketches;
}

/** Somebody who registers at the very instant at which a code ends. */
function onTheDot(random: Random, shape: Shape, code: string, ends: string): Sketch[] {
  const userId = nameOf('u', random.int(0, shape.referees));
  return [{ type: 'referral.registered', at: microsOf(ends), refereeId: userId, code, ip: ipOf(userId) }];
}

function refereesOf(random: Random, shape: Shape): Sketch[] {
  const registering = shape.isDense ? shape.days / 12 : shape.isContested ? 8 : shape.days / 2;
  return Array.from({ length: shape.referees }, (_, index) => {
    const userId = nameOf('u', index);
    const spread = Math.floor(((index + random.next() * 0.6) / shape.referees) * registering * DAY);
    const anywhere = random.int(0, registering) * DAY + random.int(0, 6) * 4 * HOUR;
    const usual =
      shape.isDense || random.chance(0.6) ? spread : anywhere + random.pick([0, MINUTE, 2 * MINUTE, 7 * MINUTE]);
    const burst = burstOf(random, shape, index);
    const at = BEGIN + (burst?.at ?? usual);
    const attempts = shape.isContested ? random.pick([1, 1, 2, 3]) : 1;
    const registrations = Array.from({ length: attempts }, (_, nth) => {
      const when = at + nth * random.pick([0, MINUTE, DAY]) + (burst ? 0 : random.int(0, 2) * random.int(1, HOUR));
      return registration(random, shape, userId, when, nth === 0 ? burst?.code : undefined);
    });
    const local = random.chance(0.04) ? random.pick(SAME_NAMES) : undefined;
    const born = account(random, userId, at - random.int(1, 3 * DAY), local);
    return [born, ...registrations, ...lifeOf(random, shape, userId, at)];
  }).flat();
}

/**
 * Of every 24 the last eight register one after the other through one code. A campaign has days on which more come than it
 * may take, and than a referrer may bring.
 */
function burstOf(random: Random, shape: Shape, index: number): { readonly at: number; readonly code: string } | null {
  if (shape.isDense && index >= 100 && index < 165) {
    return { at: 2 * DAY + index * 9 * MINUTE + random.int(0, HOUR), code: codeOf(0, 'CAMPAIGN') };
  }
  if (shape.isDense && index >= 165 && index < 200) {
    return { at: 3 * DAY + (index - 165) * 20 * MINUTE, code: codeOf(1, 'OWN') };
  }
  // To the instant a day after the first of those.
  if (shape.isDense && index >= 200 && index < 205) {
    return { at: 4 * DAY + (index - 200) * 20 * MINUTE, code: codeOf(1, 'OWN') };
  }
  const [group, place] = [Math.floor(index / 24), (index % 24) - 16];
  if (place < 0) return null;
  const begin = ((group % 5) + 1) * DAY + group * HOUR;
  const at =
    group % 2 === 0 ? begin + place * 8 * MINUTE + random.int(0, 9 * MINUTE) : begin + (EDGES[place] ?? 0) * MINUTE;
  return { at, code: codeOf(group % shape.referrers, 'OWN') };
}

function registration(random: Random, shape: Shape, userId: string, at: number, chosen?: string): Sketch {
  const referrer = random.int(0, shape.referrers);
  const kinds = shape.isContested ? ['OWN', 'FEW', 'FEW', 'CAMPAIGN', 'NOBODY'] : ['OWN', 'CAMPAIGN'];
  const any = shape.isDense && random.chance(0.8) ? codeOf(0, 'CAMPAIGN') : codeOf(referrer, random.pick(kinds));
  const code = chosen ?? any;
  const owner = nameOf('r', Number(code.split('-')[1]));
  const isOwners = chosen === undefined && random.chance(shape.isDense ? 0.03 : 0.15);
  const app = random.pick(['chat', 'chat', 'todo', undefined]);
  const type = random.pick(['residential', 'residential', 'residential', 'residential', 'vpn', 'tor', undefined]);
  const device =
    isOwners && random.chance(0.6) ? deviceOf(owner) : random.pick([deviceOf(userId), deviceOf(userId), undefined]);
  return {
    type: 'referral.registered',
    at,
    refereeId: random.chance(0.02) && shape.isContested ? owner : userId,
    code,
    ip: isOwners ? ipOf(owner) : ipOf(userId),
    ...(app !== undefined && { sourceAppId: app }),
    ...(type !== undefined && { ipType: type }),
    ...(device !== undefined && { device }),
  };
}

/** What a referee does afterwards. */
function lifeOf(random: Random, shape: Shape, userId: string, at: number): Sketch[] {
  const used = (when: number): Sketch => ({
    type: 'credits.used',
    at: when,
    userId,
    appId: random.chance(0.5) ? 'chat' : random.pick(OTHER_APPS),
    amount: random.int(1, 9),
  });
  const bought = (when: number): Sketch => ({
    type: 'credits.purchased',
    at: when,
    userId,
    amount: random.int(10, 200),
  });
  const life: Sketch[] = [];
  const later = (within: number): number => at + random.int(1, within);
  if (random.chance(0.1)) life.push(used(at - random.int(1, HOUR)));
  // Rules have edges: some things happen exactly there.
  if (random.chance(0.1)) life.push(used(at + 5 * MINUTE));
  if (random.chance(0.1)) life.push(bought(at + DAY));
  if (random.chance(0.05)) life.push(used(at), bought(at));
  if (random.chance(0.25)) life.push(used(later(6 * MINUTE)));
  if (random.chance(0.5)) life.push(used(later(2 * DAY)));
  if (random.chance(0.15)) life.push(bought(later(2 * DAY)));
  if (shape.isDense) {
    const rush = BEGIN + Math.ceil(shape.days / 12 + 2) * DAY;
    life.push(
      used(rush + random.int(0, 10 * HOUR)),
      used(rush + random.int(0, 20 * HOUR)),
      bought(rush + random.int(8 * HOUR, DAY)),
    );
  } else if (random.chance(0.6)) life.push(bought(later(6 * DAY)));
  for (let nth = 0; nth < 2; nth += 1) if (random.chance(0.6)) life.push(used(at + 22 * DAY + random.int(1, 12 * DAY)));
  if (random.chance(0.2)) {
    life.push({
      type: 'user.seen',
      at: later(3 * DAY),
      userId,
      context: 'login',
      ip: ipOf(userId),
      device: deviceOf(userId),
    });
  }
  return life;
}

function patternsOf(random: Random): Sketch[] {
  const blocked = { patternType: 'email_domain', patternValue: 'blocked.example' } as const;
  const device = { patternType: 'device_pattern', patternValue: deviceOf('u003') } as const;
  // Finds many who were paid before, lately or long ago.
  const home = { patternType: 'email_domain', patternValue: 'home.example' } as const;
  const late: Sketch = {
    type: 'pattern.created',
    at: BEGIN + random.pick([4, 7, 9]) * DAY + 5,
    pattern: { ...home, severity: 'high', scoreImpact: 62 },
  };
  return [
    {
      type: 'pattern.created',
      at: BEGIN + random.int(-2, 9) * DAY + 1,
      pattern: { ...blocked, severity: 'high', scoreImpact: random.pick([25, 40, 65]) },
    },
    {
      type: 'pattern.created',
      at: BEGIN + random.int(-2, 9) * DAY + 2,
      pattern: { ...device, severity: 'high', scoreImpact: random.pick([30, 60, 90]) },
    },
    { type: 'pattern.updated', at: BEGIN + 12 * DAY + 3, pattern: { ...blocked, isActive: false } },
    ...(random.chance(0.8) ? [late] : []),
    ...(random.chance(0.5)
      ? [{ type: 'pattern.updated' as const, at: BEGIN + 15 * DAY + 4, pattern: { ...blocked, isActive: true } }]
      : []),
  ];
}
