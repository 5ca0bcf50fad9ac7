/** Asks a running server through its control: for `leasetap ctl`, the lab, and tests. Says what went wrong in one line. */
import { ControlConnection } from '../control/http-client.ts';
import type { ControlPlace } from '../control/place.ts';
import type { OrderOutcome } from './control-routes.ts';
import type { ServerEvent } from './news-text.ts';
import type { LeaseStatus, ServerStatus } from './status.ts';

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

/** All methods reject with InputError: nobody there, no permission, or the server's own reason. */
export class ControlClient {
  private readonly connection: ControlConnection;

  constructor(place: ControlPlace) {
    this.connection = new ControlConnection(place, 'server');
  }

  async status(): Promise<ServerStatus> {
    return (await this.connection.json('GET', '/status')) as ServerStatus;
  }

  metrics(): Promise<string> {
    return this.connection.text('GET', '/metrics');
  }

  async order({ name, relationship, body }: Order): Promise<OrderOutcome> {
    const query = relationship === undefined ? '' : `?${new URLSearchParams({ relationship })}`;
    return (await this.connection.json('POST', `/${name}${query}`, body)) as OrderOutcome;
  }

  /** As they come: a server may have millions. */
  leases(query: LeaseQuery = {}): AsyncIterable<LeaseStatus> {
    const path = `/leases?${new URLSearchParams({ ...query })}`;
    return this.connection.lines(path) as AsyncIterable<LeaseStatus>;
  }

  /** What happens from now on, until `signal` or the end of the server. */
  events(signal?: AbortSignal): AsyncIterable<ServerEvent> {
    return this.connection.events('/events', signal) as AsyncIterable<ServerEvent>;
  }
}
