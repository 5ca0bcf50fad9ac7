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

  // As a debugger does: whoever looks at one message must not find the other side gone on meanwhile.
  it('stops both directions with "stop", until all is released', () => {
    const there = testLink();
    const back = testLink(1, there);
    there.fault('hold BNDUPD nth 2 stop id H');
    expect(idsIn(sent(there.link.receive(unit(24, 1), 0)))).toEqual([1]);
    expect(idsIn(sent(back.link.receive(unit(25, 1), 1)))).toEqual([1]);
    expect(idsIn(sent(there.link.receive(concatBytes([unit(24, 2), unit(35, 3)]), 2)))).toEqual([]);
    expect(idsIn(sent(back.link.receive(unit(35, 4), 3)))).toEqual([]);
    // One at a time, and it stays stopped.
    expect(idsIn(sent(there.link.release('H', [0], 4) ?? []))).toEqual([2]);
    expect(idsIn(sent(back.link.release('H', [0], 4) ?? []))).toEqual([4]);
    expect(idsIn(sent(back.link.receive(unit(35, 5), 5)))).toEqual([]);
    expect(idsIn(sent(there.link.release('H', undefined, 6) ?? []))).toEqual([3]);
    expect(idsIn(sent(back.link.release('H', undefined, 6) ?? []))).toEqual([5]);
    expect(idsIn(sent(back.link.receive(unit(35, 6), 7)))).toEqual([6]);
  });

  it('stops only the direction that it is about', () => {
    const there = testLink();
    const back = testLink(1, there);
    there.fault('hold p>s BNDUPD stop id H');
    expect(idsIn(sent(there.link.receive(unit(24, 1), 0)))).toEqual([]);
    expect(idsIn(sent(back.link.receive(unit(25, 1), 1)))).toEqual([1]);
  });

  it('does not answer for a fault that holds nothing here', () => {
    expect(testLink().link.release('H', undefined, 0)).toBeUndefined();
  });
});
