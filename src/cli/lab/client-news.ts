/** What the lab's clients experience, in a line each: leases that they get and lose. Renewals are no news. */
import { formatIpv6 } from '../../base/ipv6.ts';
import type { LabClientEvent } from './clients.ts';

export class ClientNews {
  private readonly tell: (text: string) => void;
  /** What each client was last told to hold, as `CLIENT LEASE`. */
  private readonly held = new Set<string>();

  constructor(tell: (text: string) => void) {
    this.tell = tell;
  }

  event(event: LabClientEvent): void {
    const { kind, address, prefixLength } = event.lease;
    const lease = kind === 'address' ? formatIpv6(address) : `${formatIpv6(address)}/${prefixLength}`;
    const key = `${event.client} ${lease}`;
    if (event.kind === 'holds') {
      if (this.held.has(key)) return;
      this.held.add(key);
      this.tell(`client ${event.client} has ${lease}`);
    } else {
      this.held.delete(key);
      this.tell(`client ${event.client} gives up ${lease}: ${event.why}`);
    }
  }
}
