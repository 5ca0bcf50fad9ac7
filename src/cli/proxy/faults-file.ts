/** Faults from a YAML file: `faults:` with a list of lines in the short form or of objects (docs/writing-a-fault.md). */
import { readFileSync } from 'node:fs';
import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { InputError } from '../../base/problem.ts';
import { faultFromObject } from '../../proxy/faults/object-form.ts';
import type { FaultSpec } from '../../proxy/faults/spec.ts';

/** Throws InputError that names file, line and what was expected. */
export function readFaultsFile(path: string): readonly FaultSpec[] {
  return faultsOfYaml(readFileSync(path, 'utf8'), path);
}

/** `name` is the file's name for error messages. */
export function faultsOfYaml(text: string, name: string): readonly FaultSpec[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const where = (offset: number): string => `${name}:${lines.linePos(offset).line}`;
  const [error] = document.errors;
  if (error !== undefined) throw new InputError(`${where(error.pos[0])}: not YAML: ${error.message}`);
  const top = document.contents;
  const list = isMap(top) ? top.get('faults', true) : top;
  if (!isSeq(list)) throw new InputError(`${name}: expected "faults:" with a list`);
  return (list.items as Node[]).map((item) => {
    try {
      return faultFromObject(item.toJS(document));
    } catch (problem) {
      if (!(problem instanceof InputError)) throw problem;
      throw new InputError(`${where(item.range?.[0] ?? 0)}: ${problem.message}`);
    }
  });
}
