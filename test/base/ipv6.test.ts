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
    // Section 5, of IPv4-mapped addresses alone: nobody can tell ::192.0.2.1 from ::c000:201.
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['00000000000000000000ffff00000000', '::ffff:0.0.0.0'],
    ['000000000000000000000000c0000201', '::c000:201'],
    ['00000000000000010000ffffc0000201', '::1:0:ffff:c000:201'],
    ['0064ff9b0000000000000000c0000201', '64:ff9b::c000:201'],
  ])('%s is %s', (hex, text) => {
    expect(formatIpv6(octets(hex))).toBe(text);
    expect(parseIpv6(text)).toEqual(octets(hex));
  });

  it('is read in both forms', () => {
    for (const text of ['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:c000:0201'])
      expect(formatIpv6(parseIpv6(text) as Uint8Array)).toBe('::ffff:192.0.2.1');
    expect(formatIpv6(parseIpv6('::192.0.2.1') as Uint8Array)).toBe('::c000:201');
    expect(parsePrefix('::ffff:192.0.2.0/120')).toEqual(parsePrefix('::ffff:c000:200/120'));
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
