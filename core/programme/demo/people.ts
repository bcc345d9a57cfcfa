import { homeSpot, mobileSpot, vpnSpot } from './addresses.ts';
import type { Spot } from './addresses.ts';
import { PLACES } from './data/places.ts';
import type { Place } from './data/places.ts';
import { devicesOf } from './devices.ts';
import type { Device } from './devices.ts';
import { nameOf } from './names.ts';
import type { Name } from './names.ts';
import type { Random } from './prng.ts';

export type Person = {
  readonly name: Name;
  readonly place: Place;
  /** Where they connect from, the most usual first. */
  readonly spots: readonly Spot[];
  readonly devices: readonly Device[];
};

/** Shares of people: with IPv6 at home where there is any, with a VPN at hand. */
const IPV6 = 0.4;
const VPN = 0.03;

export function personIn(random: Random, place: Place): Person {
  const home = homeSpot(random, place.country, random.chance(IPV6));
  const mobile = mobileSpot(random, place);
  const usual = random.chance(0.8) ? [home, mobile] : [mobile, home];
  const spots = random.chance(VPN) ? [...usual, vpnSpot(random, place.country)] : usual;
  return { name: nameOf(random, place.locale), place, spots, devices: devicesOf(random) };
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
  const [first] = person.spots;
  return first !== undefined && random.chance(0.62) ? first : random.pick(person.spots);
}

export function usualDevice(random: Random, person: Person): Device {
  const [first] = person.devices;
  return first !== undefined && random.chance(0.7) ? first : random.pick(person.devices);
}

export function fullName(name: Name): string {
  return `${name.given} ${name.family}`;
}
