/** A scenario from a YAML file (docs/writing-a-scenario.md), and its report into a file. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { jsonText } from '../../base/json-text.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { junit, reportLines } from '../../proxy/scenario/report.ts';
import type { ScenarioResult } from '../../proxy/scenario/run.ts';
import { type Scenario, scenarioFrom } from '../../proxy/scenario/scenario.ts';
import { readYaml, wholeOf } from '../yaml-file.ts';

/** Throws InputError that names file, line, column and key. */
export function readScenario(path: string, dissectors: Dissectors): Scenario {
  return wholeOf(readYaml(path), (value) => scenarioFrom(value, dissectors));
}

/** Before anything is played. @throws the system's error if nothing can be written there */
export function checkReport(path: string): void {
  closeSync(openSync(path, 'a'));
}

/** By the name of the file: `.json`, `.xml` (JUnit), anything else text. */
export function writeReport(path: string, results: readonly ScenarioResult[]): void {
  if (path.endsWith('.json')) writeFileSync(path, `${jsonText(results, 2)}\n`);
  else if (path.endsWith('.xml')) writeFileSync(path, junit(results));
  else writeFileSync(path, `${results.flatMap(reportLines).join('\n')}\n`);
}
