import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { details, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('split', () => {
  it('writes pieces with pauses; the octets stay the same and the next message waits', () => {
    const { link, fault } = testLink();
    fault('split BNDUPD 1,2,5 gap 1s');
    const stream = concatBytes([unit(24, 1), unit(35, 2)]);
    const writes = [link.receive(stream, 0), link.tick(1000), link.tick(2000), link.tick(3000)];
    expect(writes.map((outputs) => sent(outputs).length)).toEqual([1, 1, 3, 15]);
    expect(concatBytes(writes.map(sent))).toEqual(stream);
    const outputs = writes.flat();
    expect(told(outputs)).toEqual(['BNDUPD late', 'CONTACT late']);
    expect(details(outputs)).toEqual(['4 pieces']);
  });
});
