import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('truncate', () => {
  it('cuts the end off and repairs the length', () => {
    const { link, fault } = testLink();
    fault('truncate BNDUPD 10');
    const outputs = link.receive(concatBytes([unit(24, 1, '002d0000'), unit(35, 2)]), 0);
    expect(idsIn(sent(outputs))).toEqual([1, 2]);
    expect(changed(outputs).map((message) => message.size)).toEqual([10]);
    expect(details(outputs)).toEqual(['12 to 10 octets']);
    expect(told(outputs)).toEqual(['BNDUPD changed', 'CONTACT forwarded']);
  });
});
