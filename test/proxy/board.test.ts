/** Goal: armed faults have names of their own, act in the order of their arming, and are not too many. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/clock.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { FaultBoard } from '../../src/proxy/board.ts';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import { WireStates } from '../../src/proxy/wire-states.ts';

const dissectors = loadDissectors();
const board = () => new FaultBoard(seededRandom(1), dissectors);
const connections =
  (faults: FaultBoard, states = new WireStates()) =>
  (now: number) =>
    faults.onConnection(states, now, ({ connecting }) => connecting);

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
    const found = connections(faults);
    expect(found(500)).toMatchObject({ answer: 'refuse', hit: { fault: 'F3' } });
    expect(found(500)).toMatchObject({ answer: 'wait', hit: { fault: 'F4' } });
    expect(found(1000)).toMatchObject({ answer: 'wait', hit: { fault: 'F2' } });
    expect(faults.onConnection(new WireStates(), 0, () => undefined)).toBeUndefined();
  });

  // They were taken for faults without conditions, and applied to every connection.
  it('counts connections as other faults count messages', () => {
    const faults = board();
    faults.arm(parseFault('refuse nth 2 every 3'), 0);
    const found = connections(faults);
    const refused = Array.from({ length: 8 }, () => found(0) !== undefined);
    expect(refused).toEqual([false, true, false, false, true, false, false, true]);
  });

  it('waits with connections for the state that a fault names', () => {
    const faults = board();
    faults.arm(parseFault('refuse while secondary is RECOVER'), 0);
    const states = new WireStates();
    expect(connections(faults, states)(0)).toBeUndefined();
    states.assume({ primary: null, secondary: 'RECOVER' });
    expect(connections(faults, states)(0)).toMatchObject({ answer: 'refuse' });
  });
});
