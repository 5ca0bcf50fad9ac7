/** The control of a running proxy: docs/openapi-proxy.yaml over HTTP. What may be asked is in group-routes.ts. */
import { type OpenControl, openControl } from '../control/http-server.ts';
import type { ControlPlace } from '../control/place.ts';
import type { ProxyGroup } from './group.ts';
import { answerTo, type ControlTarget } from './group-routes.ts';
import { KnownSoFar } from './known.ts';
import { GroupMetrics } from './metrics.ts';

/** Counts for `/metrics` and learns what is known from here on: best before the first relationship is served. */
export function controlTarget(
  group: ProxyGroup,
  facts: Pick<ControlTarget, 'version' | 'confine'>,
): ControlTarget {
  const metrics = new GroupMetrics();
  const known = new KnownSoFar();
  group.subscribe((event) => {
    metrics.event(event);
    known.event(event);
  });
  return { ...facts, group, metrics, known };
}

/** Answers once `ready` is. Rejects with InputError if the place is taken. */
export function openProxyControl(
  place: ControlPlace,
  target: ControlTarget,
  ready: Promise<void> = Promise.resolve(),
): Promise<OpenControl> {
  return openControl(place, async (request) => {
    await ready;
    return answerTo(target, request);
  });
}
