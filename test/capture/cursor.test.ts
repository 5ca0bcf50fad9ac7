/** Goal: whatever the chunks, the same octets come to hand, at the right offsets, and shown octets never change. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCursor } from '../../src/capture/cursor.ts';

const step = fc.record({ count: fc.integer({ min: 1, max: 30 }), skip: fc.boolean() });

describe('ByteCursor', () => {
  it('reads and skips alike for any chunks', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }),
        fc.array(step, { minLength: 1, maxLength: 40 }),
        (all, sizes, steps) => {
          const cursor = new ByteCursor();
          let fed = 0;
          let turn = 0;
          const more = (): boolean => {
            if (fed === all.length) return false;
            const size = Math.max(1, sizes[turn++ % sizes.length] as number);
            cursor.feed(all.slice(fed, fed + size));
            fed = Math.min(all.length, fed + size);
            return true;
          };
          const shown: [Uint8Array, Uint8Array][] = [];
          let at = 0;
          for (const { count, skip } of steps) {
            expect(cursor.offset).toBe(at);
            expect(cursor.fed).toBe(fed);
            if (skip) {
              let left = count;
              do left -= cursor.skip(left);
              while (left > 0 && more());
              at += count - left;
              if (left > 0) return;
              continue;
            }
            while (!cursor.need(count)) if (!more()) return;
            const view = cursor.bytes.subarray(cursor.at, cursor.at + count);
            shown.push([view, all.slice(at, at + count)]);
            cursor.at += count;
            at += count;
          }
          for (const [view, octets] of shown) expect([...view]).toEqual([...octets]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('shows octets where they lie in their chunk', () => {
    const cursor = new ByteCursor();
    const chunk = Uint8Array.of(1, 2, 3);
    cursor.feed(chunk);
    expect(cursor.need(3)).toBe(true);
    expect(cursor.bytes).toBe(chunk);
  });
});
