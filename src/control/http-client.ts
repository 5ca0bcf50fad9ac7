/** Asks a control. Says what went wrong in one line; what the questions mean is for the clients of proxy and server. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { InputError } from '../base/problem.ts';
import { type ControlPlace, placeText, socketPath } from './place.ts';

/** How long the other side may take to begin its answer. */
const ANSWER_MILLIS = 10_000;

const EVENT_DATA = 'data: ';

/** All methods reject with InputError: nobody there, no permission, or the other side's own reason. */
export class ControlConnection {
  private readonly place: ControlPlace;
  private readonly who: string;

  /** `who` is to answer, for messages: `server`, `proxy`. */
  constructor(place: ControlPlace, who: string) {
    this.place = place;
    this.who = who;
  }

  async text(method: string, path: string, body?: unknown): Promise<string> {
    const response = await this.ask(method, path, body);
    try {
      return await textOf(response);
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** The decoded answer; its shape is what the description of the control says. */
  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    return JSON.parse(await this.text(method, path, body));
  }

  /** One decoded value a line, as they come. */
  async *lines(path: string): AsyncIterable<unknown> {
    const response = await this.ask('GET', path);
    try {
      for await (const line of linesOf(response)) yield JSON.parse(line);
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** What happens from now on, until `signal` or the end of the other side. */
  async *events(path: string, signal?: AbortSignal): AsyncIterable<unknown> {
    const response = await this.ask('GET', path);
    const stop = (): void => {
      response.destroy();
    };
    signal?.addEventListener('abort', stop);
    try {
      for await (const line of linesOf(response)) {
        if (line.startsWith(EVENT_DATA)) yield JSON.parse(line.slice(EVENT_DATA.length));
      }
    } catch (error) {
      if (signal?.aborted !== true) throw this.failure(error);
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
  }

  private ask(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const place = this.place;
    const where =
      place.kind === 'unix'
        ? { socketPath: socketPath(place.path) }
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
          if ((response.statusCode ?? 500) < 300) resolve(response);
          else refusalOf(response).then((reason) => reject(new InputError(reason)), reject);
        },
      );
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.on('error', (error) => reject(this.failure(error)));
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  private failure(error: unknown): InputError {
    const { code, message } = error as NodeJS.ErrnoException;
    const nobody = code === 'ENOENT' || code === 'ECONNREFUSED';
    const what = nobody ? `no ${this.who} answers there (${code})` : (code ?? message);
    return new InputError(`${placeText(this.place)}: ${what}`);
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
