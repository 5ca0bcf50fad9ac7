import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { seededRandom } from '../../../src/base/clock.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import { FaultBoard } from '../../../src/proxy/board.ts';
import { parseExpectation } from '../../../src/proxy/scenario/expectation.ts';
import { scenarioFrom } from '../../../src/proxy/scenario/scenario.ts';

const folder = new URL('../../../fixtures/scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const dissectors = loadDissectors();

describe('the page about scenarios', () => {
  it('has an example that can be played', () => {
    const page = readFileSync(new URL('../../../docs/writing-a-scenario.md', import.meta.url), 'utf8');
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    expect(scenarioFrom(parse(text), dissectors).phases).toHaveLength(2);
  });

  // One of each kind of expectation that its table names.
  it('names expectations that exist', () => {
    const page = readFileSync(new URL('../../../docs/writing-a-scenario.md', import.meta.url), 'utf8');
    const named = [...page.matchAll(/^\| `([^`…]+)`/gm)].map(([, line]) => line as string);
    expect(named).toHaveLength(8);
    for (const line of named) expect(parseExpectation(line, dissectors).text).toBe(line);
  });
});

describe('the library of scenarios', () => {
  it.each(files)('%s can be played: every fault can be armed, every phase ends', (name) => {
    const scenario = scenarioFrom(parse(readFileSync(new URL(name, folder), 'utf8')), dissectors);
    for (const phase of scenario.phases) {
      const board = new FaultBoard(seededRandom(1), dissectors);
      for (const fault of phase.faults) board.arm(fault, 0);
      expect(phase.seconds > 0 || phase.expect.length > 0).toBe(true);
    }
    expect(scenario.heal.length).toBeGreaterThan(0);
    expect(scenario.section).toMatch(/^RFC 8156 §/);
  });
});
