import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('skew', () => {
  const START_TIME_OF_STATE = '00850004 00000064';
  const STATE = unit(34, 1, `${START_TIME_OF_STATE}0084000102`.replaceAll(' ', ''));

  it('shifts sent-time alone', () => {
    const { link, fault } = testLink();
    fault('skew bump +7s');
    const outputs = link.receive(STATE, 0);
    expect(changed(outputs).map((message) => message.sentTime)).toEqual([7]);
    expect(details(outputs)).toEqual(['sent-time +7 s']);
    expect(fieldOf(sent(outputs), 14)).toBe(100);
  });

  // A wrong clock shifts every absolute time of the message by the same amount.
  it('shifts absolute times with it when coherent, and leaves those that mean "none"', () => {
    const { link, fault } = testLink();
    fault('skew bump -10s coherent');
    const expirationTime = '0078000400000000';
    const outputs = link.receive(concatBytes([STATE, unit(24, 2, expirationTime)]), 0);
    expect(changed(outputs).map((message) => message.sentTime)).toEqual([2 ** 32 - 10, 2 ** 32 - 10]);
    expect(fieldOf(sent(outputs), 14)).toBe(90);
    expect(fieldOf(sent(outputs), STATE.length + 14)).toBe(0);
  });

  it('strobes: wrong and right in turn', () => {
    const { link, fault } = testLink();
    fault('skew strobe 4s period 1s');
    const at = (now: number): number | null | undefined => {
      const [output] = link.receive(unit(35, 1), now).filter(({ kind }) => kind === 'message');
      return output?.kind === 'message' ? (output.onward ?? output.message).sentTime : undefined;
    };
    expect([0, 999, 1000, 1999, 2000].map(at)).toEqual([4, 4, 0, 0, 4]);
  });

  it('drifts: more wrong every second', () => {
    const { link, fault } = testLink();
    fault('skew drift rate=0.5');
    const at = (now: number): number | null | undefined =>
      changed(link.receive(unit(35, 1), now))[0]?.sentTime;
    expect([0, 2000, 10_000].map(at)).toEqual([undefined, 1, 5]);
  });

  it('resets: the clock is set to the time of the proxy', () => {
    const { link, fault } = testLink();
    fault('skew reset');
    const now = Date.UTC(2024, 2, 5, 9, 0, 0);
    expect(changed(link.receive(unit(35, 1), now))[0]?.sentTime).toBe(762_944_400);
  });

  it('leaves messages without a sent-time', () => {
    const { link, fault } = testLink();
    fault('skew +7s');
    const startTls = Uint8Array.of(0, 4, 23, 0, 0, 1);
    const outputs = link.receive(startTls, 0);
    expect(sent(outputs)).toEqual(startTls);
    expect(told(outputs)).toHaveLength(1);
  });
});

function fieldOf(octets: Uint8Array, at: number): number {
  return new DataView(octets.buffer, octets.byteOffset).getUint32(at);
}
