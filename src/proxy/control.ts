/**
 * The control of a running proxy: HTTP with JSON on a unix socket that only its owner can use, or on TCP with a token.
 * docs/openapi-proxy.yaml describes it. What may be asked is in control-routes.ts; here are sockets, limits and rights.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { existsSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Endpoint } from '../base/flow.ts';
import { InputError } from '../base/problem.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import { answerTo, type ControlAnswer, type ControlTarget, refusal } from './control-routes.ts';

export const CONTROL_CONNECTIONS_MAX = 64;
export const BODY_OCTETS_MAX = 1 << 20;
export const TOKEN_CHARACTERS_MIN = 16;
const REQUEST_MILLIS = 10_000;
/** A reader of events that is so far behind is cut off. */
const EVENTS_BEHIND_OCTETS_MAX = 16 << 20;
/** So that readers of events see that the proxy is alive. */
const EVENTS_ALIVE_MILLIS = 15_000;

export type ControlPlace =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly listen: Endpoint; readonly token: string };

export interface OpenControl {
  /** A path, or `[::1]:8474`. */
  readonly where: string;
  close(): Promise<void>;
}

/** Rejects with InputError if the place is taken. */
export async function openControl(place: ControlPlace, target: ControlTarget): Promise<OpenControl> {
  if (place.kind === 'tcp' && place.token.length < TOKEN_CHARACTERS_MIN) {
    throw new InputError(`the token of the control has to have at least ${TOKEN_CHARACTERS_MIN} characters`);
  }
  if (place.kind === 'unix') await removeStale(place.path);
  const token = place.kind === 'tcp' ? place.token : undefined;
  const server = createServer({ requestTimeout: REQUEST_MILLIS }, (request, response) => {
    serve(target, token, request, response).catch((error: Error) => response.destroy(error));
  });
  server.maxConnections = CONTROL_CONNECTIONS_MAX;
  await listening(server, place);
  const stopCounting = target.proxy.subscribe((event) => target.metrics.event(event));
  return {
    where: whereOf(server, place),
    close: () =>
      new Promise((closed) => {
        stopCounting();
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  target: ControlTarget,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (token !== undefined && !hasToken(request, token)) {
    send(response, refusal(401, 'unauthorized', 'expected the header "Authorization: Bearer TOKEN"'));
    return;
  }
  const url = new URL(request.url ?? '/', 'http://control');
  const body = await readBody(request);
  if (!body.ok) {
    send(response, body.refusal);
    return;
  }
  const asked = {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    body: body.value,
  };
  send(response, answerTo(target, asked));
}

function send(response: ServerResponse, answer: ControlAnswer): void {
  if (answer.kind === 'json') {
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(`${JSON.stringify(answer.value)}\n`);
  } else if (answer.kind === 'text') {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(answer.text);
  } else sendEvents(response, answer.listen);
}

function sendEvents(response: ServerResponse, listen: (ControlAnswer & { kind: 'events' })['listen']): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': leasetap\n\n');
  const write = (text: string): void => {
    if (response.writableLength > EVENTS_BEHIND_OCTETS_MAX) response.destroy();
    else response.write(text);
  };
  const stop = listen((kind, value) => write(`event: ${kind}\ndata: ${JSON.stringify(value)}\n\n`));
  const alive = setInterval(() => write(': alive\n\n'), EVENTS_ALIVE_MILLIS);
  response.once('close', () => {
    clearInterval(alive);
    stop();
  });
}

type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: ControlAnswer };

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > BODY_OCTETS_MAX) {
      return { ok: false, refusal: refusal(413, 'too-large', `more than ${BODY_OCTETS_MAX} octets`) };
    }
    chunks.push(chunk);
  }
  if (length === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { ok: false, refusal: refusal(400, 'bad-json', 'the body is not JSON') };
  }
}

function hasToken(request: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

/** A socket that nobody answers on is left over from a crash. */
async function removeStale(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const used = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
  if (used) throw new InputError(`${path}: another program uses this, expected a free place for the control`);
  unlinkSync(path);
}

function listening(server: Server, place: ControlPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    const where = place.kind === 'tcp' ? formatSocketAddress(place.listen) : place.path;
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new InputError(`${where}: the control cannot be opened: ${error.code ?? error.message}`));
    });
    if (place.kind === 'tcp') {
      server.listen({ host: place.listen.address, port: place.listen.port }, () => resolve());
      return;
    }
    // The socket is made during this call, so nobody else can use it for a moment.
    const mask = process.umask(0o177);
    server.listen({ path: place.path }, () => resolve());
    process.umask(mask);
  });
}

function whereOf(server: Server, place: ControlPlace): string {
  const bound = server.address();
  if (place.kind === 'unix' || bound === null || typeof bound === 'string')
    return place.kind === 'unix' ? place.path : '';
  return formatSocketAddress({ address: place.listen.address, port: bound.port });
}
