import { expect, test } from 'vitest';
import { formatSocketAddress, normalAddress, parseSocketAddress } from '../../src/base/socket-address.ts';

test.each([
  ['[::1]:647', { address: '::1', port: 647 }],
  ['[2001:DB8:0::1]:0', { address: '2001:db8::1', port: 0 }],
  ['192.0.2.1:65535', { address: '192.0.2.1', port: 65535 }],
  [':547', { address: '::', port: 547 }],
  ['[fe80::1%eth0]:547', { address: 'fe80::1%eth0', port: 547 }],
])('%s is an address with a port', (text, end) => {
  expect(parseSocketAddress(text)).toEqual(end);
});

test.each([
  '',
  '::1',
  '::1:647',
  '[::1]',
  '[::1]:',
  '[::1]:65536',
  '[192.0.2.1]:1',
  'example.com:647',
  '192.0.2:1',
])('%j is none', (text) => {
  expect(parseSocketAddress(text)).toBeUndefined();
});

test('a formatted address reads back', () => {
  for (const text of ['[2001:db8::1]:647', '192.0.2.1:647']) {
    const end = parseSocketAddress(text);
    expect(end && formatSocketAddress(end)).toBe(text);
  }
});

test('an IPv4 peer of a dual-stack socket is the IPv4 address', () => {
  expect(normalAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(normalAddress('2001:DB8::0')).toBe('2001:db8::');
  expect(normalAddress('nonsense')).toBeUndefined();
});
