import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMPUTED } from '../../src/filter/fields.ts';
import { FILTER_LENGTH_MAX, FILTER_NESTING_MAX } from '../../src/filter/syntax.ts';

const page = readFileSync(new URL('../../docs/display-filters.md', import.meta.url), 'utf8');

describe('the page about filters', () => {
  it('has every computed name, and the limits as they are', () => {
    for (const { name } of COMPUTED) expect(page).toContain(`\`${name}\``);
    expect(page).toContain(`at most ${FILTER_LENGTH_MAX} characters and ${FILTER_NESTING_MAX} parentheses`);
  });
});
