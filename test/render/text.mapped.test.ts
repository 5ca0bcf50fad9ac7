/**
 * IPv4-mapped addresses have one form wherever they are shown, dotted as RFC 5952 §5 recommends and tshark has it, and are
 * found by both forms.
 */
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { requireFilter } from '../../src/filter/compile.ts';
import { infoOf } from '../../src/render/info.ts';
import { Ladder } from '../../src/render/ladder.ts';
import { treeRows } from '../../src/render/tree.ts';
import { DISSECTORS } from '../dissect/captured.ts';
import { messageOf } from '../dissect/made.ts';
import { datagramCapture } from '../support/datagrams.ts';
import { tshark, tsharkIsMissing } from '../support/tshark.ts';

const ADDRESS = '00000000000000000000ffffc0000201';
/** REPLY: IA_NA with the address, DNS_SERVERS with it and with ::192.0.2.1, which is none; ADDRSEL_TABLE with its /112. */
const REPLY = fromHex(
  `07abcdef 0003 0028 00000001 00000708 00000b40 0005 0018 ${ADDRESS} 00000bb8 00000e10 ` +
    `0017 0020 ${ADDRESS} 000000000000000000000000c0000201 0055 0011 01 28 70 00000000000000000000ffffc000`,
) as Uint8Array;
const message = messageOf(REPLY, 'dhcpv6');
const lines = (all: readonly unknown[]): string => JSON.stringify(all);

describe('an IPv4-mapped address', () => {
  it('is dotted in text, tree, JSON, fields and ladder', () => {
    expect(message.problems()).toEqual([]);
    expect(infoOf(message)).toContain('::ffff:192.0.2.1');
    expect(message.facts().leases[0]?.text).toBe('::ffff:192.0.2.1');
    expect(lines(treeRows(message))).toContain('::ffff:192.0.2.1');
    const json = message.json();
    expect(json).toContain('"IPv6-address":"::ffff:192.0.2.1"');
    expect(json).toContain('"DNS-recursive-name-server":["::ffff:192.0.2.1","::c000:201"]');
    expect(json).toContain('"prefix":"::ffff:192.0.0.0/112"');
    expect(lines(new Ladder(100).add(message, {}))).toContain('::ffff:192.0.2.1');
    const texts = [infoOf(message), lines(treeRows(message)), json];
    for (const text of texts) expect(text).not.toContain('ffff:c000');
  });

  it.each([
    'IPv6-address == ::ffff:192.0.2.1',
    'IPv6-address == ::ffff:c000:201',
    'IPv6-address in {::ffff:192.0.2.1}',
    'lease in ::ffff:192.0.2.0/120',
    'lease in ::ffff:c000:200/120',
    'DNS-recursive-name-server == "::ffff:192.0.2.1"',
    'prefix in ::ffff:192.0.0.0/112',
  ])('is found with %s', (text) => {
    expect(requireFilter(text, DISSECTORS).matches(message, {})).toBe(true);
  });

  it.each(['lease == ::ffff:192.0.2.2', 'lease in ::ffff:192.0.3.0/120', 'lease == ::192.0.2.1'])(
    'is not found with %s',
    (text) => {
      expect(requireFilter(text, DISSECTORS).matches(message, {})).toBe(false);
    },
  );

  it.skipIf(tsharkIsMissing())('is shown so by tshark, too', () => {
    const out = tshark(datagramCapture([REPLY]), ['-T', 'fields', '-e', 'dhcpv6.iaaddr.ip']);
    expect(out.trim()).toBe('::ffff:192.0.2.1');
  });
});
