/**
 * Reads dissector files: the only file of this room that touches the disk and YAML. The build leaves the definitions
 * in our own files beside the compiled code, because parsing and checking them would be most of the start-up time; a file
 * whose text is not the one that was read then is read anew, so that editing a dissector always works.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { InputError } from '../base/problem.ts';
import type { Locate, Path } from './checked.ts';
import type { Dissectors } from './compile.ts';
import { compileDissectors } from './compile.ts';
import type { Definition, DefinitionFile } from './definition.ts';
import { parseDefinition } from './parse-definition.ts';

type Yaml = typeof import('yaml');
type YamlDocument = ReturnType<Yaml['parseDocument']>;

const OWN_DIRECTORY = fileURLToPath(new URL('../../dissectors', import.meta.url));
const CACHE_FILE = fileURLToPath(new URL('./dissectors.data', import.meta.url));
/** Largest dissector file that is read. */
const FILE_CHARACTERS_MAX = 4 << 20;

/** Texts of files and what they define. */
type Cache = readonly (readonly [text: string, definition: Definition])[];

export interface LoadOptions {
  /** More directories with dissector files; vendor files there add to and replace options of ours. */
  readonly dirs?: readonly string[];
  /** More single files. */
  readonly files?: readonly string[];
}

/** All dissectors, ready to use. Throws InputError that names file, line and key of what is wrong. */
export function loadDissectors(options: LoadOptions = {}): Dissectors {
  const cache = readCache();
  const own = yamlFiles(OWN_DIRECTORY).map((path) => loadFile(path, ownName(path), cache));
  const others = [...(options.dirs ?? []).flatMap(yamlFiles), ...(options.files ?? [])];
  return compileDissectors([...own, ...others.map((path) => loadFile(path, path, cache))]);
}

/** Writes the definitions of our own files beside this code; the build calls it. */
export function writeDissectorCache(): void {
  const cache: Cache = yamlFiles(OWN_DIRECTORY).map((path) => {
    const text = readText(path);
    return [text, definitionIn(text, ownName(path))];
  });
  writeFileSync(CACHE_FILE, serialize(cache));
}

function ownName(path: string): string {
  return join('dissectors', relative(OWN_DIRECTORY, path));
}

/** YAML files of a directory and of its directories, in the order of their names. */
function yamlFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    throw new InputError(`${directory}: expected a directory with dissector files (*.yaml)`);
  }
}

function loadFile(path: string, name: string, cache: Cache): DefinitionFile {
  const text = readText(path);
  const cached = cache.find(([known]) => known === text)?.[1];
  return { file: name, definition: cached ?? definitionIn(text, name) };
}

function definitionIn(text: string, name: string): Definition {
  const document = parseYaml(text, name);
  const locate: Locate = (at) => `${name}:${lineOf(document, text, at)}: ${at.join('.') || 'the file'}`;
  return parseDefinition(document.toJS(), locate);
}

function readText(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new InputError(`${path}: cannot be read; expected a dissector file (YAML)`);
  }
  if (text.length > FILE_CHARACTERS_MAX)
    throw new InputError(`${path}: larger than ${FILE_CHARACTERS_MAX} characters`);
  return text;
}

function readCache(): Cache {
  try {
    return deserialize(readFileSync(CACHE_FILE)) as Cache;
  } catch {
    return [];
  }
}

function parseYaml(text: string, name: string): YamlDocument {
  // Not imported above: with the cache in place nobody pays for loading the parser.
  const yaml = createRequire(import.meta.url)('yaml') as Yaml;
  const document = yaml.parseDocument(text, { prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new InputError(`${name}:${lineAt(text, problem.pos[0])}: not YAML: ${problem.message}`);
  }
  return document;
}

/** Line of the key or entry that `path` leads to, or of the nearest one above it. */
function lineOf(document: YamlDocument, text: string, path: Path): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    const items = (node as { items?: readonly unknown[] } | null)?.items;
    if (items === undefined) break;
    const item = typeof step === 'number' ? items[step] : items.find((pair) => keyText(pair) === `${step}`);
    if (item === undefined) break;
    const pair = item as { key?: { range?: readonly number[] }; value?: unknown; range?: readonly number[] };
    offset = (pair.key?.range ?? pair.range)?.[0] ?? offset;
    node = pair.key === undefined ? item : pair.value;
  }
  return lineAt(text, offset);
}

function keyText(pair: unknown): string {
  const key = (pair as { key?: { value?: unknown } }).key;
  return `${key?.value}`;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
