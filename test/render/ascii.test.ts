/** That a terminal without UTF-8 is known by its locale, and is drawn on in ASCII without moving a column. */
import { describe, expect, it } from 'vitest';
import { inAscii, takesUnicode } from '../../src/render/ascii.ts';
import { lineText, span } from '../../src/render/style.ts';

describe('a locale', () => {
  it.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    // LC_ALL goes before LC_CTYPE, and that before LANG; empty is as not set (POSIX, 8.2).
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'en_US.UTF-8', LC_CTYPE: 'POSIX' }, false],
    [{ LANG: 'C', LC_CTYPE: 'POSIX', LC_ALL: 'en_US.UTF-8' }, true],
    [{ LANG: 'C.UTF-8', LC_ALL: '' }, true],
    [{}, true],
  ])('%o takes UTF-8: %s', (environment, takes) => {
    expect(takesUnicode(environment)).toBe(takes);
  });
});

describe('in ASCII', () => {
  it('lines keep their styles and their width', () => {
    const line = inAscii([span('── 1 ─│', 'dim'), span(' §8.2 größe 漢', 'bad')]);
    expect(lineText(line)).toBe('-- 1 -| S8.2 gr??e ??');
    expect(line.map(({ style }) => style)).toEqual(['dim', 'bad']);
  });
});
