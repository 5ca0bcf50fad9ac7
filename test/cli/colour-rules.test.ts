/** Goal: rules are read as the documentation shows them, and a mistake in a file is told with its line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colourRules } from '../../src/cli/colour-rules.ts';
import { loadDissectors } from '../../src/dissect/load.ts';

const dissectors = loadDissectors();

describe('colour rules', () => {
  let path = '';
  beforeAll(() => {
    path = join(mkdtempSync(join(tmpdir(), 'rules-')), 'rules.yaml');
  });
  afterAll(() => rmSync(join(path, '..'), { recursive: true }));

  const rulesOf = (text: string) => {
    writeFileSync(path, text);
    return colourRules(dissectors, path).map(({ name, style }) => `${name} ${style}`);
  };

  it('without a file are those that the documentation shows as one', () => {
    const page = readFileSync(new URL('../../docs/offline.md', import.meta.url), 'utf8');
    const [shown = ''] = /^ {4}rules:\n( {6}- .*\n)+/m.exec(page) ?? [];
    const ours = colourRules(dissectors, undefined).map(({ name, style }) => `${name} ${style}`);
    expect(rulesOf(shown.replaceAll(/^ {4}/gm, ''))).toEqual(ours);
    expect(ours.length).toBeGreaterThan(3);
  });

  it('are a hundred at most', () => {
    const rules = (count: number) => `rules:\n${'- {filter: tls, style: bad}\n'.repeat(count)}`;
    expect(rulesOf(rules(100))).toHaveLength(100);
    expect(() => rulesOf(rules(101))).toThrow('more than 100 rules');
  });

  it.each([
    ['rules: 3', 'expected "rules:" with a list'],
    ['rules:\n- filter: type == STATE\n  style: red', ':2:3: style: expected one of plain, dim, strong'],
    ['rules:\n- style: bad', ':2:3: filter: expected a display filter'],
    [
      '- {filter: type == STATE, style: bad}\n- {filter: typ == STATE, style: bad}',
      ':2:3: filter: unknown name "typ"',
    ],
    ['rules:\n- {filter: tls, style: bad, colour: red}', ':2:3: unknown key "colour"'],
    ['rules: [', 'not YAML'],
  ])('%j is refused', (text, message) => {
    expect(() => rulesOf(text)).toThrow(message);
  });
});
