/** Which side of a connection is the primary: the one that opened it (RFC 8156 §6), as far as the capture shows. */
import type { Direction } from '../base/flow.ts';
import type { Connection } from '../base/frame.ts';
import { DHCPV6_SERVER_PORT, FAILOVER_PORT } from '../base/ports.ts';
import type { Message } from './message.ts';

/** Short names of directions, for text, filters and faults: primary, secondary, client, server. */
export type DirectionName = 'p>s' | 's>p' | 'c>s' | 's>c';

/**
 * The direction in which the primary sends. If a CONNECT was seen, its sender is the primary: in DHCPv4 failover either
 * side may dial. Else the end with the well-known port listens and is the secondary; where the ports do not say it,
 * the opener of the connection is the primary.
 */
export function primaryDirection(connection: Connection): Direction {
  return connection.primaryEnd ?? (listenerEnd(connection, FAILOVER_PORT) === 0 ? 1 : 0);
}

function listenerEnd(connection: Connection, port: number): 0 | 1 | undefined {
  const [opener, other] = connection.flow.ends;
  if (opener.port === port && other.port !== port) return 0;
  return other.port === port && opener.port !== port ? 1 : undefined;
}

const REPLY_TYPES: ReadonlySet<number> = new Set([2, 7, 10, 13, 15, 17]);

/** `p>s` and the like. DHCPv6 client traffic is from client to server or back, whatever relays it. */
export function directionName(message: Message): DirectionName {
  const { connection, direction } = message.frame;
  if (connection.protocol === 'dhcpv6-failover' || connection.protocol === 'dhcpv4-failover') {
    return direction === primaryDirection(connection) ? 'p>s' : 's>p';
  }
  if (connection.protocol === 'dhcpv6') return REPLY_TYPES.has(message.msgType) ? 's>c' : 'c>s';
  return direction === (listenerEnd(connection, DHCPV6_SERVER_PORT) === 0 ? 1 : 0) ? 'c>s' : 's>c';
}
