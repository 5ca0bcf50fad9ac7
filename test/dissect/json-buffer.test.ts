import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toColonHex, toHex } from '../../src/base/bytes.ts';
import { JsonBuffer, utf8 } from '../../src/dissect/json-buffer.ts';

function written(write: (out: JsonBuffer) => void): string {
  const out = new JsonBuffer();
  write(out);
  return out.text();
}

describe('JsonBuffer', () => {
  it('writes every whole number as JSON does', () => {
    const edges = [
      0,
      9,
      10,
      99,
      100,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      10 ** 15,
      Number.MAX_SAFE_INTEGER,
    ];
    for (const value of edges) expect(written((out) => out.putNumber(value))).toBe(`${value}`);
    fc.assert(fc.property(fc.maxSafeNat(), (value) => written((out) => out.putNumber(value)) === `${value}`));
  });

  it('writes octets as hex, with and without separator', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(written((out) => out.putHex(bytes, 0, bytes.length))).toBe(toHex(bytes));
        expect(written((out) => out.putHex(bytes, 0, bytes.length, 0x3a))).toBe(toColonHex(bytes));
      }),
    );
  });

  it('writes any text as a JSON string', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => JSON.parse(written((out) => out.putString(text))) === text,
      ),
    );
  });

  it('grows at any place, whatever is written there', () => {
    const writes: ((out: JsonBuffer) => void)[] = [
      (out) => out.putCode(0x61),
      (out) => out.put(utf8('abc')),
      (out) => out.put(utf8('a'.repeat(300))),
      (out) => out.putNumber(4_294_967_295),
      (out) => out.putAscii('text'),
      (out) => out.putHex(Uint8Array.of(1, 2, 3), 0, 3, 0x3a),
      (out) => out.putString('"ü"'),
    ];
    const lengths = writes.map((write) => written(write).length);
    for (const [index, write] of writes.entries()) {
      for (let before = 65_530; before <= 65_540; before++) {
        const out = new JsonBuffer();
        out.put(new Uint8Array(before).fill(0x2e));
        write(out);
        expect(out.text(before)).toBe(written(write));
        expect(out.text().length).toBe(before + (lengths[index] as number));
      }
    }
  });

  it('forgets what is cleared, and keeps what was before it', () => {
    const out = new JsonBuffer();
    out.putAscii('keep');
    out.putAscii('drop');
    out.clear(4);
    out.putAscii('!');
    expect(out.text()).toBe('keep!');
  });
});
