import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('duplicate', () => {
  it('sends copies behind the message, told as injected', () => {
    const { link, fault } = testLink();
    fault('duplicate BNDUPD 2');
    const outputs = link.receive(concatBytes([unit(24, 1), unit(35, 2)]), 0);
    expect(idsIn(sent(outputs))).toEqual([1, 1, 1, 2]);
    expect(told(outputs)).toEqual([
      'BNDUPD forwarded',
      'BNDUPD injected',
      'BNDUPD injected',
      'CONTACT forwarded',
    ]);
    expect(details(outputs)).toEqual(['', 'copy 1 of 2', 'copy 2 of 2']);
    expect(changed(outputs)).toEqual([]);
  });
});
