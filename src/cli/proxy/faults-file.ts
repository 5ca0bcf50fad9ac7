/** Faults from a YAML file: `faults:` with a list of lines in the short form or of objects (docs/writing-a-fault.md). */
import { isMap } from 'yaml';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { checkFault } from '../../proxy/faults/armed.ts';
import { faultFromObject } from '../../proxy/faults/object-form.ts';
import type { FaultSpec } from '../../proxy/faults/spec.ts';
import { listOf, readYaml, type YamlFile } from '../yaml-file.ts';

/** Throws InputError that names file, line, column and what was expected. */
export function readFaultsFile(path: string, dissectors: Dissectors): readonly FaultSpec[] {
  const file = readYaml(path);
  const top = file.document.contents;
  if (isMap(top) && !top.has('faults')) throw new InputError(`${path}: expected "faults:" with a list`);
  return faultsIn(file, path, dissectors);
}

/** Those of `faults:`, or of the whole file. */
export function faultsIn(file: YamlFile, path: string, dissectors: Dissectors): readonly FaultSpec[] {
  return listOf(file, path, 'faults', (fault) => checkFault(faultFromObject(fault), dissectors));
}
