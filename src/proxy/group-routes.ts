/**
 * What may be asked of a running proxy and what it answers, without HTTP: docs/openapi-proxy.yaml in code. Relationships
 * are listed, created, changed and removed as toxiproxy's proxies are; what may be asked of one of them stands behind its
 * name, or alone as long as it is clear which is meant.
 */
import { InputError } from '../base/problem.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import { type ControlAnswer, type ControlRequest, json, metrics, Refused } from '../control/answer.ts';
import { answerOf, partOf, populate, specsOf } from './control-routes.ts';
import type { ProxyGroup, RelationshipView } from './group.ts';
import { toJsonKeys } from './json-keys.ts';
import type { KnownSoFar } from './known.ts';
import type { GroupMetrics } from './metrics.ts';
import {
  changedRelationship,
  type RelationshipSettings,
  relationshipFromObject,
  UNNAMED,
} from './relationship.ts';

export interface ControlTarget {
  /**
   * The settings as they may be served, for a control that may not name every file; throws InputError. `before` is what
   * they were until now.
   */
  readonly confine?: (settings: RelationshipSettings, before?: RelationshipSettings) => RelationshipSettings;
  readonly group: ProxyGroup;
  readonly metrics: GroupMetrics;
  readonly known: KnownSoFar;
  readonly version: string;
}

type Answer = ControlAnswer | Promise<ControlAnswer>;
type Route = (target: ControlTarget, request: ControlRequest, name: string) => Answer;

/** `{name}` stands for a relationship. */
export const GROUP_ROUTES: Readonly<Record<string, Route>> = {
  'GET /version': ({ version }) => json({ version }),
  'GET /metrics': ({ group, metrics: counted }) => metrics(counted.text(group)),
  'GET /proxies': ({ group }) => json(group.relationships().map(relationshipJson)),
  'POST /proxies': async (target, { body }) =>
    json(relationshipJson(await target.group.add(confined(target, relationshipFromObject(body)))), 201),
  'GET /proxies/{name}': ({ group }, _, name) => json(relationshipJson(existing(group, name))),
  'PATCH /proxies/{name}': async (target, { body }, name) => {
    const { group } = target;
    existing(group, name);
    const view = await group.change(name, (settings) =>
      confined(target, changedRelationship(settings, body), settings),
    );
    return json(relationshipJson(view));
  },
  'DELETE /proxies/{name}': async ({ group, metrics: counted }, _, name) => {
    existing(group, name);
    await group.remove(name);
    counted.forget(name);
    return json({ removed: name });
  },
};

/** Rejects with Refused. */
export async function answerTo(target: ControlTarget, request: ControlRequest): Promise<ControlAnswer> {
  try {
    const answer = await routed(target, request);
    return answer.kind === 'json' ? { ...answer, value: toJsonKeys(answer.value) } : answer;
  } catch (error) {
    if (error instanceof InputError) throw new Refused(400, 'bad-input', error.message);
    throw error;
  }
}

function routed(target: ControlTarget, request: ControlRequest): Answer {
  const { method, path, body } = request;
  const exact = GROUP_ROUTES[`${method} ${path}`];
  if (exact !== undefined) return exact(target, request, '');
  if (method === 'POST' && path === '/populate' && !Array.isArray(body)) return populateAll(target, body);
  const [, part, rest] = /^\/proxies\/([^/]+)(\/.+)?$/.exec(path) ?? [];
  if (part === undefined) return answerOf(target.group, request, () => target.known.of());
  const name = partOf(part);
  if (rest !== undefined) {
    existing(target.group, name);
    const known = () => target.known.of(name === UNNAMED ? undefined : name);
    return answerOf(target.group.of(name), { ...request, path: rest }, known);
  }
  const route = GROUP_ROUTES[`${method} /proxies/{name}`];
  if (route === undefined) throw new Refused(404, 'not-found', `there is no ${method} ${path}`);
  return route(target, request, name);
}

function confined(
  { confine }: ControlTarget,
  settings: RelationshipSettings,
  before?: RelationshipSettings,
): RelationshipSettings {
  return confine === undefined ? settings : confine(settings, before);
}

function existing(group: ProxyGroup, name: string): RelationshipView {
  const view = group.relationships().find(({ settings }) => settings.name === name);
  if (view === undefined)
    throw new Refused(404, 'no-such-relationship', `there is no relationship "${name}"`);
  return view;
}

/**
 * `{"relationships": […], "faults": […]}`, the same as the file of `leasetap proxy --config`: relationships are created
 * or changed, faults armed. Everything is read before anything is done.
 */
async function populateAll(target: ControlTarget, body: unknown): Promise<ControlAnswer> {
  const { group } = target;
  if (typeof body !== 'object' || body === null)
    throw new InputError('expected a list of faults, or an object with relationships and faults');
  const { relationships = [], faults = [] } = body as { relationships?: unknown; faults?: unknown };
  if (!Array.isArray(relationships)) throw new InputError('relationships: expected a list');
  const known = new Map(group.relationships().map(({ settings }) => [settings.name, settings]));
  const wanted = relationships.map((value) => {
    const settings = relationshipFromObject(value);
    return confined(target, settings, known.get(settings.name));
  });
  const specs = specsOf(faults);
  for (const spec of specs) group.checkFault(spec);
  for (const settings of wanted)
    await (known.has(settings.name) ? group.change(settings.name, () => settings) : group.add(settings));
  const armed = populate(group, specs);
  return json({ relationships: group.relationships().map(relationshipJson), faults: armed }, 201);
}

/** A relationship as the control tells it: the keys of its input, and where it really listens. */
function relationshipJson({ settings, listening }: RelationshipView): Record<string, unknown> {
  const { name, listen, to, from, enabled, write, log, aliveSet, tls } = settings;
  return {
    name,
    listen: formatSocketAddress(listening ?? listen),
    to: formatSocketAddress(to),
    enabled,
    ...(from === undefined ? {} : { from }),
    ...(write === undefined ? {} : { write }),
    ...(log === undefined ? {} : { log }),
    ...(tls === undefined ? {} : { tls }),
    ...(aliveSet === undefined ? {} : { 'alive-set': aliveSet }),
  };
}
