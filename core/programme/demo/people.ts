import { homeSpot, mobileSpot, vpnSpot } from './addresses.ts';
import type { Spot } from './addresses.ts';
import { PLACES } from './data/places.ts';
import type { Place } from './data/places.ts';
import { someDevices } from './devices.ts';
import type { Device } from './devices.ts';
import { nameOf } from './names.ts';
import type { Name } from './names.ts';
import { Random } from './prng.ts';

export type Person = {
  readonly name: Name;
  readonly place: Place;
  /** Draws what is not given below, the same each time: lines and phones of their own need no memory. */
  readonly seed: number;
  readonly spots?: readonly Spot[];
  readonly devices?: readonly Device[];
};

/** Shares of people: with IPv6 at home where there is any, with a VPN at hand. */
const IPV6 = 0.4;
const VPN = 0.03;

export function personIn(random: Random, place: Place): Person {
  return { name: nameOf(random, place.locale), place, seed: random.uint() };
}

/** Where they connect from, the most usual first. */
export function spotsOf({ place, seed, spots }: Person): readonly Spot[] {
  if (spots !== undefined) return spots;
  const random = new Random(seed);
  const home = homeSpot(random, place.country, random.chance(IPV6));
  const mobile = mobileSpot(random, place);
  const usual = random.chance(0.8) ? [home, mobile] : [mobile, home];
  return random.chance(VPN) ? [...usual, vpnSpot(random, place.country)] : usual;
}

export function devicesOf({ seed, devices }: Person): readonly Device[] {
  return devices ?? someDevices(new Random(seed + 1));
}

/** Somebody from anywhere. */
export function stranger(random: Random): Person {
  return personIn(random, random.weighted(PLACES));
}

/** A friend lives in the same city, in the same country, or far away. */
export function friendOf(random: Random, person: Person): Person {
  const near = random.next();
  if (near < 0.62) return personIn(random, person.place);
  if (near > 0.86) return stranger(random);
  return personIn(random, random.weighted(PLACES.filter((place) => place.country === person.place.country)));
}

/** The one they are at mostly, sometimes another. */
export function usualSpot(random: Random, person: Person): Spot {
  return mostlyFirst(random, spotsOf(person), 0.62);
}

export function usualDevice(random: Random, person: Person): Device {
  return mostlyFirst(random, devicesOf(person), 0.7);
}

function mostlyFirst<T>(random: Random, list: readonly T[], share: number): T {
  const [first] = list;
  return first !== undefined && random.chance(share) ? first : random.pick(list);
}

export function fullName(name: Name): string {
  return `${name.given} ${name.family}`;
}
