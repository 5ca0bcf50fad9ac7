/** Asks a running server through its control: for `leasetap ctl`, the lab, and tests. Says what went wrong in one line. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Endpoint } from '../base/flow.ts';
import { InputError } from '../base/problem.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import type { OrderOutcome } from './control-routes.ts';
import type { ServerEvent } from './news-text.ts';
import type { LeaseStatus, ServerStatus } from './status.ts';

/** Where a control is. */
export type ControlPlace =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly end: Endpoint; readonly token: string };

export interface LeaseQuery {
  readonly relationship?: string;
  readonly status?: string;
  /** Prefix or address. */
  readonly in?: string;
  /** DUID in hexadecimal. */
  readonly client?: string;
}

/** An order, by its path: `partner-down`, `resync`, `reset`. */
export interface Order {
  readonly name: string;
  readonly relationship?: string;
  readonly body?: unknown;
}

/** How long a server may take to begin its answer. */
const ANSWER_MILLIS = 10_000;

export class ControlClient {
  readonly #place: ControlPlace;

  constructor(place: ControlPlace) {
    this.#place = place;
  }

  /** @throws InputError as all methods do: nobody there, no permission, or the server's own reason */
  async status(): Promise<ServerStatus> {
    return JSON.parse(await this.#text('GET', '/status')) as ServerStatus;
  }

  async metrics(): Promise<string> {
    return await this.#text('GET', '/metrics');
  }

  async order({ name, relationship, body }: Order): Promise<OrderOutcome> {
    const query = relationship === undefined ? '' : `?${new URLSearchParams({ relationship })}`;
    return JSON.parse(await this.#text('POST', `/${name}${query}`, body)) as OrderOutcome;
  }

  /** As they come: a server may have millions. */
  async *leases(query: LeaseQuery = {}): AsyncIterable<LeaseStatus> {
    const response = await this.#ask('GET', `/leases?${new URLSearchParams({ ...query })}`);
    for await (const line of linesOf(response)) yield JSON.parse(line) as LeaseStatus;
  }

  /** What happens from now on, until `signal` or the end of the server. */
  async *events(signal?: AbortSignal): AsyncIterable<ServerEvent> {
    const response = await this.#ask('GET', '/events');
    const stop = () => response.destroy();
    signal?.addEventListener('abort', stop);
    try {
      for await (const line of linesOf(response)) {
        if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length)) as ServerEvent;
      }
    } catch (error) {
      if (signal?.aborted !== true) throw this.#failure(error);
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
  }

  async #text(method: string, path: string, body?: unknown): Promise<string> {
    return await textOf(await this.#ask(method, path, body));
  }

  #ask(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const place = this.#place;
    const where =
      place.kind === 'unix'
        ? { socketPath: place.path }
        : {
            host: place.end.address,
            port: place.end.port,
            headers: { authorization: `Bearer ${place.token}` },
          };
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { ...where, method, path, timeout: ANSWER_MILLIS, agent: false },
        (response) => {
          request.setTimeout(0);
          if (response.statusCode === 200) resolve(response);
          else refusalOf(response).then((reason) => reject(new InputError(reason)), reject);
        },
      );
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.on('error', (error) => reject(this.#failure(error)));
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  #failure(error: unknown): InputError {
    const place = this.#place;
    const where = place.kind === 'unix' ? place.path : formatSocketAddress(place.end);
    const { code, message } = error as NodeJS.ErrnoException;
    const nobody = code === 'ENOENT' || code === 'ECONNREFUSED';
    return new InputError(`${where}: ${nobody ? `no server answers there (${code})` : (code ?? message)}`);
  }
}

async function refusalOf(response: IncomingMessage): Promise<string> {
  const text = await textOf(response);
  try {
    return (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    return `the control answers with HTTP status ${response.statusCode}`;
  }
}

/** Unlike a readline interface, this ends when the response is destroyed. */
async function* linesOf(response: IncomingMessage): AsyncIterable<string> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) text += part;
  return text;
}
