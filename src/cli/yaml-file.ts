/** YAML files that users write for commands: faults, scenarios, relationships, colour rules. Mistakes name their place. */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { InputError } from '../base/problem.ts';
import { readTextFile } from '../control/text-file.ts';

/** Largest file that is read. */
const FILE_CHARACTERS_MAX = 1 << 20;

export interface YamlFile {
  readonly document: Document.Parsed;
  /** `FILE:LINE:COLUMN` of an offset in the text, both counted from 1. */
  where(offset: number): string;
}

/** Throws InputError, or the operating system's error if the file cannot be read. */
export function readYaml(path: string): YamlFile {
  return parseYaml(readTextFile(path), path);
}

/** `name` is the file's name for error messages. */
export function parseYaml(text: string, name: string): YamlFile {
  if (text.length > FILE_CHARACTERS_MAX)
    throw new InputError(`${name}: larger than ${FILE_CHARACTERS_MAX} characters`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const where = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) throw new InputError(`${where(error.pos[0])}: not YAML: ${error.message}`);
  return { document, where };
}

/** The items of the list under `key`, or of the whole file; what is wrong with one of them gets its place. */
export function listOf<T>(
  file: YamlFile,
  path: string,
  key: string,
  read: (value: unknown) => T,
): readonly T[] {
  const top = file.document.contents;
  const list = isMap(top) ? top.get(key, true) : top;
  if (list === undefined) return [];
  if (!isSeq(list)) throw new InputError(`${path}: expected "${key}:" with a list`);
  return (list.items as Node[]).map((item) => readNode(file, item, read));
}

/** The whole file as one object; what is wrong with it gets its place. */
export function wholeOf<T>(file: YamlFile, read: (value: unknown) => T): T {
  const top = file.document.contents;
  if (top === null) throw new InputError(`${file.where(0)}: the file is empty`);
  return readNode(file, top, read);
}

function readNode<T>(file: YamlFile, node: Node, read: (value: unknown) => T): T {
  try {
    return read(node.toJS(file.document));
  } catch (problem) {
    if (!(problem instanceof InputError)) throw problem;
    throw new InputError(`${file.where(offsetOf(node, problem.at))}: ${problem.message}`);
  }
}

/** Parameters of a fault may also stand in a map of their own. */
function pairOf(map: YAMLMap, name: unknown): Pair | undefined {
  const own = map.items.find(({ key }) => isScalar(key) && key.value === name);
  const inner = map.get('parameters', true);
  return own ?? (isMap(inner) ? pairOf(inner, name) : undefined);
}

/** Where the key or item at the end of the path begins, or as much of it as there is. */
function offsetOf(node: Node, path: InputError['at']): number {
  let offset = node.range?.[0] ?? 0;
  let inner: unknown = node;
  for (const step of path) {
    let next: unknown;
    if (isMap(inner)) {
      const pair = pairOf(inner, step);
      next = pair?.value;
      if (isScalar(pair?.key)) offset = pair.key.range?.[0] ?? offset;
    } else if (isSeq(inner)) {
      next = inner.items[Number(step)];
      if (isNode(next)) offset = next.range?.[0] ?? offset;
    }
    inner = next;
  }
  return offset;
}
