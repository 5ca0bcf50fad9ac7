/** The writer: what was taken stays as it was, whatever is written later and however much. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { Writer } from '../../src/wire/writer.ts';

describe('Writer', () => {
  it('leaves alone what was taken', () => {
    const writer = new Writer();
    const taken: [string, Uint8Array][] = [];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (octets) => {
        writer.discard();
        const mark = writer.beginLength();
        writer.octets(octets);
        writer.endLength(mark);
        const bytes = writer.take();
        taken.push([toHex(bytes), bytes]);
        expect(toHex(bytes)).toBe(octets.length.toString(16).padStart(4, '0') + toHex(octets));
      }),
      { numRuns: 60 },
    );
    for (const [hex, bytes] of taken) expect(toHex(bytes)).toBe(hex);
  });

  it('fills in nested lengths when it grows between their beginning and end', () => {
    const writer = new Writer();
    writer.octets(new Uint8Array(32 * 1024 - 3));
    writer.take();
    const outer = writer.beginLength();
    writer.u8(1);
    const inner = writer.beginLength();
    writer.octets(new Uint8Array(60_000));
    writer.endLength(inner);
    writer.endLength(outer);
    const bytes = writer.take();
    expect([toHex(bytes, 0, 5), bytes.length]).toEqual(['ea6301ea60', 60_005]);
  });

  it('writes text as UTF-8, short and long', () => {
    for (const text of ['', 'plain', 'é', `${'x'.repeat(64)}é`, '東京'.repeat(50)]) {
      const writer = new Writer();
      writer.text(text);
      expect(new TextDecoder().decode(writer.take())).toBe(text);
    }
  });

  it('refuses what a length field cannot say', () => {
    const writer = new Writer();
    const mark = writer.beginLength();
    writer.octets(new Uint8Array(65_536));
    expect(() => writer.endLength(mark)).toThrow('65535');
  });
});
