/** Which protocol a datagram carries, and on which connection it belongs. What is in it is none of this file's business. */
import type { Flow } from '../base/flow.ts';
import type { Connection, ProtocolName } from '../base/frame.ts';

const DHCPV6_CLIENT_PORT = 546;
export const DHCPV6_SERVER_PORT = 547;
/** The only messages of leasequery that go in datagrams (RFC 5007 §4.1.1). */
const LEASEQUERY = 14;
const LEASEQUERY_REPLY = 15;

/** By ports, and by the message type that the datagram begins with; `undefined` if it is none of ours. */
export function datagramProtocol(flow: Flow, type: number | undefined): ProtocolName | undefined {
  if (!flow.ends.some(({ port }) => port === DHCPV6_CLIENT_PORT || port === DHCPV6_SERVER_PORT))
    return undefined;
  return type === LEASEQUERY || type === LEASEQUERY_REPLY ? 'dhcpv6-leasequery' : 'dhcpv6';
}

/**
 * The datagrams between two ends, as one connection for each protocol among them: a relay agent forwards the messages of
 * clients from the port from which it asks for leases.
 */
export class DatagramConnections {
  /** That of the datagram before comes first. */
  private readonly connections: Connection[] = [];

  /** `next` is asked for a number if these are the first datagrams; both connections have one number. */
  of(flow: Flow, protocol: ProtocolName, next: () => number): Connection {
    const [last, other] = this.connections;
    if (last?.protocol === protocol) return last;
    const connection = other ?? { index: last?.index ?? next(), flow, protocol };
    this.connections.splice(0, 2, connection, ...(last === undefined ? [] : [last]));
    return connection;
  }
}
