import * as fc from 'fast-check';
import { at, type ScenarioEvent } from './scenario-events.ts';
import type { Json } from '../../core/domain/json.ts';

/** A small random programme: few people, codes, addresses and instants, so that they meet often. */

const USERS = ['ann', 'bob', 'cyd', 'dan', 'eva', 'fay', 'gil', 'hal'] as const;
const CODES = ['ONE', 'TWO', 'THREE', 'FOUR'] as const;
const ADDRESSES = ['192.0.2.1', '192.0.2.2', '198.51.100.9', '2001:db8::1', '2001:DB8:0:0:0:0:0:1', '::ffff:192.0.2.1'];
const DEVICES = ['tablet', 'laptop', undefined];
const LOCAL_PARTS = ['jonathan.meyer', 'jonathan.meier', 'jonatan.meyer', 'kim', 'info', 'rosalind'];
const DOMAINS = ['firm.de', 'other.de', 'gmail.com', 'mailinator.com'];
const IP_TYPES = ['residential', 'vpn', 'tor', undefined];
const APPS = ['chat', 'todo'];

type Fields = { readonly [field: string]: Json | undefined };

/** The fields of an event without its id, which the place in the programme gives. */
type Sketch = Fields & { readonly type: string; readonly at: string };

/** Instants of six days in a coarse grid, so that two events often share one and some are seconds apart. */
const instant = fc
  .tuple(fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 6, 8, 11), fc.constantFrom('0', '+1s', '+2m', '+6m', '+50m'))
  .map(([halfDay, more]) => at(`+${halfDay * 12}h`, more));

const account = (userId: string, index: number): fc.Arbitrary<Sketch> =>
  fc
    .record({ local: fc.constantFrom(...LOCAL_PARTS), domain: fc.constantFrom(...DOMAINS), young: fc.boolean() })
    .map(({ local, domain, young }) => ({
      type: 'user.created',
      at: at(young ? '-1d' : '-60d'),
      user: { id: userId, name: `${userId} Ash`, email: `${local}${index}@${domain}` },
    }));

const limits = fc.record(
  { maxUses: fc.integer({ min: 1, max: 2 }), expiresAt: fc.constantFrom(at('+2d'), at('+4d')) },
  { requiredKeys: [] },
);

function newCode(code: string, index: number, limited: boolean): fc.Arbitrary<Sketch> {
  const userId = index < 2 ? 'ann' : 'bob';
  return fc
    .record({ more: limited ? limits : fc.constant({}), when: fc.constantFrom('-23h', '-4m', '+13h') })
    .map(({ more, when }) => ({ type: 'code.created', at: at(when), code: { code, userId, type: 'custom', ...more } }));
}

const codeChanged = fc
  .record({ code: fc.constantFrom(...CODES), at: instant, switched: fc.boolean(), isActive: fc.boolean(), limits })
  .map(({ code, at, switched, isActive, limits }): Sketch => {
    return { type: 'code.updated', at, code: { code, ...(switched ? { isActive } : limits) } };
  });

/** Somebody else makes a code that there is already, or will be. */
const codeClaimed = fc
  .record({ code: fc.constantFrom('one', 'THREE'), at: fc.constantFrom(at('-2d'), at('-1h'), at('+14h')) })
  .map(({ code, at }): Sketch => ({ type: 'code.created', at, code: { code, userId: 'hal', type: 'custom' } }));

/** Codes that somebody makes in a rush, about as many as an hour takes; some are also made by somebody else. */
const RUSHED = Array.from({ length: 13 }, (_, index) => `RUSH-${index}`);
const AUTOMATIC = ['AAAAAA', 'BBBBBB'] as const;

const minute = fc.constantFrom('0', '+10m', '+20m', '+59m', '+60m', '+70m');

const creation = (code: string, userId: string, type: string): fc.Arbitrary<Sketch> =>
  minute.map((more) => ({ type: 'code.created', at: at('+1h', more), code: { code, userId, type } }));

const rush = fc
  .tuple(
    fc.tuple(...RUSHED.map((code) => creation(code, 'cyd', 'custom'))),
    fc.array(
      fc.constantFrom(...RUSHED).chain((code) => creation(code, 'dan', 'custom')),
      { maxLength: 4 },
    ),
    fc.array(
      fc
        .tuple(fc.constantFrom(...AUTOMATIC), fc.constantFrom('cyd', 'dan', 'eva'))
        .chain(([code, userId]) => creation(code, userId, 'auto')),
      { maxLength: 5 },
    ),
  )
  .map((parts) => parts.flat());

/** More look-ups than the minutes take, so that one more or less early on changes what is accepted minutes later. */
const lookUps = fc.array(
  fc
    .record({ ip: fc.constantFrom('2001:db8::1', '2001:DB8:0:0:0:0:0:1'), half: fc.nat({ max: 8 }) })
    .map(({ ip, half }): Sketch => ({ type: 'code.validated', at: at('+1h', `+${half * 30}s`), code: 'ONE', ip })),
  { minLength: 60, maxLength: 130 },
);

const visit = fc.record({
  at: instant,
  ip: fc.constantFrom(...ADDRESSES),
  device: fc.constantFrom(...DEVICES),
  ipType: fc.constantFrom(...IP_TYPES),
});

