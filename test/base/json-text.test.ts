import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../src/base/json-text.ts';

describe('JSON for terminals', () => {
  it('writes what a terminal may obey or hide as escapes, characters beyond 16 bits as two', () => {
    expect(jsonText('\u009b31m')).toBe(String.raw`"\u009b31m"`);
    expect(jsonText({ a: '\u202ex\u200b', b: '\u{e0041}' })).toBe(
      String.raw`{"a":"\u202ex\u200b","b":"\udb40\udc41"}`,
    );
    expect(jsonText('é 日本')).toBe('"é 日本"');
    expect(jsonText({ a: '\n\u0085' }, 2)).toBe(`{\n  "a": "${String.raw`\n\u0085`}"\n}`);
  });

  it('means what it meant, and holds nothing of the kind, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = jsonText([text]);
        expect(JSON.parse(json)).toEqual([text]);
        expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
