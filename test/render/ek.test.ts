/** That a bulk line names the day and the millisecond of its packet, whatever the resolution of the capture. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MICROSECONDS, NANOSECONDS, type Timestamp, timestampMillis } from '../../src/base/timestamp.ts';
import { JsonBuffer } from '../../src/dissect/json-buffer.ts';
import { putEkLines } from '../../src/render/ek.ts';
import { handMessage } from '../support/messages.ts';

function ekLines(time: Timestamp): string {
  const message = handMessage({ hex: '22 000007 2d799b90', index: 4 });
  const out = new JsonBuffer();
  putEkLines(out, { ...message, frame: { ...message.frame, seen: { time, packet: 1 } } }, {});
  return out.text();
}

describe('putEkLines', () => {
  it('writes an action and the message with its time', () => {
    const lines = ekLines({ unixSeconds: 1_709_629_200, ticks: 42_388, resolution: MICROSECONDS });
    expect(lines).toBe(
      '{"create":{"_index":"leasetap-2024-03-05"}}\n{"@timestamp":"2024-03-05T09:00:00.042Z","index":4,"msg_type":34}\n',
    );
  });

  it('goes to the next second, and day, where a millisecond is rounded up', () => {
    const lines = ekLines({ unixSeconds: 1_709_596_799, ticks: 999_999_999, resolution: NANOSECONDS });
    expect(lines).toContain('"leasetap-2024-03-05"');
    expect(lines).toContain('"2024-03-05T00:00:00.000Z"');
  });

  it('says what a Date of the same time says', () => {
    const times = fc.record({
      unixSeconds: fc.nat(0x7fffffff),
      ticks: fc.nat(999_999_999),
      resolution: fc.constant(NANOSECONDS),
    });
    fc.assert(
      fc.property(times, (time) => {
        expect(ekLines(time)).toContain(`"${new Date(timestampMillis(time)).toISOString()}"`);
      }),
    );
  });
});
