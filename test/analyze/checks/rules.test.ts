import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../src/analyze/checks/rules.ts';

describe('docs/checks.md', () => {
  it('lists the rules as they are', () => {
    const rows = Object.entries(RULES).map(
      ([id, { rfc, section, keyword, asks }]) =>
        `| \`${id}\` | ${rfc} §${section} | ${keyword ?? ''} | ${asks} |`,
    );
    const page = readFileSync('docs/checks.md', 'utf8').split('\n');
    const listed = page.filter((line) => line.startsWith('| `'));
    expect(listed.map((row) => row.replace(/ +/g, ' '))).toEqual(rows.map((row) => row.replace(/ +/g, ' ')));
  });
});
