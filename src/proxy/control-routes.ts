/**
 * What may be asked of a running proxy and what it answers, without HTTP: docs/openapi-proxy.yaml in code. The shape is
 * toxiproxy's where it fits: list, create, update, delete, reset, populate.
 */
import { InputError } from '../base/problem.ts';
import {
  type ControlAnswer,
  type ControlRequest,
  json,
  metrics as metricsAnswer,
  Refused,
} from '../control/answer.ts';
import { eventToJson } from './event-json.ts';
import type { FaultView, ProxyEvent } from './events.ts';
import { faultFromObject } from './faults/object-form.ts';
import type { FaultSpec } from './faults/spec.ts';
import type { ProxyHandle } from './handle.ts';
import type { ProxyMetrics } from './metrics.ts';

export interface ControlTarget {
  readonly proxy: ProxyHandle;
  readonly metrics: ProxyMetrics;
  readonly version: string;
}

type Route = (target: ControlTarget, request: ControlRequest, id: string) => ControlAnswer;

/** Name of the fault that `pause` arms. */
const PAUSE = 'pause';

/** `{id}` stands for one part of a path. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'GET /version': ({ version }) => json({ version }),
  'GET /stats': ({ proxy }) => json(proxy.stats()),
  'GET /metrics': ({ proxy, metrics }) => metricsAnswer(metrics.text(proxy.stats(), proxy.listFaults())),
  'GET /events': events,
  'GET /faults': ({ proxy }) => json(proxy.listFaults()),
  'POST /faults': ({ proxy }, { body }) => json(arm(proxy, specOf(body)), 201),
  'GET /faults/{id}': ({ proxy }, _, id) => json(existing(proxy, id)),
  'PATCH /faults/{id}': update,
  'DELETE /faults/{id}': ({ proxy }, _, id) => {
    existing(proxy, id);
    proxy.removeFault(id);
    return json({ removed: id });
  },
  'POST /faults/{id}/release': ({ proxy }, { body }, id) => {
    existing(proxy, id);
    return json({ released: proxy.release(id, orderOf(body)) });
  },
  'POST /reset': ({ proxy }) => {
    const faults = proxy.listFaults().map(({ id }) => id);
    for (const id of faults) proxy.removeFault(id);
    return json({ removed: faults });
  },
  'POST /populate': populate,
  'POST /pause': ({ proxy }, { body }) => json(arm(proxy, pauseSpec(body)), 201),
  'POST /step': ({ proxy }) => {
    existing(proxy, PAUSE);
    return json({ released: proxy.release(PAUSE, [0]) });
  },
  'POST /resume': ({ proxy }) => {
    existing(proxy, PAUSE);
    proxy.removeFault(PAUSE);
    return json({ removed: PAUSE });
  },
};

/** @throws Refused */
export function answerTo(target: ControlTarget, request: ControlRequest): ControlAnswer {
  const [route, id] = findRoute(request);
  if (route === undefined) {
    throw new Refused(404, 'not-found', `there is no ${request.method} ${request.path}`);
  }
  try {
    return route(target, request, id);
  } catch (error) {
    if (error instanceof InputError) throw new Refused(400, 'bad-input', error.message);
    throw error;
  }
}

function findRoute({ method, path }: ControlRequest): readonly [Route | undefined, string] {
  const exact = ROUTES[`${method} ${path}`];
  if (exact !== undefined) return [exact, ''];
  const parts = /^\/faults\/([^/]+)(\/release)?$/.exec(path);
  if (parts === null) return [undefined, ''];
  return [ROUTES[`${method} /faults/{id}${parts[2] ?? ''}`], decodeURIComponent(parts[1] as string)];
}

/** `{"fault": "drop s>p"}` or the object form. */
function specOf(body: unknown): FaultSpec {
  const short = typeof body === 'object' && body !== null && 'fault' in body ? body.fault : body;
  return faultFromObject(short);
}

function arm(proxy: ProxyHandle, spec: FaultSpec): FaultView {
  if (spec.id !== undefined && proxy.listFaults().some(({ id }) => id === spec.id)) {
    throw new Refused(409, 'exists', `there is already a fault "${spec.id}"`);
  }
  return proxy.armFault(spec);
}

function existing(proxy: ProxyHandle, id: string): FaultView {
  const view = proxy.listFaults().find((fault) => fault.id === id);
  if (view === undefined) throw new Refused(404, 'no-such-fault', `there is no fault "${id}"`);
  return view;
}

/** Takes what is given, keeps the rest, and counts from the beginning. */
function update({ proxy }: ControlTarget, { body }: ControlRequest, id: string): ControlAnswer {
  const { spec } = existing(proxy, id);
  if (typeof body !== 'object' || body === null)
    throw new InputError('expected an object with what is to change');
  const changed = faultFromObject({ ...flat(spec), ...body, id });
  proxy.removeFault(id);
  return json(proxy.armFault(changed));
}

function flat({ parameters, action, ...conditions }: FaultSpec): Record<string, unknown> {
  return { do: action, ...conditions, ...parameters };
}

/** All or nothing: every fault is read before the first is armed. Faults of the same id are replaced. */
function populate({ proxy }: ControlTarget, { body }: ControlRequest): ControlAnswer {
  if (!Array.isArray(body)) throw new InputError('expected a list of faults');
  const specs = body.map(specOf);
  const views = specs.map((spec) => {
    if (spec.id !== undefined) proxy.removeFault(spec.id);
    return proxy.armFault(spec);
  });
  return json(views, 201);
}

/** `{"where": FILTER}` makes it a breakpoint: everything from the first message that matches waits. */
function pauseSpec(body: unknown): FaultSpec {
  const given = typeof body === 'object' && body !== null ? body : {};
  return faultFromObject({ ...given, do: 'hold', all: true, id: PAUSE });
}

function orderOf(body: unknown): readonly number[] | undefined {
  if (body === undefined) return undefined;
  const order = typeof body === 'object' && body !== null && 'order' in body ? body.order : undefined;
  if (Array.isArray(order) && order.every((each) => Number.isInteger(each) && each >= 0))
    return order as number[];
  throw new InputError('order: expected a list of positions, 0 is the oldest');
}

/** `?tied=F1,F2`: these faults are removed when the reader of the stream goes. */
function events({ proxy }: ControlTarget, { query }: ControlRequest): ControlAnswer {
  const tied = (query.get('tied') ?? '').split(',').filter((id) => id !== '');
  return {
    kind: 'events',
    listen: (tell) => {
      const stop = proxy.subscribe((event: ProxyEvent) => tell(event.kind, eventToJson(event)));
      return () => {
        stop();
        for (const id of tied) proxy.removeFault(id);
      };
    },
  };
}
