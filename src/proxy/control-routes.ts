/**
 * What may be asked of one relationship of a running proxy and what it answers, without HTTP: faults, events, single
 * steps. The shape is toxiproxy's where it fits. The relationships themselves are in group-routes.ts.
 */
import { InputError } from '../base/problem.ts';
import { type ControlAnswer, type ControlRequest, json, Refused } from '../control/answer.ts';
import { eventToJson } from './event-json.ts';
import type { FaultView, ProxyEvent } from './events.ts';
import { checkSpec } from './faults/limits.ts';
import { faultFromObject } from './faults/object-form.ts';
import type { FaultSpec } from './faults/spec.ts';
import type { ProxyHandle } from './handle.ts';
import { toJsonKeys } from './json-keys.ts';
import type { Known } from './known.ts';

type Route = (proxy: ProxyHandle, request: ControlRequest, id: string, known: () => Known) => ControlAnswer;

/** Name of the fault that `pause` arms. */
export const PAUSE = 'pause';

/** `{id}` stands for one part of a path. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'GET /stats': (proxy) => json(proxy.stats()),
  'GET /events': events,
  'GET /faults': (proxy) => json(proxy.listFaults()),
  'POST /faults': (proxy, { body }) => json(arm(proxy, specOf(body)), 201),
  'GET /faults/{id}': (proxy, _, id) => json(existing(proxy, id)),
  'PATCH /faults/{id}': update,
  'DELETE /faults/{id}': (proxy, _, id) => {
    const fault = existing(proxy, id);
    proxy.removeFault(fault.id);
    return json({ removed: fault.id });
  },
  'POST /faults/{id}/release': (proxy, { body }, id) =>
    json({ released: proxy.release(existing(proxy, id).id, orderOf(body)) }),
  'POST /reset': (proxy) => {
    const faults = proxy.listFaults().map(({ id }) => id);
    for (const id of faults) proxy.removeFault(id);
    return json({ removed: faults });
  },
  'POST /populate': (proxy, { body }) => json(populate(proxy, specsOf(body)), 201),
  'POST /pause': (proxy, { body }) => json(arm(proxy, pauseSpec(body)), 201),
  'POST /step': (proxy) => json({ released: proxy.step(existing(proxy, PAUSE).id) }),
  'POST /resume': (proxy) => {
    const fault = existing(proxy, PAUSE);
    proxy.removeFault(fault.id);
    return json({ removed: fault.id });
  },
};

/** `known`: what was seen so far. @throws Refused; InputError for what makes no sense */
export function answerOf(proxy: ProxyHandle, request: ControlRequest, known: () => Known): ControlAnswer {
  const { method, path } = request;
  const exact = ROUTES[`${method} ${path}`];
  if (exact !== undefined) return exact(proxy, request, '', known);
  const parts = /^\/faults\/([^/]+)(\/release)?$/.exec(path);
  const route = parts === null ? undefined : ROUTES[`${method} /faults/{id}${parts[2] ?? ''}`];
  if (route === undefined) throw new Refused(404, 'not-found', `there is no ${method} ${path}`);
  return route(proxy, request, partOf(parts?.[1] ?? ''), known);
}

/** One part of a path as it was meant. @throws InputError */
export function partOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InputError(`${text}: expected %XX for octets of a path`);
  }
}

const BESIDE_FAULT: readonly string[] = ['id', 'relationship'];

/** `{"fault": "drop s>p"}` with `id` and `relationship` beside it, or the object form. */
function specOf(body: unknown): FaultSpec {
  if (typeof body !== 'object' || body === null || !('fault' in body)) return faultFromObject(body);
  const { fault, ...beside } = body;
  const given = Object.entries(beside).map(([key, value]) => {
    if (!BESIDE_FAULT.includes(key))
      throw new InputError(`unknown key "${key}" beside "fault"; expected ${BESIDE_FAULT.join(' or ')}`);
    return [key, textOf(value, key)];
  });
  const spec = { ...faultFromObject(fault), ...Object.fromEntries(given) };
  checkSpec(spec);
  return spec;
}

function textOf(value: unknown, key: string): string {
  if (typeof value === 'string') return value;
  throw new InputError(`${key}: expected text, found ${JSON.stringify(value)}`);
}

