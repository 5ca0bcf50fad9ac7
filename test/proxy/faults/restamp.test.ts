import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('restamp', () => {
  it('takes away the skew that another fault makes by delaying', () => {
    const { link, fault } = testLink();
    fault('delay 6s');
    fault('restamp');
    link.receive(concatBytes([unit(35, 1)]), 0);
    const outputs = link.tick(6000);
    expect(changed(outputs).map((message) => message.sentTime)).toEqual([6]);
    expect(details(outputs)).toEqual(['by 6.000 s', 'sent-time +6 s']);
    expect(told(outputs)).toEqual(['CONTACT changed']);
    expect(idsIn(sent(outputs))).toEqual([1]);
  });
});
