/** What may be asked of a running server and what it answers, without HTTP: docs/openapi-server.yaml in code. */
import { equalBytes, fromHex } from '../base/bytes.ts';
import { type Ipv6Prefix, parseIpv6, parsePrefix, prefixContains } from '../base/ipv6.ts';
import { type ControlAnswer, type ControlRequest, json, metrics, Refused } from '../control/answer.ts';
import { type Lease, type Resource, resourceText } from '../failover/lease.ts';
import { BINDING_STATUSES } from '../failover/state.ts';
import type { FailoverServer } from './driver.ts';
import type { EndpointDriver } from './endpoint-driver.ts';
import { metricsText } from './metrics.ts';
import { serverEvent } from './news-text.ts';
import { type LeaseStatus, leaseStatus, serverStatus } from './status.ts';

export interface ControlTarget {
  readonly server: FailoverServer;
  readonly version: string;
  now(): number;
  /** Ends the process in good order. */
  shutDown(): void;
}

/** What an order did. */
export interface OrderOutcome {
  /** `null` for an order to the whole server. */
  readonly relationship: string | null;
  /** Of the endpoint, after the order. */
  readonly state: string | null;
  readonly text: string;
}

type Route = (target: ControlTarget, request: ControlRequest) => ControlAnswer;

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /status': ({ server, version, now }) => json(serverStatus(server, version, now())),
  'GET /leases': (target, { query }) => ({ kind: 'lines', values: leases(target.server, query) }),
  'GET /events': ({ server }) => ({
    kind: 'events',
    listen: (tell) =>
      server.news.listen((told) => {
        const event = serverEvent(told);
        tell(event.kind, event);
      }),
  }),
  'GET /metrics': ({ server, version, now }) => metrics(metricsText(serverStatus(server, version, now()))),
  'POST /partner-down': (target, request) => partnerDown(relationshipOf(target, request)),
  'POST /resync': (target, request) => resync(relationshipOf(target, request)),
  'POST /reset': (target, request) => reset(target, request),
  'POST /reload': ({ server }) => reload(server),
  'POST /shutdown': (target) => {
    target.shutDown();
    return json({
      relationship: null,
      state: null,
      text: 'the server tells its partners and ends',
    } satisfies OrderOutcome);
  },
};

/** Method and path of everything that may be asked. */
export const ROUTE_NAMES: readonly string[] = Object.keys(ROUTES);

/** @throws Refused */
export function answerTo(target: ControlTarget, request: ControlRequest): ControlAnswer {
  const { method, path } = request;
  const route = ROUTES[`${method} ${path}`];
  if (route !== undefined) return route(target, request);
  const allowed = ROUTE_NAMES.filter((name) => name.endsWith(` ${path}`)).map((name) => name.split(' ')[0]);
  if (allowed.length > 0) throw new Refused(405, 'method', `expected ${allowed.join(' or ')}`);
  throw new Refused(404, 'not-found', `expected one of ${ROUTE_NAMES.join(', ')}`);
}

function reload(server: FailoverServer): ControlAnswer {
  try {
    server.reloadTls();
  } catch (error) {
    throw new Refused(409, 'certificates', `${(error as Error).message}; those in use stay`);
  }
  const text = 'new certificates from the next connection on';
  return json({ relationship: null, state: null, text } satisfies OrderOutcome);
}

function outcome(driver: EndpointDriver, text: string): ControlAnswer {
  return json({ relationship: driver.name, state: driver.endpoint.state, text } satisfies OrderOutcome);
}

/** The one that is named in `?relationship=`, or the only one. */
function relationshipOf({ server }: ControlTarget, { query }: ControlRequest): EndpointDriver {
  const name = query.get('relationship');
  const names = server.endpoints.map((endpoint) => endpoint.name).join(', ');
  const [only, second] = server.endpoints;
  if (name === null && only !== undefined && second === undefined) return only;
  if (name === null) throw new Refused(400, 'which', `relationship: expected one of ${names}`);
  const found = server.endpoints.find((endpoint) => endpoint.name === name);
  if (found !== undefined) return found;
  throw new Refused(404, 'no-relationship', `expected one of ${names}, found "${name}"`);
}