const registrationOf = (referee: fc.Arbitrary<string>, codes: readonly string[] = CODES): fc.Arbitrary<Sketch> =>
  fc
    .record({ visit, referee, code: fc.constantFrom(...codes), sourceAppId: fc.constantFrom(...APPS) })
    .map(({ visit, referee, code, sourceAppId }) => {
      return { type: 'referral.registered', ...visit, refereeId: referee, code, sourceAppId };
    });

const sighting = fc
  .record({ visit, userId: fc.constantFrom(...USERS), context: fc.constantFrom('login', 'code_validation') })
  .map(({ visit, userId, context }): Sketch => ({ type: 'user.seen', ...visit, userId, context }));

const usage = fc
  .record({ at: instant, userId: fc.constantFrom(...USERS), appId: fc.constantFrom(...APPS) })
  .map((fields): Sketch => ({ type: 'credits.used', ...fields, amount: 3 }));

const purchase = fc
  .record({ at: instant, userId: fc.constantFrom(...USERS) })
  .map((fields): Sketch => ({ type: 'credits.purchased', ...fields, amount: 100 }));

const newAddress = fc
  .record({ at: instant, id: fc.constantFrom(...USERS), local: fc.constantFrom(...LOCAL_PARTS) })
  .map(({ at, id, local }): Sketch => ({ type: 'user.updated', at, user: { id, email: `${local}.${id}@other.de` } }));

/** Only those that apply to history: the others depend on when they arrive, and mean to. */
const PATTERNS = [
  ['email_domain', 'firm.de', 20],
  ['email_domain', '/^jonat/', 31],
  ['ip_range', '192.0.2.0/24', 25],
  ['ip_range', '2001:db8::/48', 40],
  ['ip_range', '198.51.100.9', 60],
  ['device_pattern', 'tablet', 12],
] as const;

const patterns = fc
  .subarray([...PATTERNS])
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map(([patternType, patternValue, scoreImpact]) =>
        fc.record({ at: instant, switched: fc.option(instant) }).map(({ at, switched }): readonly Sketch[] => {
          const pattern = { patternType, patternValue };
          const made = { type: 'pattern.created', at, pattern: { ...pattern, severity: 'medium', scoreImpact } };
          const off = { type: 'pattern.updated', at: switched ?? at, pattern: { ...pattern, isActive: false } };
          return switched === null ? [made] : [made, off];
        }),
      ),
    ),
  )
  .map((groups) => groups.flat());

/** Ids in an order of their own, so that events of one instant are not in the order of the file. */
function withIds(sketches: readonly Sketch[]): readonly ScenarioEvent[] {
  return sketches.map((sketch, index) => {
    const fields = Object.entries(sketch).filter(([, value]) => value !== undefined);
    return { id: `e${(index * 37) % 101}-${index}`, ...Object.fromEntries(fields) } as ScenarioEvent;
  });
}

function programme(contested: boolean): fc.Arbitrary<readonly ScenarioEvent[]> {
  const registrations = contested
    ? fc.array(registrationOf(fc.constantFrom(...USERS), [...CODES, ...CODES, ...RUSHED.slice(8), ...AUTOMATIC]), {
        minLength: 4,
        maxLength: 12,
      })
    : fc.tuple(...USERS.slice(1).map((userId) => registrationOf(fc.constant(userId))));
  return fc
    .tuple(
      fc.tuple(...USERS.map(account)),
      fc.tuple(...CODES.map((code, index) => newCode(code, index, contested))),
      registrations,
      fc.array(contested ? codeChanged : sighting, { maxLength: 3 }),
      fc.array(contested ? codeClaimed : sighting, { maxLength: 1 }),
      fc.array(sighting, { maxLength: 6 }),
      fc.array(usage, { maxLength: 6 }),
      fc.array(purchase, { maxLength: 4 }),
      fc.array(newAddress, { maxLength: 2 }),
      patterns,
      contested ? rush : fc.constant([]),
      contested ? lookUps : fc.constant([]),
    )
    .map((parts) => withIds(parts.flat()));
}

/** Everything fights over everything: limits, codes that are switched off or change hands, referees who register again and again. */
export const contestedProgramme = programme(true);

/** Everybody registers once, with codes that take all of them. */
export const peacefulProgramme = programme(false);

/** The same events in another order, some of them told again, in one to four files. */
export function retold(events: readonly ScenarioEvent[]): fc.Arbitrary<readonly (readonly ScenarioEvent[])[]> {
  const again = fc.subarray([...events], { maxLength: Math.min(6, events.length) });
  return again
    .chain((copies) => fc.shuffledSubarray([...events, ...copies], { minLength: events.length + copies.length }))
    .chain((all) => fc.array(fc.nat({ max: all.length }), { maxLength: 3 }).map((cuts) => split(all, cuts)));
}

function split(events: readonly ScenarioEvent[], cuts: readonly number[]): readonly (readonly ScenarioEvent[])[] {
  const ends = [...cuts, events.length].sort((a, b) => a - b);
  return ends.map((end, index) => events.slice(ends[index - 1] ?? 0, end));
}
