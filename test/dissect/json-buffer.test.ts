import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toColonHex, toHex } from '../../src/base/bytes.ts';
import { formatIpv4, formatIpv6 } from '../../src/base/ipv6.ts';
import { JsonBuffer, Piece } from '../../src/dissect/json-buffer.ts';

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
        expect(written((out) => out.putColonHex(bytes, 0, bytes.length))).toBe(toColonHex(bytes));
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

  it('writes addresses as base does', () => {
    const group = fc.constantFrom(0, 0, 0, 1, 0x10, 0xdb8, 0xffff);
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    const mapped = fc.tuple(group, group).map((last) => [0, 0, 0, 0, 0, 0xffff, ...last]);
    fc.assert(
      fc.property(fc.oneof(groups, mapped), (values) => {
        const bytes = Uint8Array.from(values.flatMap((value) => [value >> 8, value & 255]));
        expect(written((out) => out.putIpv6(bytes, 0))).toBe(formatIpv6(bytes));
        expect(written((out) => out.putIpv4(bytes, 3))).toBe(formatIpv4(bytes, 3));
      }),
    );
  });

  it('copies pieces of any length and content', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.string({ unit: fc.constantFrom('\u007f', '\u{1F600}', '\u{10ffff}', 'a') }),
        ),
        (text) => {
          const piece = new Piece(text);
          const twice = written((out) => {
            out.put(piece);
            out.put(piece);
            out.putCode(0x2e);
          });
          expect(twice).toBe(`${text}${text}.`);
        },
      ),
    );
  });

  it('grows at any place, whatever is written there', () => {
    const writes: ((out: JsonBuffer) => void)[] = [
      (out) => out.putCode(0x61),
      (out) => out.put(new Piece('abc')),
      (out) => out.put(new Piece('a'.repeat(300))),
      (out) => out.putNumber(4_294_967_295),
      (out) => out.putText('text'),
      (out) =>
        out.putIpv6(
          Uint8Array.from({ length: 16 }, (_, octet) => octet),
          0,
        ),
      (out) => out.putIpv4(Uint8Array.of(192, 0, 2, 1), 0),
      (out) => out.putOctets(Uint8Array.of(0x61, 0x62)),
      (out) => out.putColonHex(Uint8Array.of(1, 2, 3), 0, 3),
      (out) => out.putString('"ü"'),
    ];
    const lengths = writes.map((write) => written(write).length);
    for (const [index, write] of writes.entries()) {
      for (let before = 65_530; before <= 65_540; before++) {
        const out = new JsonBuffer();
        out.putOctets(new Uint8Array(before).fill(0x2e));
        write(out);
        expect(out.text(before)).toBe(written(write));
        expect(out.text().length).toBe(before + (lengths[index] as number));
      }
    }
  });

  it('forgets what is cleared, and keeps what was before it', () => {
    const out = new JsonBuffer();
    out.putText('keep');
    out.putText('drop');
    out.clear(4);
    out.putText('!');
    expect(out.text()).toBe('keep!');
  });
});
