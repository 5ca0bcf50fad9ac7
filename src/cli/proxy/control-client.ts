/** Asks a running proxy through its control: for `leasetap fault` and `leasetap watch`. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { InputError } from '../../base/problem.ts';
import { formatSocketAddress } from '../../base/socket-address.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { ControlPlace } from '../../proxy/control.ts';
import { eventFromJson } from '../../proxy/event-json.ts';
import type { FaultView, ProxyEvent } from '../../proxy/events.ts';

/** How long a proxy may take to begin its answer. */
const ANSWER_MILLIS = 10_000;

export class ProxyClient {
  private readonly place: ControlPlace;

  constructor(place: ControlPlace) {
    this.place = place;
  }

  /** All methods reject with InputError: nobody there, no permission, or the proxy's own reason. */
  async list(): Promise<readonly FaultView[]> {
    return (await this.call('GET', '/faults')) as readonly FaultView[];
  }

  /** `fault` is the short form or an object. */
  async add(fault: unknown): Promise<FaultView> {
    return (await this.call('POST', '/faults', { fault })) as FaultView;
  }

  async remove(id: string): Promise<void> {
    await this.call('DELETE', `/faults/${encodeURIComponent(id)}`);
  }

  async release(id: string, order: readonly number[] | undefined): Promise<void> {
    await this.call(
      'POST',
      `/faults/${encodeURIComponent(id)}/release`,
      order === undefined ? undefined : { order },
    );
  }

  /** Names of the faults that were removed. */
  async reset(): Promise<readonly string[]> {
    return ((await this.call('POST', '/reset')) as { removed: readonly string[] }).removed;
  }

  /** What happens from now on, until `signal` or the end of the proxy. Faults in `tied` end with it. */
  async *events(
    dissectors: Dissectors,
    signal: AbortSignal,
    tied: readonly string[] = [],
  ): AsyncIterable<ProxyEvent> {
    const query = tied.length === 0 ? '' : `?${new URLSearchParams({ tied: tied.join(',') })}`;
    const response = await this.ask('GET', `/events${query}`);
    const lines = createInterface({ input: response });
    const stop = (): void => {
      lines.close();
      response.destroy();
    };
    response.once('close', () => lines.close());
    signal.addEventListener('abort', stop);
    try {
      for await (const line of lines) {
        if (!line.startsWith('data: ')) continue;
        const event = eventFromJson(JSON.parse(line.slice('data: '.length)), dissectors);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if (!signal.aborted) throw this.failure(error);
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  /** Any request of docs/openapi-proxy.yaml that is answered with JSON. */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    return JSON.parse(await textOf(await this.ask(method, path, body)));
  }

  private ask(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const { place } = this;
    const where =
      place.kind === 'unix'
        ? { socketPath: place.path }
        : {
            host: place.listen.address,
            port: place.listen.port,
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
    const { place } = this;
    const where = place.kind === 'unix' ? place.path : formatSocketAddress(place.listen);
    const { code, message } = error as NodeJS.ErrnoException;
    const nobody = code === 'ENOENT' || code === 'ECONNREFUSED';
    return new InputError(`${where}: ${nobody ? `no proxy answers there (${code})` : (code ?? message)}`);
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

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) text += part;
  return text;
}
