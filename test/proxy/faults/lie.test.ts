import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { details, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('lie-length', () => {
  it('changes the length prefix alone', () => {
    const { link, fault } = testLink();
    fault('lie-length BNDUPD +3');
    const before = unit(24, 1);
    const outputs = link.receive(concatBytes([before, unit(35, 2)]), 0);
    const after = sent(outputs);
    expect(after[1]).toBe((before[1] as number) + 3);
    expect(after.slice(2, before.length)).toEqual(before.slice(2));
    expect(details(outputs)).toEqual(['11 instead of 8']);
    expect(told(outputs)).toEqual(['BNDUPD changed', 'CONTACT forwarded']);
  });
});
