/** A stranger for the servers: ISC dhclient, without a relay agent, gets an address and a prefix and gives them back. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ControlClient } from '../../src/server/control-client.ts';
import { mainFile, start, temporaryFolder } from '../support/process.ts';
import { linkIsUp, Network, whyNoNamespaces } from './namespaces.ts';

const DHCLIENT = '/usr/sbin/dhclient';

const CONFIG = `store: leases
control: control.sock
dhcpv6: {interfaces: [eth0]}
failover: {listen: "[2001:db8:1::1]:647"}
relationships:
  - name: direct
    role: primary
    partner: {address: 2001:db8:1::2}
    security: none
    startup: 1s
    links:
      - prefix: 2001:db8:1::/64
        address-pools: 2001:db8:1::1000 - 2001:db8:1::1fff
        prefix-pools: [{prefix: "2001:db8:8000::/48", delegated-length: 56}]
`;

/** dhclient tells what it got to a script, as environment variables. */
const SCRIPT = `#!/bin/sh
[ -n "$new_ip6_address" ] && echo "address $new_ip6_address"
[ -n "$new_ip6_prefix" ] && echo "prefix $new_ip6_prefix"
exit 0
`;

const why =
  whyNoNamespaces() ??
  (spawnSync(DHCLIENT, ['--version']).status === 0
    ? undefined
    : 'ISC dhclient (isc-dhcp-client) is not installed');

async function statuses(control: ControlClient): Promise<readonly string[]> {
  const leases: string[] = [];
  for await (const { resource, binding_status } of control.leases())
    leases.push(`${resource} ${binding_status}`);
  return leases.sort();
}

describe.skipIf(why !== undefined)(`ISC dhclient${why === undefined ? '' : ` (${why})`}`, () => {
  it('gets an address and a prefix from a server on its own link, and gives them back', async () => {
    const folder = temporaryFolder();
    const network = new Network([]);
    network.host('server', '2001:db8:1::1/64');
    network.host('client', 'fe80::2/64');
    const config = join(folder, 'server.yaml');
    writeFileSync(config, CONFIG);
    const control = new ControlClient({ kind: 'unix', path: join(folder, 'control.sock') });
    await vi.waitFor(() => expect(linkIsUp(network, ['server', 'client'])).toBe(true), {
      timeout: 10_000,
      interval: 200,
    });
    const server = start(...network.inside('server', process.execPath, [mainFile, 'serve', config]));
    // With nothing stored and no partner a primary serves alone (RFC 8156 §8.2).
    await server.prints(/to PARTNER-DOWN/);

    const script = join(folder, 'script.sh');
    writeFileSync(script, SCRIPT, { mode: 0o755 });
    writeFileSync(join(folder, 'client.leases'), '');
    // A private copy: a confinement profile bound to the usual path forbids files elsewhere.
    const program = join(folder, 'dhclient');
    copyFileSync(DHCLIENT, program);
    const files = ['-lf', join(folder, 'client.leases'), '-pf', join(folder, 'client.pid'), '-sf', script];
    const dhclient = (...args: string[]) =>
      start(
        ...network.inside('client', program, ['-6', '-1', '-d', '-v', '-N', '-P', ...files, ...args, 'eth0']),
      );

    const client = dhclient();
    const [, address] = await client.prints(/^address (2001:db8:1::1[0-9a-f]{3})$/m);
    const [, prefix] = await client.prints(/^prefix (2001:db8:8000:[0-9a-f]+::\/56)$/m);
    expect(await statuses(control)).toEqual([`${address} ACTIVE`, `${prefix} ACTIVE`].sort());
    await client.kill('SIGKILL');

    await dhclient('-r').ended;
    await vi.waitFor(async () => {
      expect((await statuses(control)).filter((lease) => lease.endsWith(' ACTIVE'))).toEqual([]);
      expect((await control.status()).clients.answered).toEqual({ ADVERTISE: 1, REPLY: 2 });
    });
  });
});
