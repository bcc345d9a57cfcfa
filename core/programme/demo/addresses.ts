import type { IpType } from '../../domain/vocabulary.ts';
import { COUNTRIES, TOR, VPNS } from './data/networks.ts';
import type { Network } from './data/networks.ts';
import { PLACES } from './data/places.ts';
import type { Place } from './data/places.ts';
import type { Random } from './prng.ts';

/** A connection somebody uses again and again: a home line, a carrier, an office, a VPN. */
export type Spot = {
  readonly asn: string;
  readonly country: string;
  readonly ipType: IpType;
  /** The IPv4 addresses it comes out at, as numbers: one at home, many behind a carrier. */
  readonly v4: readonly number[];
  /** The /64 of its devices, where it has IPv6. */
  readonly v6: string | null;
};

export type Address = {
  readonly ip: string;
  readonly ipType: IpType;
  readonly country: string;
  readonly asn: string;
};

/** The address of one visit; IPv6 devices change the last half of theirs all the time. */
export function addressAt(random: Random, spot: Spot): Address {
  const { asn, country, ipType } = spot;
  const ip = spot.v6 !== null && random.chance(0.75) ? `${spot.v6}:${groups(random, 4)}` : dotted(random.pick(spot.v4));
  return { ip, ipType, country, asn };
}

/** A home line. `v6` decides whether it has IPv6 where the provider gives it. */
export function homeSpot(random: Random, country: string, v6: boolean): Spot {
  const network = random.pick(countryOf(country).fixed);
  return fixedSpot(random, network, country, 1, v6);
}

/** One network with some fixed addresses: an office or a campus. */
export function sharedSpot(random: Random, country: string, addresses: number): Spot {
  return fixedSpot(random, random.pick(countryOf(country).fixed), country, addresses, false);
}

/** Another line at the same provider, in the same /24 and the same /48. */
export function neighbourSpot(random: Random, spot: Spot): Spot {
  const network = Math.floor((spot.v4[0] ?? 0) / 256) * 256;
  const v6 = spot.v6 === null ? null : `${spot.v6.split(':').slice(0, 3).join(':')}:${groups(random, 1)}`;
  return { ...spot, v4: [network + random.int(1, 254)], v6 };
}

/** Rented addresses: servers, exits of residential proxies, as many as were bought. */
export function rentedSpot(random: Random, network: Network, ipType: IpType, addresses: number, country: string): Spot {
  return { ...fixedSpot(random, network, country, addresses, false), ipType };
}

/** Home lines of strangers, one for each request: what a residential proxy sells. */
export function proxySpot(random: Random, addresses: number, shownAs: IpType): Spot {
  const country = random.pick(PLACES).country;
  const lines = Array.from({ length: addresses }, () => hostOf(random, random.pick(countryOf(country).fixed).v4));
  return { asn: random.pick(countryOf(country).fixed).asn, country, ipType: shownAs, v4: lines, v6: null };
}

const EXITS = 24;
const POOL = 40;
const pools = new Map<string, Spot>();

/** A carrier's subscribers in one city share a small pool of public addresses. */
export function mobileSpot(random: Random, place: Place): Spot {
  const carriers = countryOf(place.country).mobile;
  const carrier = random.pick(carriers);
  const city = PLACES.indexOf(place);
  return pooled(`${carrier.v4} ${city}`, carrier, place.country, 'residential', (city + 1) * 2 * POOL, POOL);
}

export function vpnSpot(random: Random, country: string): Spot {
  const service = random.pick(VPNS);
  return pooled(`${service.v4} ${country}`, service, country, 'vpn', 1, EXITS);
}

export function torSpot(): Spot {
  return pooled(TOR.v4, TOR, 'NL', 'tor', 1, EXITS);
}

function pooled(key: string, network: Network, country: string, ipType: IpType, from: number, size: number): Spot {
  const known = pools.get(key);
  if (known !== undefined) return known;
  const { base, hosts } = rangeOf(network.v4);
  const v4 = Array.from({ length: size }, (_, i) => usable(base + ((from + i) % hosts)));
  const spot = { asn: network.asn, country, ipType, v4, v6: null };
  pools.set(key, spot);
  return spot;
}

function fixedSpot(random: Random, network: Network, country: string, addresses: number, v6: boolean): Spot {
  const first = hostOf(random, network.v4);
  const subnet = Math.floor(first / 256) * 256;
  const v4 = [first];
  while (v4.length < addresses) v4.push(subnet + random.int(1, 254));
  const prefix = v6 && network.v6 !== null ? network.v6 : null;
  return {
    asn: network.asn,
    country,
    ipType: 'residential',
    v4,
    v6: prefix === null ? null : `${prefix}:${groups(random, 4 - prefix.split(':').length)}`,
  };
}

function countryOf(country: string): (typeof COUNTRIES)[string] {
  const known = COUNTRIES[country];
  if (known === undefined) throw new Error(`no networks for ${country}`);
  return known;
}

function hostOf(random: Random, cidr: string): number {
  const { base, hosts } = rangeOf(cidr);
  return usable(base + random.int(0, hosts - 1));
}

/** Neither the network's own address nor its broadcast. */
function usable(address: number): number {
  const last = address % 256;
  if (last === 0) return address + 1;
  return last === 255 ? address - 1 : address;
}

type Range = { readonly base: number; readonly hosts: number };
const ranges = new Map<string, Range>();

function rangeOf(cidr: string): Range {
  const known = ranges.get(cidr);
  if (known !== undefined) return known;
  const [address = '', bits = '32'] = cidr.split('/');
  const base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const range = { base, hosts: 2 ** (32 - Number(bits)) };
  ranges.set(cidr, range);
  return range;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.');
}

function groups(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.int(1, 0xffff).toString(16)).join(':');
}
