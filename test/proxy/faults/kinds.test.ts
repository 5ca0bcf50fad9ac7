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
    expect(faults.map(({ do: action }) => action)).toEqual(['drop', 'skew', 'inject']);
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

// Somebody decides by it whether this is the fault that was meant, so numbers are those that the peers will see.
group('the sentence of a fault', () => {
  it.each([
    ['duplicate p>s BNDUPD', 'sends BNDUPD twice from the primary to the secondary'],
    ['duplicate p>s BNDUPD 3', 'sends BNDUPD 4 times from the primary to the secondary'],
    ['corrupt s>p BNDREPLY', 'flips a bit of BNDREPLY from the secondary to the primary'],
    ['corrupt s>p BNDREPLY 3 at=4', 'flips 3 bits of octet 4 of BNDREPLY from the secondary to the primary'],
    [
      'lie-length p>s CONTACT -1',
      'says 1 octet too few in the length of CONTACT from the primary to the secondary',
    ],
    [
      'lie-length p>s CONTACT 2',
      'says 2 octets too many in the length of CONTACT from the primary to the secondary',
    ],
    [
      'throttle p>s 2000',
      'passes every message on at 2000 octets a second from the primary to the secondary',
    ],
  ])('of %s', (line, sentence) => {
    expect(describe(parseFault(line))).toBe(sentence);
  });
});
