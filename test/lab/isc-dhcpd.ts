/**
 * ISC dhcpd (DHCPv4 failover) as a stranger for the proxy: its configuration, its process in a namespace, and what its
 * log says about its state. Debian: isc-dhcp-server.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, start } from '../support/process.ts';
import type { Network } from './namespaces.ts';

const DHCPD = '/usr/sbin/dhcpd';
export const FAILOVER_PORT = 647;

export function whyNoIscDhcpd(): string | undefined {
  return spawnSync(DHCPD, ['--version']).status === 0
    ? undefined
    : 'ISC dhcpd (isc-dhcp-server) is not installed';
}

export interface IscServer {
  readonly role: 'primary' | 'secondary';
  /** The host of the network it runs in. */
  readonly host: string;
  readonly address: string;
  /** Where it believes its partner to be. */
  readonly peerAddress: string;
}

/** Seconds without a message after which dhcpd gives a connection up. */
const MAX_RESPONSE_DELAY = 8;

function configuration(server: IscServer): string {
  return `authoritative;
ddns-update-style none;
ping-check false;
default-lease-time 120;
max-lease-time 180;
failover peer "lab" {
  ${server.role};
  address ${server.address};
  port ${FAILOVER_PORT};
  peer address ${server.peerAddress};
  peer port ${FAILOVER_PORT};
  max-response-delay ${MAX_RESPONSE_DELAY};
  max-unacked-updates 10;
  load balance max seconds 2;
  ${server.role === 'primary' ? 'mclt 60;\n  split 128;' : ''}
}
subnet 10.77.0.0 netmask 255.255.255.0 {
  pool {
    failover peer "lab";
    range 10.77.0.100 10.77.0.119;
  }
}
`;
}

/**
 * Starts dhcpd in the foreground, from a private copy, because a confinement profile bound to its usual path forbids
 * lease files elsewhere. Its lease file lives in `folder` and outlasts the process.
 */
export function startIscDhcpd(network: Network, server: IscServer, folder: string): Running {
  const file = (end: string) => join(folder, `${server.host}.${end}`);
  const program = file('dhcpd');
  copyFileSync(DHCPD, program);
  writeFileSync(file('conf'), configuration(server));
  writeFileSync(file('leases'), '', { flag: 'a' });
  const files = ['-cf', file('conf'), '-lf', file('leases'), '-pf', file('pid')];
  return start(...network.inside(server.host, program, ['-4', '-f', '-d', ...files, 'eth0']));
}

/** What dhcpd prints when it enters NORMAL. */
export const MOVES_TO_NORMAL = /I move from .* to normal/;

/** How often it said so. */
export function timesNormal(server: Running): number {
  return `${server.out}${server.err}`.split('\n').filter((line) => MOVES_TO_NORMAL.test(line)).length;
}
