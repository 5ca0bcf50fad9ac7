/**
 * Relationships and faults from a YAML file: `relationships:` with a list, `faults:` as in a file of faults. The same
 * document as JSON is what the control's populate takes (docs/staging.md).
 */
import { dirname, resolve } from 'node:path';
import { isMap, type Node } from 'yaml';
import { InputError } from '../../base/problem.ts';
import { faultFromObject } from '../../proxy/faults/object-form.ts';
import type { FaultSpec } from '../../proxy/faults/spec.ts';
import { type RelationshipSettings, relationshipFromObject } from '../../proxy/relationship.ts';
import { listOf, readYaml } from './yaml-file.ts';

export interface ProxyConfig {
  readonly relationships: readonly RelationshipSettings[];
  /** Of all relationships, or of the one that they name. */
  readonly faults: readonly FaultSpec[];
}

const KEYS: readonly unknown[] = ['relationships', 'faults'];

/** Paths in the file are relative to it. Throws InputError that names file, line and what was expected. */
export function readProxyConfig(path: string): ProxyConfig {
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
  const here = (name: string | undefined) => (name === undefined ? undefined : resolve(dirname(path), name));
  const relationships = listOf(file, path, 'relationships', relationshipFromObject).map((settings) => {
    const record = here(settings.record);
    const log = here(settings.log);
    const tls =
      typeof settings.tls === 'object'
        ? Object.fromEntries(Object.entries(settings.tls).map(([name, file]) => [name, here(file)]))
        : settings.tls;
    return { ...settings, ...(record && { record }), ...(log && { log }), ...(tls && { tls }) };
  });
  if (relationships.length === 0) throw new InputError(`${path}: expected "relationships:" with a list`);
  return { relationships, faults: listOf(file, path, 'faults', faultFromObject) };
}
