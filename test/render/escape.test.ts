import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText, displayWidth, padText, safeText, safeUtf8 } from '../../src/render/escape.ts';

describe('safeText', () => {
  it('writes what a terminal would obey as escapes', () => {
    expect(safeText('a\x1b[2Jb\x07\x9b')).toBe('a\\x1b[2Jb\\x07\\x9b');
    expect(safeText('one\ntwo\ttab\r')).toBe('one\\ntwo\\ttab\\r');
  });

  it('shows bidi overrides, zero-width characters and tags instead of obeying them', () => {
    expect(safeText('a\u202egnp.exe')).toBe('a\\u{202e}gnp.exe');
    expect(safeText('x\u200by\ufeff\u2066\u{e0041}')).toBe('x\\u{200b}y\\u{feff}\\u{2066}\\u{e0041}');
  });

  it('leaves names of people and places alone', () => {
    expect(safeText('Réseau-東京 ↔ Zürich')).toBe('Réseau-東京 ↔ Zürich');
  });

  it('never lets a control or format character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(safeText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('safeUtf8', () => {
  it('keeps valid sequences and writes every other octet in hex', () => {
    expect(safeUtf8(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9, 0xc3))).toBe('a\\xffé\\xc3');
    // An overlong slash and an encoded surrogate are not UTF-8.
    expect(safeUtf8(Uint8Array.of(0xc0, 0xaf))).toBe('\\xc0\\xaf');
    expect(safeUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBe('\\xed\\xa0\\x80');
  });

  it('takes any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(safeUtf8(bytes)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe('width', () => {
  it('counts columns, not characters', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('東京')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('⚡🍌')).toBe(4);
  });

  it('cuts and fills to a width and never passes it', () => {
    expect(cutText('abcdef', 4)).toBe('abc~');
    expect(cutText('東京都', 4)).toBe('東~');
    expect(padText('ab', 4)).toBe('ab  ');
    expect(padText('東京都', 4)).toBe('東~ ');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, width) => {
        expect(displayWidth(padText(safeText(text), width))).toBe(width);
      }),
    );
  });
});
