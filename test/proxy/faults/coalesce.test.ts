import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('coalesce', () => {
  it('writes everything up to the last of its messages in one call, in order', () => {
    const { link, fault } = testLink();
    fault('coalesce BNDUPD 2');
    expect(
      link.receive(concatBytes([unit(24, 1), unit(35, 2)]), 0).filter(({ kind }) => kind === 'send'),
    ).toEqual([]);
    const outputs = link.receive(unit(24, 3), 500);
    expect(outputs.filter(({ kind }) => kind === 'send')).toHaveLength(1);
    expect(idsIn(sent(outputs))).toEqual([1, 2, 3]);
    expect(details(outputs)).toEqual(['1 of 2', '2 of 2']);
    expect(told(outputs)).toEqual(['BNDUPD late', 'CONTACT late', 'BNDUPD forwarded']);
  });
});
