/** The result of a scenario for people, for programs (the result itself is JSON) and for CI servers (JUnit). */
import type { Judgement, ScenarioResult } from './run.ts';

/** Lines without newlines. */
export function reportLines(result: ScenarioResult): string[] {
  const { scenario, ok, seconds, seed, about } = result;
  const lines = [
    `scenario ${scenario}: ${ok ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s, seed ${seed}`,
    `  ${about}`,
  ];
  for (const phase of result.phases) {
    lines.push(`  ${phase.name} (${phase.seconds.toFixed(1)} s)`);
    for (const judgement of phase.judgements) lines.push(`    ${judgementLine(judgement)}`);
  }
  return lines;
}

/** A JUnit document: a suite for each scenario, a case for each expectation. */
export function junit(results: readonly ScenarioResult[]): string {
  const suites = results.map(suite).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites}</testsuites>\n`;
}

function judgementLine({ expectation, ok, seconds, detail }: Judgement): string {
  return ok ? `ok    ${expectation} (${seconds.toFixed(1)} s)` : `FAIL  ${expectation}: ${detail}`;
}

function suite(result: ScenarioResult): string {
  const cases = result.phases.flatMap((phase) =>
    phase.judgements.map((judgement) => testCase(result, phase.name, judgement)),
  );
  const failures = result.phases.flatMap((phase) => phase.judgements).filter(({ ok }) => !ok).length;
  const head = `name="${xml(result.scenario)}" tests="${cases.length}" failures="${failures}" time="${result.seconds.toFixed(3)}"`;
  return `  <testsuite ${head}>\n    <properties><property name="seed" value="${result.seed}"/></properties>\n${cases.join('')}  </testsuite>\n`;
}

function testCase(
  result: ScenarioResult,
  phase: string,
  { expectation, ok, seconds, detail }: Judgement,
): string {
  const head = `classname="${xml(`${result.scenario}.${phase}`)}" name="${xml(expectation)}" time="${seconds.toFixed(3)}"`;
  return ok
    ? `    <testcase ${head}/>\n`
    : `    <testcase ${head}><failure message="${xml(detail)}"/></testcase>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Also without the control characters that XML cannot hold. */
function xml(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) as number;
    return code < 0x20 ? ' ' : (ENTITIES[character] ?? character);
  }).join('');
}
