/** Octets that were sent on unread are read as they came: all of them, in order, with their times. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Direction } from '../../src/base/flow.ts';
import { UNREAD_OCTETS_MAX, Unread } from '../../src/proxy/unread.ts';

const chunk = fc.record({
  direction: fc.constantFrom<Direction>(0, 1),
  // Beyond what is copied, and often enough for more than what may wait.
  octets: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 5000, max: 20_000 })),
  catchesUp: fc.boolean(),
});

it('reads what was sent on, once and in order', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 80 }), (chunks) => {
      const unread = new Unread();
      const read: { direction: Direction; text: string; now: number }[] = [];
      const conversation = {
        forward: () => true,
        read: (direction: Direction, bytes: Uint8Array, _: boolean, now: number) =>
          read.push({ direction, text: `${bytes[0]} ${bytes.at(-1)} ${bytes.length}`, now }),
      };
      const expected = chunks.map(({ direction, octets, catchesUp }, now) => {
        const bytes = new Uint8Array(octets).fill(now % 251);
        unread.forward(conversation, direction, bytes, now);
        if (catchesUp) unread.catchUp();
        return { direction, text: `${now % 251} ${now % 251} ${octets}`, now };
      });
      unread.catchUp();
      expect(read).toEqual(expected);
      expect(unread.oldestMillis()).toBeUndefined();
    }),
  );
});

it('lets no more wait than it may', () => {
  const unread = new Unread();
  let waiting = 0;
  const conversation = {
    forward: () => true,
    read: (_: Direction, bytes: Uint8Array) => {
      waiting -= bytes.length;
    },
  };
  for (let octets = 0; octets < 4 * UNREAD_OCTETS_MAX; octets += 5000) {
    waiting += 5000;
    unread.forward(conversation, 0, new Uint8Array(5000), octets);
    expect(waiting).toBeLessThanOrEqual(UNREAD_OCTETS_MAX);
  }
});
