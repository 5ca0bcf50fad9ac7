import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { PROBLEMS_MAX } from '../../src/dissect/limits.ts';
import type { TreeNode } from '../../src/dissect/message.ts';
import { messageOf } from './made.ts';

/** A BNDUPD with these options, in hex. */
function update(hex: string): ReturnType<typeof messageOf> {
  return messageOf(fromHex(`18000001 2d799b90 ${hex}`) as Uint8Array);
}

function option(code: number, contents: string): string {
  const digits = contents.replaceAll(' ', '');
  return code.toString(16).padStart(4, '0') + (digits.length / 2).toString(16).padStart(4, '0') + digits;
}

const first = (hex: string): TreeNode => update(hex).tree().children[0] as TreeNode;

describe('what is wrong in an option', () => {
  it.each([
    [
      'ends behind its container',
      option(45, '0001 000e 00010001'),
      'option-past-end',
      'BNDUPD/OPTION_CLIENT_DATA/OPTION_CLIENTID',
      'option-len 14 exceeds the 4 octets left',
    ],
    [
      'is too short',
      option(122, '000e10'),
      'option-len-wrong',
      'BNDUPD/OPTION_F_MCLT',
      'option-len 3 is not 4',
    ],
    [
      'is too long',
      option(122, '00000e1000'),
      'option-len-wrong',
      'BNDUPD/OPTION_F_MCLT',
      'option-len 5 is not 4',
    ],
    [
      'has no room for its fields',
      option(5, '20010db8'),
      'option-len-wrong',
      'BNDUPD/OPTION_IAADDR',
      'option-len 4 is less than 24',
    ],
    [
      'holds a DUID without type',
      option(1, '00'),
      'option-len-wrong',
      'BNDUPD/OPTION_CLIENTID',
      'option-len 1 is less than 2',
    ],
    [
      'holds half a DUID-LLT',
      option(1, '0001 0001 0000'),
      'bad-value',
      'BNDUPD/OPTION_CLIENTID',
      'DUID: DUID-LLT of 6 octets is shorter than 8',
    ],
    [
      'holds a DUID-UUID that is too long',
      option(1, `0004${'11'.repeat(17)}`),
      'bad-value',
      'BNDUPD/OPTION_CLIENTID',
      'DUID: DUID-UUID of 19 octets is not 18',
    ],
    [
      'holds a compressed name',
      option(117, '03616263 c00c'),
      'bad-value',
      'BNDUPD/OPTION_F_DNS_HOST_NAME',
      'host-name: compression pointer at octet 4',
    ],
    [
      'holds a label of 64 octets',
      option(117, `40${'61'.repeat(64)}00`),
      'bad-value',
      'BNDUPD/OPTION_F_DNS_HOST_NAME',
      'host-name: label of 64 octets at octet 0, more than 63',
    ],
    [
      'holds a label that is cut',
      option(117, '0561'),
      'bad-value',
      'BNDUPD/OPTION_F_DNS_HOST_NAME',
      'host-name: label at octet 0 says 5 octets, 1 are left',
    ],
    [
      'holds a name with something behind it',
      option(117, '016100 6161'),
      'bad-value',
      'BNDUPD/OPTION_F_DNS_HOST_NAME',
      'host-name: 2 octets after the end of the name',
    ],
    [
      'holds a name of more than 255 octets',
      option(117, `${`3f${'61'.repeat(63)}`.repeat(4)}00`),
      'bad-value',
      'BNDUPD/OPTION_F_DNS_HOST_NAME',
      'host-name: name of 257 octets, more than 255',
    ],
    [
      'holds text that is no UTF-8',
      option(130, 'c328'),
      'bad-value',
      'BNDUPD/OPTION_F_RELATIONSHIP_NAME',
      'relationship-name: not valid UTF-8',
    ],
    [
      'ends in the header of another',
      option(3, '000000010000000200000003 0005'),
      'option-header-cut',
      'BNDUPD/OPTION_IA_NA',
      '2 octets after the last option of the enclosing OPTION_IA_NA, too few for an option',
    ],
    [
      'holds vendor options that are cut',
      option(17, '00007ed9 0001000561'),
      'option-past-end',
      'BNDUPD/OPTION_VENDOR_OPTS/1',
      'option-len 5 exceeds the 1 octets left',
    ],
    [
      'holds a relay message that is cut',
      option(47, `${'20010db8'.padEnd(32, '0')} 0c00`),
      'message-too-short',
      'BNDUPD/OPTION_LQ_RELAY_DATA/RELAY-FORW',
      'message length 2 is less than the 34-octet header',
    ],
    [
      'holds a VPN-ID that is too short',
      option(68, '01 0000'),
      'bad-value',
      'BNDUPD/OPTION_VSS',
      'VSS-information: VPN-ID of 2 octets is not 7',
    ],
  ])('%s', (_what, hex, code, path, message) => {
    const behind = option(114, '01');
    const damaged = update(hex + behind);
    expect(damaged.problems()).toHaveLength(1);
    expect(damaged.problems()[0]).toMatchObject({ code, path, message });
    // Reading goes on behind it.
    expect(damaged.tree().children[1]?.name).toBe('OPTION_F_BINDING_STATUS');
  });

  it('keeps the octets that could not be read', () => {
    expect(update(option(122, '000e10')).problems()[0]?.octets).toBe('000e10');
    expect(update('0001').problems()[0]).toMatchObject({
      code: 'option-header-cut',
      octets: '0001',
      offset: 8,
    });
  });

  it('is not listed without end', () => {
    const message = update(option(122, '').repeat(500));
    expect(message.problems()).toHaveLength(PROBLEMS_MAX + 1);
    expect(message.problems().at(-1)?.code).toBe('too-many-problems');
  });
});

describe('fields', () => {
  it('name the octets from which they come', () => {
    const node = first(option(26, '00000001 00000002 38 20010db8000000000000000000000000'));
    expect(node.fields.map(({ name, start, end }) => [name, start, end])).toEqual([
      ['preferred-lifetime', 12, 16],
      ['valid-lifetime', 16, 20],
      ['prefix-length', 20, 21],
      ['IPv6-prefix', 21, 37],
    ]);
  });

  it('say what people read: names, times, endless lifetimes', () => {
    expect(first(option(132, '02')).fields[0]?.display).toBe('NORMAL');
    expect(first(option(133, '2d799b90')).fields[0]?.display).toBe('2024-03-05T09:00:00Z');
    expect(first(option(122, '00000e10')).fields[0]?.display).toBe('3600 s');
    expect(first(option(25, '00000001 ffffffff 00000001')).fields[1]?.display).toBe('infinity');
    expect(first(option(131, '05')).fields[0]?.display).toBe('ACK_STARTUP, COMMUNICATED');
  });

  it('of options that RFC 8156 does not carry keep the octets, and say what they are elsewhere', () => {
    const node = first(option(7, '05'));
    expect(node).toMatchObject({
      name: null,
      fields: [{ name: 'data', value: '05', display: 'elsewhere OPTION_PREFERENCE' }],
    });
  });

  it('escape what DNS would in labels', () => {
    expect(first(option(117, '04612e5c00 00')).fields[0]?.value).toBe('a\\.\\\\\\000.');
  });
});
