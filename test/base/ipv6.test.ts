import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { formatIpv6, parseIpv6, parsePrefix, prefixContains } from '../../src/base/ipv6.ts';

const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

describe('RFC 5952 text', () => {
  // Sections 4.2.1 to 4.3 of RFC 5952, by hand.
  it.each([
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010000000000010000000000000001', '2001:0:0:1::1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['20010db8aaaabbbbccccddddeeee0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
  ])('%s is %s', (hex, text) => {
    expect(formatIpv6(octets(hex))).toBe(text);
    expect(parseIpv6(text)).toEqual(octets(hex));
  });

  it('refuses what is no address', () => {
    for (const text of ['', '::g', '1::2::3', '192.0.2.1', 'fe80::1%eth0']) {
      expect(parseIpv6(text)).toBeUndefined();
    }
  });
});

describe('prefixes', () => {
  it('contain by leading bits', () => {
    const prefix = parsePrefix('2001:db8:8000::/35');
    if (prefix === undefined) throw new Error('not parsed');
    expect(prefixContains(prefix, octets('20010db89fff0000000000000000abcd'))).toBe(true);
    expect(prefixContains(prefix, octets('20010db8a0000000000000000000abcd'))).toBe(false);
  });

  it('are refused beyond 128 bits and without length', () => {
    expect(parsePrefix('2001:db8::/129')).toBeUndefined();
    expect(parsePrefix('2001:db8::')).toBeUndefined();
    expect(parsePrefix('2001:db8::/')).toBeUndefined();
  });
});
