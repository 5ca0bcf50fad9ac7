import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { idsIn, sent, testLink } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('hold', () => {
  const stream = concatBytes([unit(24, 1), unit(35, 2), unit(24, 3), unit(24, 4)]);

  it('lets the others pass, and releases in the order that is asked for', () => {
    const { link, fault } = testLink();
    fault('hold BNDUPD id H');
    expect(idsIn(sent(link.receive(stream, 0)))).toEqual([2]);
    expect(idsIn(sent(link.release('H', [2, 0], 100) ?? []))).toEqual([4, 1]);
    expect(idsIn(sent(link.release('H', undefined, 200) ?? []))).toEqual([3]);
    expect(link.held()).toBe(0);
  });

  it('holds everything behind with "all"', () => {
    const { link, fault } = testLink();
    fault('hold BNDUPD all id H');
    expect(sent(link.receive(stream, 0))).toHaveLength(0);
    expect(idsIn(sent(link.release('H', undefined, 1) ?? []))).toEqual([1, 2, 3, 4]);
  });

  it('does not answer for a fault that holds nothing here', () => {
    expect(testLink().link.release('H', undefined, 0)).toBeUndefined();
  });
});
