/** Carries the control over HTTP with JSON: sockets, limits and rights. What may be asked is for the routes. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { lstatSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { jsonText } from '../base/json-text.ts';
import { InputError } from '../base/problem.ts';
import { systemErrorWords } from '../base/system-error.ts';
import { type ControlAnswer, type ControlRequest, Refused, refusal } from './answer.ts';
import { type ControlPlace, placeText, socketPath } from './place.ts';

export const BODY_OCTETS_MAX = 1 << 20;
const CONNECTIONS_MAX = 64;
const REQUEST_MILLIS = 10_000;
/** How often Node looks for requests that take too long; its 30 seconds would let them. */
const CHECKING_MILLIS = 1_000;
/** A reader of events that is so far behind is cut off. */
const EVENTS_BEHIND_OCTETS_MAX = 16 << 20;
/** So that readers of events see that somebody is there. */
const EVENTS_ALIVE_MILLIS = 15_000;

export interface OpenControl {
  /** With the port that the system gave, if it was to choose. */
  readonly place: ControlPlace;
  close(): Promise<void>;
}

/** Answers a request; throws Refused for one that it does not carry out. */
export type Routes = (request: ControlRequest) => ControlAnswer | Promise<ControlAnswer>;

/** Opens a control. @throws InputError if the place is taken */
export async function openControl(place: ControlPlace, routes: Routes): Promise<OpenControl> {
  if (place.kind === 'unix') await clear(socketPath(place.path));
  const token = place.kind === 'tcp' ? place.token : undefined;
  const limits = {
    requestTimeout: REQUEST_MILLIS,
    headersTimeout: REQUEST_MILLIS,
    connectionsCheckingInterval: CHECKING_MILLIS,
  };
  const server = createServer(limits, (request, response) => {
    serve(routes, token, request, response).catch((error: Error) => response.destroy(error));
  });
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, place);
  return {
    place: whereBound(server, place),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  routes: Routes,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (token !== undefined && !hasToken(request, token)) {
      throw new Refused(401, 'unauthorized', 'expected the header "Authorization: Bearer TOKEN"');
    }
    const { pathname: path, searchParams: query } = targetOf(request);
    const body = await readBody(request);
    await send(response, await routes({ method: request.method ?? 'GET', path, query, body }));
  } catch (error) {
    if (response.headersSent) throw error;
    const { message } = error as Error;
    await send(response, refusal(error instanceof Refused ? error : new Refused(500, 'bug', message)));
  }
}

function targetOf({ url = '/' }: IncomingMessage): URL {
  try {
    return new URL(url, 'http://control');
  } catch {
    throw new Refused(400, 'bad-target', 'the target of the request is no URL');
  }
}

async function send(response: ServerResponse, answer: ControlAnswer): Promise<void> {
  switch (answer.kind) {
    case 'json':
      response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(`${jsonText(answer.value)}\n`);
      return;
    case 'text':
      response.writeHead(200, { 'content-type': answer.type }).end(answer.text);
      return;
    case 'lines':
      return await sendLines(response, answer.values);
    case 'events':
      return sendEvents(response, answer.listen);
  }
}

/** One JSON object a line, no faster than they are read. */
async function sendLines(response: ServerResponse, values: Iterable<unknown>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for (const value of values) {
    if (response.destroyed) return;
    if (response.write(`${jsonText(value)}\n`)) continue;
    await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
  });
}

function sendEvents(
  response: ServerResponse,
  listen: (tell: (kind: string, value: unknown) => void) => () => void,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': leasetap\n\n');
  const write = (text: string): void => {
    if (response.writableLength > EVENTS_BEHIND_OCTETS_MAX) response.destroy();
    else response.write(text);
  };
  const stop = listen((kind, value) => write(`event: ${kind}\ndata: ${jsonText(value)}\n\n`));
  const alive = setInterval(() => write(': alive\n\n'), EVENTS_ALIVE_MILLIS);
  response.once('close', () => {
    clearInterval(alive);
    stop();
  });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > BODY_OCTETS_MAX) throw new Refused(413, 'too-large', `more than ${BODY_OCTETS_MAX} octets`);
    chunks.push(chunk);
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refused(400, 'bad-json', 'the body is not JSON');
  }
}

function hasToken(request: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

/** A socket that nobody answers on is left over from a crash. */
async function clear(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) {
    // Of a missing folder the system says that permission is denied.
    if (lstatSync(dirname(path), { throwIfNoEntry: false }) !== undefined) return;
    throw new InputError(`${path}: the control cannot be opened: there is no folder ${dirname(path)}`);
  }
  if (!there.isSocket())
    throw new InputError(
      `${path}: there is something else than a socket, expected a free place for the control`,
    );
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
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = systemErrorWords(error);
      reject(new InputError(`${placeText(place)}: the control cannot be opened: ${why}`));
    });
    const done = (): void => resolve();
    if (place.kind === 'tcp') {
      server.listen({ host: place.end.address, port: place.end.port }, done);
      return;
    }
    // The socket is made during this call, so nobody else can use it for a moment.
    const mask = process.umask(0o177);
    server.listen({ path: place.path }, done);
    process.umask(mask);
  });
}

function whereBound(server: Server, place: ControlPlace): ControlPlace {
  const bound = server.address();
  if (place.kind === 'unix' || bound === null || typeof bound === 'string') return place;
  return { ...place, end: { ...place.end, port: bound.port } };
}
