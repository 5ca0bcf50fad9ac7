/**
 * Relationships and faults from a YAML file: `relationships:` with a list, `faults:` as in a file of faults. The same
 * document as JSON is what the control's populate takes (docs/staging.md).
 */
import { dirname, resolve } from 'node:path';
import { isMap, type Node } from 'yaml';
import { located } from '../../base/located.ts';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { checkFault } from '../../proxy/faults/armed.ts';
import type { FaultSpec } from '../../proxy/faults/spec.ts';
import { type RelationshipSettings, relationshipFromObject, withFiles } from '../../proxy/relationship.ts';
import { listOf, readYaml } from '../yaml-file.ts';
import { faultsIn } from './faults-file.ts';
import { terminationFor } from './tls.ts';

export interface ProxyConfig {
  readonly relationships: readonly RelationshipSettings[];
  /** Of all relationships, or of the one that they name. */
  readonly faults: readonly FaultSpec[];
}

const KEYS: readonly unknown[] = ['relationships', 'faults'];

/** Paths in the file are relative to it. Throws InputError that names file, line, column and what was expected. */
export function readProxyConfig(path: string, dissectors: Dissectors): ProxyConfig {
  const file = readYaml(path);
  const top = file.document.contents;
  if (!isMap(top)) throw new InputError(`${path}: expected "relationships:" with a list`);
  for (const { key } of top.items) {
    const name = (key as Node).toJS(file.document);
    if (!KEYS.includes(name))
      throw new InputError(
        `${file.where((key as Node).range?.[0] ?? 0)}: unknown key "${name}"; expected ${KEYS.join(' or ')}`,
      );
  }
  const here = (name: string): string => resolve(dirname(path), name);
  const relationships = listOf(file, path, 'relationships', (value) => {
    const settings = withFiles(relationshipFromObject(value), here);
    for (const [at, fault] of settings.faults.entries())
      located(['faults', at], () => checkFault(fault, dissectors));
    // Opened once to see that they are good, while the line can be told.
    if (settings.tls !== undefined) terminationFor(settings.tls);
    return settings;
  });
  const names = relationships.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new InputError(`${path}: there are two relationships "${twice}"`);
  if (relationships.length === 0) throw new InputError(`${path}: expected "relationships:" with a list`);
  return { relationships, faults: faultsIn(file, path, dissectors) };
}
