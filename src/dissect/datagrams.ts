/** Which protocol a datagram carries, and on which connection it belongs. What is in it is none of this file's business. */
import type { Flow } from '../base/flow.ts';
import type { Connection, ProtocolName } from '../base/frame.ts';
import { DHCPV6_CLIENT_PORT, DHCPV6_SERVER_PORT } from '../base/ports.ts';

/** The only messages of leasequery that go in datagrams (RFC 5007 §4.1.1). */
const LEASEQUERY = 14;
const LEASEQUERY_REPLY = 15;

/** By ports, and by the message type that the datagram begins with; `undefined` if it is none of ours. */
export function datagramProtocol({ ends }: Flow, type: number | undefined): ProtocolName | undefined {
  if (!isOurs(ends[0].port) && !isOurs(ends[1].port)) return undefined;
  return type === LEASEQUERY || type === LEASEQUERY_REPLY ? 'dhcpv6-leasequery' : 'dhcpv6';
}

function isOurs(port: number): boolean {
  return port === DHCPV6_CLIENT_PORT || port === DHCPV6_SERVER_PORT;
}

/**
 * The datagrams between two ends, as one connection for each protocol among them: a relay agent forwards the messages of
 * clients from the port from which it asks for leases.
 */
export class DatagramConnections {
  /** That of the datagram before. */
  private last: Connection | undefined;
  private other: Connection | undefined;

  /** `next` is asked for a number if these are the first datagrams; both connections have one number. */
  of(flow: Flow, protocol: ProtocolName, next: (protocol: ProtocolName) => number): Connection {
    const { last } = this;
    if (last?.protocol === protocol) return last;
    const connection = this.other ?? { index: last?.index ?? next(protocol), flow, protocol };
    this.other = last;
    this.last = connection;
    return connection;
  }
}
