/** A relayed connection as its messages name it. */
import type { Flow } from '../base/flow.ts';
import type { Connection } from '../base/frame.ts';
import type { ConnectionDialect } from './dialect.ts';

/** The protocol is known once the first message has come. */
export function connectionOf(
  index: number,
  flow: Flow,
  dialect: ConnectionDialect,
  relationship: string | undefined,
): () => Connection {
  const label = relationship === undefined ? {} : { relationship };
  const known: Connection = { index, flow, protocol: 'dhcpv6-failover', ...label };
  let older: Connection | undefined;
  return () => {
    if (dialect.dialect !== 'dhcpv4-failover') return known;
    older ??= { index, flow, protocol: 'dhcpv4-failover', ...label };
    return older;
  };
}
