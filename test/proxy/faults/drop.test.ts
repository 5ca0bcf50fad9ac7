import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { idsIn, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('drop', () => {
  it('keeps back the messages chosen by type and count, and nothing else', () => {
    const { link, fault } = testLink(1);
    fault('drop s>p BNDREPLY nth 2 times 2 seed 5');
    const stream = [1, 2, 3, 4].flatMap((id) => [unit(25, id), unit(24, 10 + id)]);
    const outputs = link.receive(concatBytes(stream), 0);
    expect(idsIn(sent(outputs))).toEqual([1, 11, 12, 13, 4, 14]);
    expect(told(outputs).filter((line) => line.endsWith('dropped'))).toHaveLength(2);
    expect(outputs).toContainEqual({
      kind: 'hit',
      message: expect.objectContaining({ transactionId: 2 }),
      hit: { fault: 'F1', action: 'drop', count: 1, seed: 5, detail: '' },
    });
  });

  it('leaves the other direction alone', () => {
    const { link, fault } = testLink(0);
    fault('drop s>p');
    expect(idsIn(sent(link.receive(unit(25, 1), 0)))).toEqual([1]);
  });

  // The same seed makes the same choices; another seed makes others.
  it('chooses by chance, reproducibly', () => {
    const survivors = (seed: number): number[] => {
      const { link, fault } = testLink();
      fault(`drop probability 0.5 seed ${seed}`);
      return idsIn(sent(link.receive(concatBytes(Array.from({ length: 64 }, (_, id) => unit(35, id))), 0)));
    };
    expect(survivors(1)).toEqual(survivors(1));
    expect(survivors(1)).not.toEqual(survivors(2));
    expect(survivors(1).length).toBeGreaterThan(16);
    expect(survivors(1).length).toBeLessThan(48);
  });

  it('begins and ends when its time says', () => {
    const { link, fault } = testLink();
    fault('drop after 1s for 2s');
    const at = (now: number): number => sent(link.receive(unit(35, 1), now)).length;
    expect([0, 999, 1000, 2999, 3000].map(at).map((octets) => octets > 0)).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});
