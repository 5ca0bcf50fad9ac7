/**
 * Address-preserving mode: both servers keep each other's real address, and the host between them turns their
 * connection to the proxy and the proxy's connection back to the secondary, with the primary's address as its source.
 * Prints what that host needs: routes, nftables rules, the command. A set with a short life lets the traffic pass the
 * proxy by when leasetap is gone. Text in, lines out.
 */
import ipaddr from 'ipaddr.js';
import { formatSocketAddress, type SocketAddress } from '../../base/socket-address.ts';

export interface PlanInput {
  readonly primary: string;
  readonly secondary: string;
  /** Where both expect failover: 647. */
  readonly port: number;
  /** Port of the proxy on its host. */
  readonly proxyPort: number;
  /** Whether traffic goes directly while leasetap does not say that it is alive. */
  readonly bypass: boolean;
}

const TABLE = 'leasetap';
const ALIVE_SET = 'alive';

/** Lines of the plan: comments for people, and what to feed to `nft -f -`. */
export function planLines(input: PlanInput): string[] {
  const { primary, secondary, port, proxyPort, bypass } = input;
  const listen: SocketAddress = { address: isV6(primary) ? '::' : '0.0.0.0', port: proxyPort };
  const to: SocketAddress = { address: secondary, port };
  // In quotes: some shells take brackets for a pattern.
  const ends = `--listen '${formatSocketAddress(listen)}' --to '${formatSocketAddress(to)}'`;
  const alive = bypass ? ` --alive-set ${family(primary)}/${TABLE}/${ALIVE_SET}` : '';
  return [
    '# 1. The host of the proxy has to be on the way between both servers, as a router that forwards:',
    `#      sysctl -w net.${isV6(primary) ? 'ipv6.conf.all.forwarding' : 'ipv4.ip_forward'}=1`,
    `#    If it is not, give each server a route to the other through it:`,
    `#      on the primary:   ip route add ${hostRoute(secondary)} via PROXY-HOST`,
    `#      on the secondary: ip route add ${hostRoute(primary)} via PROXY-HOST`,
    '#',
    '# 2. Rules for the host of the proxy: pipe this whole text into nft -f -',
    ...nftLines(input),
    '#',
    '# 3. The proxy:',
    `#      leasetap proxy ${ends}${alive}`,
    '#',
    '# 4. Nothing changes on the servers: each sees the other under its own address.',
    `#    The proof: leasetap proxy check ${ends}`,
    `#    Afterwards: nft delete table ${family(primary)} ${TABLE}`,
  ];
}

function nftLines({ primary, secondary, port, proxyPort, bypass }: PlanInput): string[] {
  const ip = isV6(primary) ? 'ip6' : 'ip';
  const type = isV6(primary) ? 'ipv6_addr' : 'ipv4_addr';
  const whileAlive = bypass ? ` ${ip} daddr @${ALIVE_SET}` : '';
  return [
    `table ${family(primary)} ${TABLE} {`,
    ...(bypass ? [`  set ${ALIVE_SET} { type ${type}; flags timeout; }`] : []),
    '  chain prerouting {',
    '    type nat hook prerouting priority dstnat;',
    `    ${ip} saddr ${primary} ${ip} daddr ${secondary}${whileAlive} tcp dport ${port} redirect to :${proxyPort}`,
    '  }',
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat;',
    `    ${ip} saddr != ${primary} ${ip} daddr ${secondary} tcp dport ${port} snat to ${primary}`,
    '  }',
    '}',
  ];
}

/** nftables' name of the address family. */
function family(address: string): 'ip' | 'ip6' {
  return isV6(address) ? 'ip6' : 'ip';
}

function isV6(address: string): boolean {
  return ipaddr.IPv6.isValid(address);
}

function hostRoute(address: string): string {
  return `${address}/${isV6(address) ? 128 : 32}`;
}