function arm(proxy: ProxyHandle, spec: FaultSpec): FaultView {
  const { id, relationship } = spec;
  if (id !== undefined && named(proxy, id, relationship) !== undefined) {
    throw new Refused(409, 'exists', `there is already a fault "${id}"`);
  }
  return proxy.armFault(spec);
}

/** Of this id, or of this id in the relationship that is named or the only one. */
function named(proxy: ProxyHandle, id: string, relationship?: string): FaultView | undefined {
  const found = proxy.listFaults().filter((fault) => {
    if (relationship !== undefined && fault.relationship !== undefined)
      return fault.id === `${relationship}/${id}`;
    return fault.id === id || fault.id === `${fault.relationship}/${id}`;
  });
  if (found.length > 1) {
    const which = found.map((fault) => fault.id).join(', ');
    throw new Refused(409, 'which', `several faults are called "${id}": ${which}`);
  }
  return found[0];
}

function existing(proxy: ProxyHandle, id: string): FaultView {
  const view = named(proxy, id);
  if (view === undefined) throw new Refused(404, 'no-such-fault', `there is no fault "${id}"`);
  return view;
}

/** Takes what is given, keeps the rest, the seed that was drawn too, and counts from the beginning. */
function update(proxy: ProxyHandle, { body }: ControlRequest, id: string): ControlAnswer {
  const { id: place, spec, seed, relationship } = existing(proxy, id);
  if (typeof body !== 'object' || body === null)
    throw new InputError('expected an object with what is to change');
  const bare = relationship === undefined ? place : place.slice(relationship.length + 1);
  const where = relationship === undefined ? {} : { relationship };
  const changed = faultFromObject({ ...flat(spec), seed, ...body, ...where, id: bare });
  proxy.checkFault(changed);
  proxy.removeFault(place);
  return json(proxy.armFault(changed));
}

function flat({ parameters, ...conditions }: FaultSpec): Record<string, unknown> {
  return { ...conditions, ...parameters };
}

/** Faults, read before the first of them is armed. @throws InputError */
export function specsOf(body: unknown): readonly FaultSpec[] {
  if (!Array.isArray(body)) throw new InputError('expected a list of faults');
  return body.map(specOf);
}

/** Arms them all, or none if one makes no sense; those of the same id are replaced. */
export function populate(proxy: ProxyHandle, specs: readonly FaultSpec[]): readonly FaultView[] {
  for (const spec of specs) proxy.checkFault(spec);
  return specs.map((spec) => {
    const old = spec.id === undefined ? undefined : named(proxy, spec.id, spec.relationship);
    if (old !== undefined) proxy.removeFault(old.id);
    return proxy.armFault(spec);
  });
}

/**
 * `{"when": FILTER}` makes it a breakpoint: from the first message that matches on everything waits. With a `direction`
 * only that one stops.
 */
export function pauseSpec(body: unknown): FaultSpec {
  const given = typeof body === 'object' && body !== null ? body : {};
  return faultFromObject({ ...given, do: 'hold', stop: true, id: PAUSE });
}

function orderOf(body: unknown): readonly number[] | undefined {
  if (body === undefined) return undefined;
  const order = typeof body === 'object' && body !== null && 'order' in body ? body.order : undefined;
  if (Array.isArray(order) && order.every((each) => Number.isInteger(each) && each >= 0))
    return order as number[];
  throw new InputError('order: expected a list of positions, 0 is the oldest');
}

/** What is known, then what happens. `?tied=F1,F2`: these faults are removed when the reader of the stream goes. */
function events(proxy: ProxyHandle, { query }: ControlRequest, _: string, known: () => Known): ControlAnswer {
  const ids = (query.get('tied') ?? '').split(',').filter((id) => id !== '');
  const tied = ids.map((id) => named(proxy, id)?.id ?? id);
  return {
    kind: 'events',
    listen: (tell) => {
      const before = known();
      tell(before.kind, toJsonKeys(before));
      const stop = proxy.subscribe((event: ProxyEvent) => tell(event.kind, eventToJson(event)));
      return () => {
        stop();
        for (const id of tied) proxy.removeFault(id);
      };
    },
  };
}
