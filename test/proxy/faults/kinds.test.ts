import { readFileSync } from 'node:fs';
import { expect, describe as group, it } from 'vitest';
import { parse } from 'yaml';
import { loadDissectors } from '../../../src/dissect/load.ts';
import { ArmedFault } from '../../../src/proxy/faults/armed.ts';
import { describe, FAULT_KINDS } from '../../../src/proxy/faults/kinds.ts';
import { faultFromObject } from '../../../src/proxy/faults/object-form.ts';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';

const page = readFileSync(new URL('../../../docs/writing-a-fault.md', import.meta.url), 'utf8');

/** Lines of the page's table of faults: verb and summary. */
function documented(): string[] {
  return [...page.matchAll(/^\| `([\w-]+)` +\| (.*?) +\| .*\|$/gm)].map(
    ([, name, summary]) => `${name}: ${summary}`,
  );
}

group('the list of faults', () => {
  it('is the one in the documentation', () => {
    expect(documented()).toEqual(FAULT_KINDS.map(({ name, summary }) => `${name}: ${summary}`));
  });

  it('documents every parameter', () => {
    for (const { name, parameters } of FAULT_KINDS) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` `)) ?? '';
      for (const parameter of parameters.keys()) expect(row).toContain(`\`${parameter}\``);
    }
  });

  it('has an example of a file that works', () => {
    const dissectors = loadDissectors();
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const faults = (parse(text) as { faults: unknown[] }).faults.map(faultFromObject);
    expect(faults.map(({ action }) => action)).toEqual(['drop', 'skew', 'inject']);
    for (const spec of faults) expect(new ArmedFault('F', spec, 1, 0, dissectors).view(0).hits).toBe(0);
  });

  // Every example of the page can be armed and says what it does in one sentence.
  it('has examples that work', () => {
    const dissectors = loadDissectors();
    const examples = [...page.matchAll(/^ {4}([a-z-]+( .*)?)$/gm)].map(([, text]) => text as string);
    expect(examples.length).toBeGreaterThanOrEqual(FAULT_KINDS.length);
    expect(new Set(examples.map((text) => text.split(' ')[0]))).toEqual(
      new Set(FAULT_KINDS.map(({ name }) => name)),
    );
    for (const example of examples) {
      const spec = parseFault(example);
      expect(new ArmedFault('F', spec, 1, 0, dissectors).view(0).sentence).toBe(describe(spec));
      expect(describe(spec)).toMatch(/^[a-z][^\n]*$/);
    }
  });
});
