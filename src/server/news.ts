/** What a running server tells: for its log, for the event stream of its control, and for whoever watches. */
import type { SocketAddress } from '../base/socket-address.ts';
import type { EndpointNews } from './endpoint-driver.ts';

export type ServerNews =
  | { readonly kind: 'listening'; readonly what: 'failover' | 'dhcpv6' | 'control'; readonly where: string }
  /** A connection of a partner, or of somebody who wants to be one, that was not taken. */
  | { readonly kind: 'refused'; readonly from: SocketAddress; readonly why: string }
  | { readonly kind: 'stopping' }
  | (EndpointNews & { readonly relationship: string });

/** News with its time, Unix milliseconds. */
export interface Told {
  readonly time: number;
  readonly news: ServerNews;
}

/** Hands news to everybody who listens, in order. */
export class NewsDesk {
  private readonly listeners = new Set<(told: Told) => void>();

  /** Returns how to stop listening. */
  listen(listener: (told: Told) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(time: number, news: ServerNews): void {
    for (const listener of this.listeners) listener({ time, news });
  }
}
