import ipaddr from 'ipaddr.js';

/** An address in the one form in which it is hashed. Never stored, never logged. */
export type CanonicalAddress = {
  readonly text: string;
  readonly version: 4 | 6;
};

/** Prefix lengths whose networks are kept as keyed hashes (SPEC 1). */
export const KEPT_PREFIXES = { 4: [16, 24], 6: [32, 48, 64] } as const;

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

function parse(text: string): Parsed | null {
  // ipaddr.js reads 010.0.0.1 as octal; only four plain decimals are an IPv4 address here.
  const plain = text.trim();
  if (!plain.includes(':')) {
    return ipaddr.IPv4.isValidFourPartDecimal(plain) && !/(^|\.)0\d/.test(plain) ? ipaddr.IPv4.parse(plain) : null;
  }
  const zoneless = plain.split('%', 1)[0] ?? '';
  if (!ipaddr.IPv6.isValid(zoneless)) return null;
  const address = ipaddr.IPv6.parse(zoneless);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** The canonical form, or null where the text is no address. IPv4-mapped IPv6 is IPv4. */
export function canonicalAddress(text: string): CanonicalAddress | null {
  const address = parse(text);
  if (address === null) return null;
  return { text: address.toNormalizedString(), version: address.kind() === 'ipv4' ? 4 : 6 };
}

/** The networks of an address at the lengths that are kept, as text to be hashed. */
export function keptNetworks(address: CanonicalAddress): string[] {
  return KEPT_PREFIXES[address.version].map((length) => networkText(ipaddr.parse(address.text), length));
}

/** A CIDR range or a single address; null where the text is neither. Host bits are cut off. */
export type AddressRange = {
  readonly version: 4 | 6;
  readonly length: number;
  readonly network: string;
  readonly contains: (address: CanonicalAddress) => boolean;
};

export function parseRange(text: string): AddressRange | null {
  const [base = '', prefix, ...rest] = text.trim().split('/');
  const address = parse(base);
  if (address === null || rest.length > 0) return null;
  const bits = address.kind() === 'ipv4' ? 32 : 128;
  let length = prefix === undefined ? bits : Number(prefix);
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return null;
  // ::ffff:192.0.2.0/120 speaks of the last 24 bits of an IPv4 address.
  if (prefix !== undefined && base.includes(':') && bits === 32) length -= 96;
  if (length < 0 || length > bits) return null;
  const version = bits === 32 ? 4 : 6;
  return {
    version,
    length,
    network: networkText(address, length),
    contains: (candidate) => {
      if (candidate.version !== version) return false;
      const other = ipaddr.parse(candidate.text);
      if (address instanceof ipaddr.IPv4) return other instanceof ipaddr.IPv4 && other.match(address, length);
      return other instanceof ipaddr.IPv6 && other.match(address, length);
    },
  };
}

function networkText(address: Parsed, length: number): string {
  const bytes = address.toByteArray().map((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - index * 8));
    return byte & (0xff << (8 - kept));
  });
  return `${ipaddr.fromByteArray(bytes).toNormalizedString()}/${length}`;
}
