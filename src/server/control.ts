/**
 * The control of a running server: HTTP with JSON on a unix socket that only its owner can use, or on TCP with a token.
 * docs/openapi-server.yaml describes it. What may be asked is in control-routes.ts; here are sockets, limits and rights.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { InputError } from '../base/problem.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import type { ControlAddress } from './config.ts';
import { type Answer, answerTo, ControlError, type ControlTarget } from './control-routes.ts';
import type { Opened } from './sockets.ts';

const CONNECTIONS_MAX = 64;
const BODY_BYTES_MAX = 64 * 1024;
const REQUEST_MILLIS = 10_000;
/** A reader of events that is so far behind is cut off. */
const EVENTS_BEHIND_BYTES_MAX = 4 << 20;
/** So that readers of events see that the server is alive. */
const EVENTS_ALIVE_MILLIS = 15_000;
const TOKEN_CHARACTERS_MIN = 16;

/**
 * Opens the control.
 * @throws InputError if the place is taken or the token cannot be used
 */
export async function openControl(address: ControlAddress, target: ControlTarget): Promise<Opened> {
  const token = address.kind === 'tcp' ? readToken(address.tokenFile) : undefined;
  if (address.kind === 'unix') await removeStale(address.path);
  const server = createServer({ requestTimeout: REQUEST_MILLIS }, (request, response) => {
    serve(target, token, request, response).catch((error: Error) => response.destroy(error));
  });
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, address);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const local = address.kind === 'tcp' ? { ...address.listen, port } : { address: address.path, port: 0 };
  return {
    local,
    close: () =>
      new Promise((closed) => {
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
  try {
    if (token !== undefined && !hasToken(request, token)) {
      throw new ControlError(401, 'unauthorized', 'expected the header "Authorization: Bearer TOKEN"');
    }
    const url = new URL(request.url ?? '/', 'http://control');
    const body = await readBody(request);
    await send(response, answerTo(target, { method: request.method ?? 'GET', url, body }));
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    const { status, code, message } = error;
    sendJson(response, status, { error: { code, message } });
  }
}

async function send(response: ServerResponse, answer: Answer): Promise<void> {
  switch (answer.kind) {
    case 'json':
      return sendJson(response, 200, answer.value);
    case 'text':
      response.writeHead(200, { 'content-type': answer.type }).end(answer.text);
      return;
    case 'lines':
      return await sendLines(response, answer.values);
    case 'events':
      return sendEvents(response, answer.listen);
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
}

/** One JSON object a line, no faster than they are read. */
async function sendLines(response: ServerResponse, values: Iterable<unknown>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for (const value of values) {
    if (response.destroyed) return;
    if (response.write(`${JSON.stringify(value)}\n`)) continue;
    await new Promise<void>((resolve) => {
      response.once('drain', resolve);
      response.once('close', resolve);
    });
  }
  response.end();
}

function sendEvents(
  response: ServerResponse,
  listen: (tell: (kind: string, value: unknown) => void) => () => void,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': leasetap\n\n');
  const write = (text: string) => {
    if (response.writableLength > EVENTS_BEHIND_BYTES_MAX) response.destroy();
    else response.write(text);
  };
  const stop = listen((kind, value) => write(`event: ${kind}\ndata: ${JSON.stringify(value)}\n\n`));
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
    if (length > BODY_BYTES_MAX)
      throw new ControlError(413, 'too-large', `more than ${BODY_BYTES_MAX} octets`);
    chunks.push(chunk);
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new ControlError(400, 'bad-json', 'the body is not JSON');
  }
}

function hasToken(request: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`);
  }
  if (token.length >= TOKEN_CHARACTERS_MIN) return token;
  throw new InputError(`${file}: expected a token of at least ${TOKEN_CHARACTERS_MIN} characters`);
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

function listening(server: Server, address: ControlAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const where = address.kind === 'tcp' ? formatSocketAddress(address.listen) : address.path;
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new InputError(`${where}: the control cannot be opened: ${error.code ?? error.message}`));
    });
    const done = () => resolve();
    if (address.kind === 'tcp') {
      server.listen({ host: address.listen.address, port: address.listen.port }, done);
      return;
    }
    // The socket is made during this call, so nobody else can use it for a moment.
    const mask = process.umask(0o177);
    server.listen({ path: address.path }, done);
    process.umask(mask);
  });
}
