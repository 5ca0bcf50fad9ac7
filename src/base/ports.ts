/** Well-known ports: of RFC 8156 §6.1 over TCP (DHCPv4 failover shares it), and of RFC 8415 §7.2. */

export const FAILOVER_PORT = 647;
export const DHCPV6_CLIENT_PORT = 546;
export const DHCPV6_SERVER_PORT = 547;
