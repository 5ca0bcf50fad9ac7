/** Goal: armed faults have names of their own, act in the order of their arming, and are not too many. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/clock.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { FaultBoard } from '../../src/proxy/board.ts';
import { parseFault } from '../../src/proxy/faults/short-form.ts';

const dissectors = loadDissectors();
const board = () => new FaultBoard(seededRandom(1), dissectors);

describe('the board of faults', () => {
  it('gives names that nobody has taken', () => {
    const faults = board();
    faults.arm(parseFault('drop id F2'), 0);
    const names = ['drop', 'drop'].map((fault) => faults.arm(parseFault(fault), 0).id);
    expect(names).toEqual(['F1', 'F3']);
    expect(() => faults.arm(parseFault('drop id F3'), 0)).toThrow('there is already a fault "F3"');
  });

  it('holds no more than 256 of them', () => {
    const faults = board();
    for (let at = 0; at < 256; at++) faults.arm(parseFault('drop'), 0);
    expect(() => faults.arm(parseFault('drop'), 0)).toThrow('at most 256 faults can be armed');
    faults.remove('F1');
    expect(faults.arm(parseFault('drop'), 0).id).toBe('F257');
  });

  it('finds the first fault in force: armed long enough ago, and not used up', () => {
    const faults = board();
    for (const fault of ['drop', 'partition after 1s', 'refuse times 1', 'partition'])
      faults.arm(parseFault(fault), 0);
    const found = (now: number) => faults.inForce(now, ({ connecting }) => connecting);
    expect(found(500)).toMatchObject({ answer: 'refuse', fault: { id: 'F3' } });
    found(500)?.fault.hit();
    expect(found(500)).toMatchObject({ answer: 'wait', fault: { id: 'F4' } });
    expect(found(1000)).toMatchObject({ answer: 'wait', fault: { id: 'F2' } });
    expect(faults.inForce(0, () => undefined)).toBeUndefined();
  });
});
