/** Goal: the octets of each block are those of draft-ietf-opsawg-pcapng, written out by hand. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { MICROSECONDS, NANOSECONDS } from '../../src/base/timestamp.ts';
import {
  interfaceBlock,
  packetBlock,
  secretsBlock,
  sectionHeaderBlock,
} from '../../src/capture/pcapng-writer.ts';

const hex = (text: string): string => text.replaceAll(/\s/g, '');

describe('pcapng blocks', () => {
  it('section header with application and a comment', () => {
    const block = sectionHeaderBlock({ application: 'leasetap', comments: ['é'] });
    expect(toHex(block)).toBe(
      hex(`0a0d0d0a 34000000 4d3c2b1a 0100 0000 ffffffffffffffff
           0100 0200 c3a90000 0400 0800 6c65617365746170 00000000 34000000`),
    );
  });

  it('interface with name and microseconds', () => {
    expect(toHex(interfaceBlock({ linkType: 1, name: 'leg0' }))).toBe(
      hex('01000000 28000000 0100 0000 00000000 0200 0400 6c656730 0900 0100 06000000 00000000 28000000'),
    );
  });

  it('packet with padding, direction and comment', () => {
    // 2024-03-05T09:00:00.002388Z
    const micros = 1_709_629_200_002_388n;
    const high = Number(micros >> 32n)
      .toString(16)
      .padStart(8, '0');
    const low = Number(micros & 0xffff_ffffn)
      .toString(16)
      .padStart(8, '0');
    const swapped = (word: string): string => (word.match(/../g) as string[]).reverse().join('');
    const block = packetBlock({
      interfaceId: 1,
      time: { unixSeconds: 1_709_629_200, ticks: 2388, resolution: MICROSECONDS },
      bytes: Uint8Array.of(1, 2, 3, 4, 5),
      originalLength: 9,
      direction: 'outbound',
      comments: ['drop'],
    });
    expect(toHex(block)).toBe(
      hex(`06000000 3c000000 01000000 ${swapped(high)} ${swapped(low)} 05000000 09000000 0102030405000000
           0100 0400 64726f70 0200 0400 02000000 00000000 3c000000`),
    );
  });

  it('packet times in nanoseconds lose what a microsecond does not hold', () => {
    const time = { unixSeconds: 0, ticks: 999_999_999, resolution: NANOSECONDS };
    const block = packetBlock({ interfaceId: 0, time, bytes: new Uint8Array(0) });
    expect(toHex(block, 12, 20)).toBe(hex('00000000 3f420f00'));
  });

  it('secrets', () => {
    expect(toHex(secretsBlock(new TextEncoder().encode('AB')))).toBe(
      hex('0a000000 18000000 4b534c54 02000000 41420000 18000000'),
    );
  });

  it('cuts a text that no option can hold, between characters', () => {
    const block = sectionHeaderBlock({ comments: ['é'.repeat(40_000)] });
    expect(toHex(block, 24, 28)).toBe(hex('0100 feff'));
  });
});
