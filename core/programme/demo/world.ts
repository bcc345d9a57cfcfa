import { TRACKABLE_APPS } from '../../domain/constants.ts';
import type { Account, Code, Referral, Registration, Sighting } from './accounts.ts';
import type { Spot } from './addresses.ts';
import { Calendar } from './calendar.ts';
import { CodeTexts } from './codes.ts';
import type { Device } from './devices.ts';
import { Emails } from './emails.ts';
import type { Habits } from './habits.ts';
import type { Person } from './people.ts';
import { mix } from './prng.ts';
import type { Random } from './prng.ts';
import { DAY, HOUR, MINUTE, SECOND } from './time.ts';
import type { Group, Scheme } from './truth.ts';

/** Apps by how often people come through them. */
const DOORS = TRACKABLE_APPS.map((app, i) => ({ app, weight: [30, 16, 6, 9, 7, 10, 6, 3, 5, 2, 2, 3, 1][i] ?? 1 }));

const NONE: readonly never[] = [];

export type Join = {
  readonly at: number;
  readonly email?: string;
  readonly habits?: Habits;
};

export type Recruit = {
  readonly at: number;
  readonly email?: string;
  readonly habits?: Habits;
  readonly spot?: Spot;
  readonly device?: Device;
  readonly scheme?: Scheme;
  readonly group?: Group;
};

export type CodeTerms = {
  readonly type: Code['type'];
  readonly at: number;
  readonly maxUses?: number;
  readonly expiresAt?: number;
  readonly channel?: string;
  readonly closedAt?: number;
};

/** Everybody and everything in one programme, while it is being planned. */
export class World {
  readonly calendar: Calendar;
  readonly emails = new Emails();
  readonly accounts: Account[] = [];
  readonly referrals: Referral[] = [];
  /** Codes of campaigns with the moment of their last accepted use. */
  readonly campaigns: { readonly code: Code; readonly lastUse: number; readonly full: boolean }[] = [];
  readonly #codes = new CodeTexts();
  readonly #salt: number;

  constructor(random: Random, until: number) {
    this.calendar = new Calendar(random.child('calendar'), until);
    this.#salt = random.child('ids').uint();
  }

  get start(): number {
    return this.calendar.start;
  }

  get until(): number {
    return this.calendar.until;
  }

  /** A new account that nobody referred. */
  join(random: Random, person: Person, { at, email, habits }: Join): Account {
    return this.#open(random, person, at, email, habits ?? null);
  }

  /** A new account, registered with a code: an accepted referral. */
  recruit(random: Random, code: Code, person: Person, how: Recruit): Account {
    const createdAt = how.at - random.int(4, 50) * SECOND - random.int(0, 999);
    const account = this.#open(random, person, createdAt, how.email, how.habits ?? null);
    this.adopt(random, code, account, how);
    return account;
  }

  /** An account registers with a code and is accepted: it never was referred before. */
  adopt(random: Random, code: Code, account: Account, how: Recruit): void {
    const { at, scheme, group } = how;
    this.#register(random, code, account, how, true);
    this.referrals.push({
      at,
      truth: {
        refereeId: account.id,
        referrerId: code.owner.id,
        cheat: scheme !== undefined,
        scheme: scheme ?? null,
        group: group ?? null,
      },
    });
  }

  /** A registration that will be refused. */
  attempt(random: Random, code: Code, account: Account, at: number): void {
    this.#register(random, code, account, { at }, false);
  }

  #register(random: Random, code: Code, account: Account, how: Recruit, accepted: boolean): void {
    const registration: Registration = {
      at: how.at,
      code,
      spot: how.spot ?? null,
      device: how.device ?? null,
      app: random.chance(0.7) ? code.app : this.app(random),
      accepted,
      lookedUpAt: random.chance(0.42) ? how.at - random.int(60, 400) * SECOND : null,
    };
    account.registrations = [...account.registrations, registration];
  }

  code(random: Random, owner: Account, terms: CodeTerms): Code {
    const { type, at, ...rest } = terms;
    const text =
      type === 'auto'
        ? this.#codes.auto(random)
        : type === 'custom'
          ? this.#codes.custom(random, owner.person)
          : this.#codes.campaign(random);
    const code: Code = { text, type, owner, createdAt: at, app: this.app(random), ...rest };
    owner.codes = [...owner.codes, code];
    return code;
  }

  /** The code somebody shares: their first, made when they looked for it. */
  ownCode(random: Random, owner: Account): Code {
    const [first] = owner.codes;
    if (first !== undefined) return first;
    const begin = Math.max(owner.createdAt, this.start) + random.int(30, 600) * SECOND;
    const end = Math.max(begin, Math.min(this.until - 2 * HOUR, begin + random.skewed(0, 8 * DAY, 4)));
    return this.code(random, owner, { type: 'auto', at: Math.floor(random.chance(0.5) ? begin : end) });
  }

  see(account: Account, sighting: Sighting): void {
    account.seen = [...account.seen, sighting];
  }

  app(random: Random): string {
    return random.weighted(DOORS).app;
  }

  /** When somebody who will refer others came: half were customers before the programme began. */
  arrival(random: Random, person: Person, latest: number): number {
    if (random.chance(0.45)) return Math.floor(this.start - random.skewed(DAY, 150 * DAY));
    return this.calendar.signUp(random, person.place.zone, this.start + MINUTE, latest);
  }

  #open(random: Random, person: Person, at: number, email: string | undefined, habits: Habits | null): Account {
    const serial = this.accounts.length;
    const account: Account = {
      id: `usr_${mix(serial ^ this.#salt)
        .toString(36)
        .padStart(7, '0')}`,
      person,
      email: email ?? this.emails.personal(random, person.name, person.place.locale),
      createdAt: at,
      habits,
      seed: random.uint(),
      codes: NONE,
      registrations: NONE,
      seen: NONE,
      changes: NONE,
    };
    this.accounts.push(account);
    return account;
  }
}
