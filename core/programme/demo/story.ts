import type { Account, Code, Registration, Sighting } from './accounts.ts';
import { addressAt } from './addresses.ts';
import type { Spot } from './addresses.ts';
import { wakingMoment } from './calendar.ts';
import type { Device } from './devices.ts';
import type { Connection, DemoEvent, Told } from './events.ts';
import { habitsOf } from './habits.ts';
import { fullName, spotsOf, usualDevice, usualSpot } from './people.ts';
import { Random } from './prng.ts';
import { BONUS_AMOUNTS, TRACKABLE_APPS } from '../../domain/constants.ts';
import { MINUTE, SECOND } from './time.ts';
import { isoAt } from './zones.ts';

/** How long before an account is created its story may begin, by a look at the code. */
export const FOREWORD = 8 * MINUTE;

const PACKS = [
  { weight: 50, amount: 100 },
  { weight: 30, amount: 250 },
  { weight: 14, amount: 500 },
  { weight: 6, amount: 1200 },
];

/** Senders cannot always tell what kind of address it is. */
const UNTYPED = 0.04;

/** Everything that happens to one account until the end, in the order of time; the same each time it is told. */
export function storyOf(account: Account, until: number): Told[] {
  const random = new Random(account.seed);
  const { id, person } = account;
  const habits = habitsOf(account);
  const zone = person.place.zone;
  const deleted = account.changes.find((change) => change.kind === 'deleted')?.at ?? until;
  const end = Math.min(until, deleted);
  const told: Told[] = [];

  begin();
  for (const code of account.codes) tellCode(code);
  for (const registration of account.registrations) tellRegistration(registration);
  for (const sighting of account.seen) see(sighting);
  for (let i = 0; i < habits.visits; i++) {
    const at = wakingMoment(random, zone, account.createdAt + 30 * MINUTE, habits.leaves + 31 * MINUTE);
    see({ at, spot: usualSpot(random, person), device: usualDevice(random, person) });
  }
  spend();
  for (const change of account.changes) {
    const { at } = change;
    switch (change.kind) {
      case 'renamed':
        tell(at, { id: '', type: 'user.updated', at: '', user: { id, name: change.name } });
        break;
      case 'moved':
        tell(at, { id: '', type: 'user.updated', at: '', user: { id, email: change.email } });
        break;
      case 'deleted':
        tell(at, { id: '', type: 'user.deleted', at: '', userId: id });
        break;
    }
  }
  return told.sort((a, b) => a.at - b.at);

  function begin(): void {
    const { email, createdAt } = account;
    const name = fullName(person.name);
    tell(createdAt, { id: '', type: 'user.created', at: '', user: { id, name, email } });
    const comesByCode = account.registrations.some(({ at }) => at < createdAt + 5 * MINUTE);
    const [spot] = spotsOf(person);
    if (comesByCode || spot === undefined) return;
    see({ at: createdAt + random.int(2, 25) * SECOND, spot, device: usualDevice(random, person) });
  }

  function tellCode(code: Code): void {
    const { text, type, createdAt, app, maxUses, expiresAt, channel, closedAt } = code;
    tell(createdAt, {
      id: '',
      type: 'code.created',
      at: '',
      code: {
        code: text,
        userId: id,
        type,
        ...(maxUses !== undefined && { maxUses }),
        ...(expiresAt !== undefined && { expiresAt: iso(expiresAt) }),
        sourceAppId: app,
        ...(channel !== undefined && { metadata: { channel } }),
      },
    });
    if (closedAt === undefined) return;
    tell(closedAt, { id: '', type: 'code.updated', at: '', code: { code: text, isActive: false } });
  }

  function tellRegistration({ at, code, app, lookedUpAt, ...how }: Registration): void {
    const spot = how.spot ?? usualSpot(random, person);
    const device = how.device ?? usualDevice(random, person);
    const address = addressAt(random, spot);
    const { ip, country, asn } = address;
    if (lookedUpAt !== null && lookedUpAt > code.createdAt) {
      tell(lookedUpAt, {
        id: '',
        type: 'code.validated',
        at: '',
        code: code.text,
        ip,
        ...(device.id !== null && { device: device.id }),
      });
    }
    tell(at, {
      id: '',
      type: 'referral.registered',
      at: '',
      refereeId: id,
      code: code.text,
      sourceAppId: app,
      ...connection(at, ip, spot, device),
      ipCountry: country,
      ipAsn: asn,
    });
  }

  function see({ at, spot, device }: Sighting): void {
    const { ip } = addressAt(random, spot);
    tell(at, {
      id: '',
      type: 'user.seen',
      at: '',
      userId: id,
      context: 'login',
      ...connection(at, ip, spot, device),
    });
  }

  function connection(at: number, ip: string, spot: Spot, device: Device): Connection {
    return {
      ip,
      ipType: spot.ipType === 'residential' && random.chance(UNTYPED) ? 'unknown' : spot.ipType,
      ...(device.id !== null && { device: device.id }),
      userAgent: device.agent.name(at),
    };
  }

  /** Purchases and usages; nobody uses credits they do not have. */
  function spend(): void {
    const purchases = habits.purchases.map((at) => ({ at: Math.floor(at), amount: random.weighted(PACKS).amount }));
    const bonuses = account.registrations
      .slice(0, 1)
      .map(({ at }) => ({ at, amount: BONUS_AMOUNTS.registered.referee }));
    const income = [...purchases, ...bonuses];
    for (const { at, amount } of purchases) {
      tell(at, { id: '', type: 'credits.purchased', at: '', userId: id, amount });
    }
    const apps = appsOf();
    let used = 0;
    for (const at of usages()) {
      const had = income.reduce((sum, credit) => sum + (credit.at < at ? credit.amount : 0), 0);
      const amount = Math.min(had - used, random.int(1, had > 50 ? 12 : 3));
      if (amount < 1) continue;
      used += amount;
      const appId = random.chance(0.6) ? (apps[0] ?? 'chat') : random.pick(apps);
      tell(at, { id: '', type: 'credits.used', at: '', userId: id, appId, amount });
    }
  }

  function usages(): number[] {
    const { firstUse, uses, leaves } = habits;
    if (uses === 0) return [];
    const later = Array.from({ length: uses - 1 }, () =>
      wakingMoment(random, zone, firstUse + MINUTE, Math.max(leaves, firstUse + 2 * MINUTE)),
    );
    return [Math.floor(firstUse), ...later].sort((a, b) => a - b);
  }

  function appsOf(): string[] {
    const door = account.registrations[0]?.app ?? account.codes[0]?.app ?? 'chat';
    return [door, ...random.sample(TRACKABLE_APPS, habits.apps - 1)];
  }

  function iso(at: number): string {
    return isoAt(at, zone);
  }

  function tell(at: number, event: DemoEvent): void {
    if (at <= end) told.push({ at, zone, event });
  }
}
