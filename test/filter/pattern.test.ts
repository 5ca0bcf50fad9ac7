/** Goal: what is searched for is found, and no expression takes for ever, however it was written. */
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/filter/pattern.ts';

function fits(expression: string, text: string): boolean {
  const pattern = compilePattern(expression);
  if (typeof pattern !== 'function') throw new Error(pattern.why);
  return pattern(text);
}

describe('a regular expression', () => {
  it.each([
    ['b', 'aBc', true],
    ['^b', 'ab', false],
    ['^site\\-[a-c]$', 'SITE-B', true],
    ['a\\.b', 'axb', false],
    ['^(?:[0-9a-f]{2}:)+01$', '00:03:00:01', true],
    ['^.$', '😀', true],
    ['é', 'É', true],
    ['lease|bind', 'no binding', true],
  ])('%s is looked for in %s', (expression, text, found) => {
    expect(fits(expression, text)).toBe(found);
  });

  // One that goes back would try 2^60 ways, or 10^20.
  it.each([
    ['(a+)+$', `${'a'.repeat(60)}!`],
    ['^(a|a)*$', `${'a'.repeat(60)}!`],
    ['(.*)*zz', 'x'.repeat(60)],
    ['.*.*.*.*zz', 'x'.repeat(100_000)],
  ])('%s says no in time', (expression, text) => {
    expect(fits(expression, text)).toBe(false);
  });

  it.each([
    ['(', 'missing closing )'],
    ['(?=a)b', 'invalid or unsupported Perl syntax (?='],
    ['(a)\\1', 'invalid escape sequence \\1'],
    ['((a{100}){100}){100}', 'invalid repeat count'],
  ])('%s is refused', (expression, why) => {
    expect(compilePattern(expression)).toEqual({ why: expect.stringContaining(why) });
  });
});