/** RFC 8156 §8.4: only an operator can know that the partner is down. */
function partnerDown(driver: EndpointDriver): ControlAnswer {
  const before = driver.endpoint.state;
  driver.operator({ kind: 'partner-down' });
  const after = driver.endpoint.state;
  if (after === 'PARTNER-DOWN')
    return outcome(driver, before === after ? 'it was so already' : `was ${before}`);
  throw new Refused(409, 'state', `partner-down does nothing in ${before}`);
}

function resync(driver: EndpointDriver): ControlAnswer {
  if (driver.reconnect()) return outcome(driver, 'the connection ends and begins anew');
  throw new Refused(409, 'not-connected', 'there is no connection to the partner');
}

/** RFC 8156 §7.2: an ABANDONED lease is usable again. */
function reset({ server }: ControlTarget, { body }: ControlRequest): ControlAnswer {
  const text = (body as { resource?: unknown } | undefined)?.resource;
  const resource = typeof text === 'string' ? resourceOf(text) : undefined;
  if (resource === undefined) {
    throw new Refused(
      400,
      'resource',
      'expected an address or a prefix with its length as the resource, e.g. 2001:db8::1',
    );
  }
  const driver = server.endpoints.find(({ endpoint }) => endpoint.clients.poolOf(resource) !== undefined);
  const lease = driver?.endpoint.clients.find(resource);
  if (driver === undefined || lease?.status !== 'ABANDONED') {
    const found = lease === undefined ? 'not on record' : lease.status;
    throw new Refused(409, 'not-abandoned', `${resourceText(resource)} is ${found}, expected ABANDONED`);
  }
  driver.operator({ kind: 'reset', resource });
  return outcome(driver, `${resourceText(resource)} is being reset`);
}

function resourceOf(text: string): Resource | undefined {
  const address = parseIpv6(text);
  if (address !== undefined) return { kind: 'address', address, prefixLength: 128 };
  const prefix = parsePrefix(text);
  return prefix && { kind: 'prefix', address: prefix.address, prefixLength: prefix.length };
}

function leases(server: FailoverServer, query: URLSearchParams): Iterable<LeaseStatus> {
  const status = query.get('status')?.toUpperCase();
  if (status !== undefined && !BINDING_STATUSES.some((one) => one === status)) {
    throw new Refused(400, 'status', `status: expected one of ${BINDING_STATUSES.join(', ')}`);
  }
  const within = withinOf(query.get('in'));
  const duid = query.get('client');
  const client = duid === null ? undefined : fromHex(duid);
  if (duid !== null && client === undefined) {
    throw new Refused(400, 'client', 'client: expected a DUID in hexadecimal');
  }
  const name = query.get('relationship');
  const wanted = ({ status: is, address, holder }: Lease): boolean =>
    (status === undefined || is === status) &&
    (within === undefined || prefixContains(within, address)) &&
    (client === undefined || (holder !== undefined && equalBytes(holder.duid, client)));
  const drivers = server.endpoints.filter((driver) => name === null || driver.name === name);
  return matching(drivers, wanted);
}

function* matching(
  drivers: readonly EndpointDriver[],
  wanted: (lease: Lease) => boolean,
): Iterable<LeaseStatus> {
  for (const driver of drivers) {
    for (const lease of driver.endpoint.allLeases()) if (wanted(lease)) yield leaseStatus(driver.name, lease);
  }
}

function withinOf(text: string | null): Ipv6Prefix | undefined {
  if (text === null) return undefined;
  const address = parseIpv6(text);
  const prefix = address === undefined ? parsePrefix(text) : { address, length: 128 };
  if (prefix === undefined) throw new Refused(400, 'in', 'in: expected an IPv6 prefix or address');
  return prefix;
}
