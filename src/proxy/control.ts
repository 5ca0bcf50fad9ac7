/** The control of a running proxy: docs/openapi-proxy.yaml over HTTP. What may be asked is in group-routes.ts. */
import { type OpenControl, openControl } from '../control/http-server.ts';
import type { ControlPlace } from '../control/place.ts';
import { answerTo, type ControlTarget } from './group-routes.ts';

/** Counts for `/metrics` from here on. Rejects with InputError if the place is taken. */
export async function openProxyControl(place: ControlPlace, target: ControlTarget): Promise<OpenControl> {
  const opened = await openControl(place, (request) => answerTo(target, request));
  const stopCounting = target.group.subscribe((event) => target.metrics.event(event));
  return {
    place: opened.place,
    close: () => {
      stopCounting();
      return opened.close();
    },
  };
}
