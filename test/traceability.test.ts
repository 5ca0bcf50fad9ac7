/** Goal: docs/rfc8156.md says what docs/rfc8156.yaml says, and everything that it points at is there. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Row {
  readonly at: string;
  readonly what: string;
  readonly by: string;
  readonly shown?: string;
  readonly not?: string;
}

const here = (path: string) => new URL(`../${path}`, import.meta.url);
const yaml = readFileSync(here('docs/rfc8156.yaml'), 'utf8');
const rows = parse(yaml) as readonly Row[];

describe('docs/rfc8156.md', () => {
  it('is made from its data', async () => {
    const { page } = (await import(here('scripts/rfc8156.mjs').href)) as { page: (text: string) => string };
    expect(readFileSync(here('docs/rfc8156.md'), 'utf8')).toBe(page(yaml));
  });

  it('names sources and tests that exist, and invariants that are watched', () => {
    const files = ['src/sim/checks.ts', 'src/sim/excused.ts'];
    const checks = files.map((file) => readFileSync(here(file), 'utf8')).join('');
    const wrong = rows.filter(({ by, shown, not }) => {
      if (!existsSync(here(`src/${by}`))) return true;
      if (shown === undefined) return not === undefined;
      return shown.startsWith("'") ? !checks.includes(shown) : !existsSync(here(`test/${shown}`));
    });
    expect(wrong).toEqual([]);
  });
});
