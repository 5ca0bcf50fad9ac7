import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('corrupt', () => {
  it('flips as many bits as it was told, where it was told, and leaves the length', () => {
    const { link, fault } = testLink();
    fault('corrupt BNDUPD at=4');
    const before = concatBytes([unit(24, 1, '002d0000'), unit(35, 2)]);
    const outputs = link.receive(before, 0);
    const after = sent(outputs);
    const different = [...before].flatMap((octet, at) => (octet === after[at] ? [] : [at]));
    expect(different).toEqual([6]);
    expect(Math.log2((before[6] as number) ^ (after[6] as number)) % 1).toBe(0);
    expect(idsIn(after)).toEqual([1, 2]);
    expect(details(outputs)).toEqual([expect.stringMatching(/^octet.bit 4\.[0-7]$/)]);
    expect(changed(outputs)).toHaveLength(1);
    expect(told(outputs)).toEqual(['BNDUPD changed', 'CONTACT forwarded']);
  });

  it('also flips bits of a stream that nobody can read', () => {
    const { link, fault } = testLink();
    fault('corrupt 3');
    const octets = new Uint8Array(50).fill(0xff);
    expect(sent(link.receive(octets, 0))).not.toEqual(octets);
  });
});
