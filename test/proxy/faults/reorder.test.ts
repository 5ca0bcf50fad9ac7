import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('reorder', () => {
  it('turns the order of a full window', () => {
    const { link, fault } = testLink();
    fault('reorder BNDUPD 3');
    const outputs = link.receive(concatBytes([unit(24, 1), unit(35, 9), unit(24, 2), unit(24, 3)]), 0);
    expect(idsIn(sent(outputs))).toEqual([9, 3, 2, 1]);
    expect(details(outputs)).toHaveLength(3);
    expect(changed(outputs)).toEqual([]);
  });

  it('does not wait longer than it may', () => {
    const { link, fault } = testLink();
    fault('reorder 5 within 2s');
    link.receive(concatBytes([unit(24, 1), unit(24, 2)]), 100);
    expect(link.deadline()).toBe(2100);
    const outputs = link.tick(2100);
    expect(idsIn(sent(outputs))).toEqual([2, 1]);
    expect(told(outputs)).toEqual(['BNDUPD late', 'BNDUPD late']);
  });
});
