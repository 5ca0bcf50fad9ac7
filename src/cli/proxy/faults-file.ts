/** Faults from a YAML file: `faults:` with a list of lines in the short form or of objects (docs/writing-a-fault.md). */
import { isMap, isSeq, type Node } from 'yaml';
import { InputError } from '../../base/problem.ts';
import { faultFromObject } from '../../proxy/faults/object-form.ts';
import type { FaultSpec } from '../../proxy/faults/spec.ts';
import { readYaml } from './yaml-file.ts';

/** Throws InputError that names file, line and what was expected. */
export function readFaultsFile(path: string): readonly FaultSpec[] {
  const { document, where } = readYaml(path);
  const top = document.contents;
  const list = isMap(top) ? top.get('faults', true) : top;
  if (!isSeq(list)) throw new InputError(`${path}: expected "faults:" with a list`);
  return (list.items as Node[]).map((item) => {
    try {
      return faultFromObject(item.toJS(document));
    } catch (problem) {
      if (!(problem instanceof InputError)) throw problem;
      throw new InputError(`${where(item.range?.[0] ?? 0)}: ${problem.message}`);
    }
  });
}
