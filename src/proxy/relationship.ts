/**
 * A relationship as its user gives it, in a file or over the control: where the primary connects, where the secondary
 * is, what is kept. Objects in, settings out; who serves it is group.ts.
 */
import { located } from '../base/located.ts';
import { suggestion } from '../base/nearest.ts';
import { InputError } from '../base/problem.ts';
import {
  formatSocketAddress,
  normalAddress,
  parseSocketAddress,
  type SocketAddress,
} from '../base/socket-address.ts';
import { isName, NAME_EXPECTED } from './faults/limits.ts';
import { faultFromObject } from './faults/object-form.ts';
import type { FaultSpec } from './faults/spec.ts';

/** The name of a relationship that was given none because it is the only one; what it does is not labelled with it. */
export const UNNAMED = 'main';

export interface RelationshipSettings {
  readonly name: string;
  /** Where the primary is to connect. */
  readonly listen: SocketAddress;
  /** The secondary. */
  readonly to: SocketAddress;
  /** Address to dial from; absent: the system chooses. */
  readonly from?: string;
  /** `false`: it is known, and not served. */
  readonly enabled: boolean;
  /** File for the recording; absent: none. */
  readonly write?: string;
  /** File for the JSONL log; absent: none. */
  readonly log?: string;
  /** `FAMILY/TABLE/SET` of nftables that gets a sign of life; absent: none. */
  readonly aliveSet?: string;
  /** `pass`, or the files with which TLS is terminated on both sides; absent: as with all others. */
  readonly tls?: 'pass' | TlsPaths;
  /** Armed from its beginning. */
  readonly faults: readonly FaultSpec[];
}

/** Files by the name of their option without `--tls-`, e.g. `cert`, `key`, `ca`. */
export type TlsPaths = Readonly<Partial<Record<(typeof TLS_PATHS)[number], string>>>;

export const TLS_PATHS = ['cert', 'key', 'to-cert', 'to-key', 'ca', 'ca-key', 'keylog'] as const;

type Draft = { -readonly [K in keyof RelationshipSettings]?: RelationshipSettings[K] };

const KEYS: Readonly<Record<string, (draft: Draft, value: unknown, key: string) => void>> = {
  name: (draft, value, key) => {
    draft.name = text(value, key);
    if (!isName(draft.name)) throw mismatch(key, NAME_EXPECTED, value);
  },
  listen: (draft, value, key) => {
    draft.listen = end(value, key);
  },
  to: (draft, value, key) => {
    draft.to = end(value, key);
  },
  from: (draft, value, key) => {
    const address = normalAddress(text(value, key));
    if (address === undefined) throw mismatch(key, 'an IPv6 or IPv4 address', value);
    draft.from = address;
  },
  enabled: (draft, value, key) => {
    if (typeof value !== 'boolean') throw mismatch(key, 'true or false', value);
    draft.enabled = value;
  },
  write: (draft, value, key) => {
    draft.write = text(value, key);
  },
  log: (draft, value, key) => {
    draft.log = text(value, key);
  },
  'alive-set': (draft, value, key) => {
    draft.aliveSet = text(value, key);
  },
  tls: (draft, value, key) => {
    draft.tls = value === 'pass' ? value : tlsPaths(value, key);
  },
  faults: (draft, value, key) => {
    if (!Array.isArray(value)) throw mismatch(key, 'a list of faults', value);
    draft.faults = value.map((fault, at) => located(['faults', at], () => faultFromObject(fault)));
  },
};

/** Reads one. Throws InputError that names the key and what was expected. */
export function relationshipFromObject(value: unknown): RelationshipSettings {
  const draft = drafted(value);
  const { name, listen, to } = draft;
  if (name === undefined || listen === undefined || to === undefined) {
    const missing = ['name', 'listen', 'to'].filter((key) => !(key in draft)).join(', ');
    throw new InputError(
      `${name === undefined ? 'relationship' : `relationship ${name}`}: expected ${missing}`,
    );
  }
  return checkedSettings({ enabled: true, faults: [], ...draft, name, listen, to });
}

/** The settings with what is given changed. Throws InputError. */
export function changedRelationship(settings: RelationshipSettings, changes: unknown): RelationshipSettings {
  const draft = drafted(changes);
  if (draft.name !== undefined && draft.name !== settings.name)
    throw new InputError('name: a relationship keeps its name');
  return checkedSettings({ ...settings, ...draft });
}

/** The settings with every file that they name replaced by what `of` makes of it. */
export function withFiles(
  settings: RelationshipSettings,
  of: (path: string, key: string) => string,
): RelationshipSettings {
  const { write, log, tls } = settings;
  const files =
    typeof tls === 'object'
      ? Object.fromEntries(Object.entries(tls).map(([name, path]) => [name, of(path, `tls.${name}`)]))
      : tls;
  return {
    ...settings,
    ...(write !== undefined && { write: of(write, 'write') }),
    ...(log !== undefined && { log: of(log, 'log') }),
    ...(files !== undefined && { tls: files }),
  };
}

function drafted(value: unknown): Draft {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mismatch('relationship', 'an object with name, listen and to', value);
  const draft: Draft = {};
  for (const [key, item] of Object.entries(value)) {
    const read = KEYS[key];
    if (read === undefined) throw unknownKey(key);
    read(draft, item, key);
  }
  return draft;
}

/** Throws InputError for what cannot be together. */
export function checkedSettings(settings: RelationshipSettings): RelationshipSettings {
  const { name, listen, from, to, faults } = settings;
  if (from !== undefined && from.includes(':') !== to.address.includes(':'))
    throw new InputError(`${name}: from ${from} and to ${to.address} are of different IP versions`, ['from']);
  if (listen.port === to.port && listen.address === to.address)
    throw new InputError(`${name}: it would dial itself: listen and to are both ${formatSocketAddress(to)}`, [
      'to',
    ]);
  for (const { relationship } of faults) {
    if (relationship !== undefined && relationship !== name)
      throw new InputError(`${name}: a fault names the relationship ${relationship}`);
  }
  return settings;
}

function tlsPaths(value: unknown, key: string): TlsPaths {
  const wanted = `pass, or the files ${TLS_PATHS.join(', ')}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(key, wanted, value);
  const known: readonly string[] = TLS_PATHS;
  for (const [name, path] of Object.entries(value)) {
    if (!known.includes(name)) throw mismatch(key, wanted, name, [key, name]);
    text(path, `${key}.${name}`);
  }
  return value;
}

function unknownKey(key: string): InputError {
  const known = Object.keys(KEYS);
  return new InputError(`unknown key "${key}"${suggestion(key, known, `expected ${known.join(', ')}`)}`, [
    key,
  ]);
}

function end(value: unknown, key: string): SocketAddress {
  const found = parseSocketAddress(text(value, key));
  if (found === undefined) throw mismatch(key, 'ADDRESS:PORT such as [::1]:647', value);
  return found;
}

function text(value: unknown, key: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw mismatch(key, 'text', value);
}

function mismatch(key: string, wanted: string, found: unknown, at = key.split('.')): InputError {
  return new InputError(`${key}: expected ${wanted}, found ${JSON.stringify(found)}`, at);
}
