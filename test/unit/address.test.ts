import { expect, test } from 'vitest';
import { canonicalAddress, keptNetworks, parseRange } from '../../core/engine/address.ts';

const text = (ip: string): string | undefined => canonicalAddress(ip)?.text;

test('one address has one form', () => {
  expect(text('2001:db8::1')).toBe(text('2001:0DB8:0:0:0:0:0:1'));
  expect(text('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(text('::ffff:c000:201')).toBe('192.0.2.1');
  expect(text(' 192.0.2.1 ')).toBe('192.0.2.1');
  expect(text('fe80::1%eth0')).toBe(text('fe80::1'));
});

test('what is no address is refused, octal and short forms too', () => {
  for (const ip of [
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '0x7f.0.0.1',
    '2130706433',
    '1::2::3',
    '',
    'localhost',
    '1.2.3.4/24',
  ]) {
    expect([ip, canonicalAddress(ip)]).toEqual([ip, null]);
  }
});

test('the networks that are kept', () => {
  const networks = (ip: string): string[] => {
    const address = canonicalAddress(ip);
    return address === null ? [] : keptNetworks(address);
  };
  expect(networks('192.0.2.77')).toEqual(['192.0.0.0/16', '192.0.2.0/24']);
  expect(networks('2001:db8:1:2:3:4:5:6')).toEqual([
    '2001:db8:0:0:0:0:0:0/32',
    '2001:db8:1:0:0:0:0:0/48',
    '2001:db8:1:2:0:0:0:0/64',
  ]);
});

test('ranges contain what they say, of their own version only', () => {
  const contains = (range: string, ip: string): boolean | undefined => {
    const address = canonicalAddress(ip);
    return address === null ? undefined : parseRange(range)?.contains(address);
  };
  expect(contains('198.51.96.0/20', '198.51.111.255')).toBe(true);
  expect(contains('198.51.96.0/20', '198.51.112.0')).toBe(false);
  expect(contains('0.0.0.0/0', '2001:db8::1')).toBe(false);
  expect(contains('2001:db8::/29', '2001:dbf:ffff::1')).toBe(true);
  expect(contains('::ffff:192.0.2.0/120', '192.0.2.9')).toBe(true);
  expect([
    parseRange('192.0.2.0/33'),
    parseRange('192.0.2.0/-1'),
    parseRange('192.0.2.0/'),
    parseRange('x/24'),
  ]).toEqual([null, null, null, null]);
});
