/**
 * A stranger with many clients: perfdhcp of Kea does four-way exchanges with a pair of ours, on the link and as a relay
 * agent, while both keep each other up to date. Nothing may be left unanswered.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ControlClient } from '../../src/server/control-client.ts';
import { mainFile, start, temporaryFolder } from '../support/process.ts';
import { linkIsUp, Network, whyNoNamespaces } from './namespaces.ts';

const ADDRESSES = { primary: '2001:db8:1::1', secondary: '2001:db8:1::2' } as const;
type Role = keyof typeof ADDRESSES;
const ROLES = ['primary', 'secondary'] as const;

function configOf(role: Role): string {
  const partner = ADDRESSES[role === 'primary' ? 'secondary' : 'primary'];
  return `store: ${role}
control: ${role}.sock
dhcpv6: {interfaces: [eth0]}
failover: {listen: "[${ADDRESSES[role]}]:647"}
relationships:
  - name: pair
    role: ${role}
    partner: {address: ${partner}}
    dial-from: ${ADDRESSES[role]}
    security: none
    startup: 1s
    reconnect: 1s
    links:
      - prefix: 2001:db8:1::/64
        address-pools: 2001:db8:1::1:0 - 2001:db8:1::4:ffff
        prefix-pools: [{prefix: "2001:db8:8000::/36", delegated-length: 52}]
`;
}

function whyNot(): string | undefined {
  const no = whyNoNamespaces();
  if (no !== undefined) return no;
  return spawnSync('perfdhcp', ['-v']).status === 0 ? undefined : 'the program perfdhcp (of Kea) is missing';
}

const why = whyNot();

describe.skipIf(why !== undefined)(`perfdhcp${why === undefined ? '' : ` (${why})`}`, () => {
  it('gets every exchange done with a pair, directly and as a relay agent', async () => {
    const folder = temporaryFolder();
    const network = new Network([]);
    for (const role of ROLES) network.host(role, `${ADDRESSES[role]}/64`);
    network.host('clients', '2001:db8:1::9/64');
    await vi.waitFor(() => expect(linkIsUp(network, [...ROLES, 'clients'])).toBe(true), {
      timeout: 10_000,
      interval: 200,
    });
    for (const role of [...ROLES].reverse()) {
      writeFileSync(join(folder, `${role}.yaml`), configOf(role));
      const config = join(folder, `${role}.yaml`);
      await start(...network.inside(role, process.execPath, [mainFile, 'serve', config])).prints(/control/);
    }
    const controls = ROLES.map(
      (role) => new ControlClient({ kind: 'unix', path: join(folder, `${role}.sock`) }),
    );
    await vi.waitFor(
      async () => {
        for (const control of controls)
          expect((await control.status()).relationships[0]).toMatchObject({
            state: 'NORMAL',
            communications: 'ok',
          });
      },
      { timeout: 20_000, interval: 200 },
    );
    const perfdhcp = (...args: string[]): string => {
      const load = ['-6', '-l', 'eth0', '-r', '100', '-R', '1000', '-p', '4', '-W', '500000', '-s', '1'];
      const [file, words] = network.inside('clients', 'perfdhcp', [...load, ...args]);
      const { stdout, stderr } = spawnSync(file, words, { encoding: 'utf8' });
      return stdout + stderr;
    };
    for (const args of [
      ['-e', 'address-and-prefix'],
      ['-e', 'address-only', '-A', '1', '-b', 'mac=00:0c:01:02:09:04'],
    ]) {
      const said = perfdhcp(...args);
      const drops = [...said.matchAll(/^drops: (\d+)$/gm)].map(([, count]) => Number(count));
      const received = [...said.matchAll(/^received packets: (\d+)$/gm)].map(([, count]) => Number(count));
      expect(drops, said).toEqual([0, 0]);
      expect(Math.min(...received), said).toBeGreaterThan(100);
    }
    // Both know the same leases in the end, and nothing is left to be said.
    await vi.waitFor(
      async () => {
        const [one, two] = await Promise.all(controls.map((control) => control.status()));
        const active = (status: typeof one) =>
          status?.relationships[0]?.pools.map(({ leases }) => leases['ACTIVE']);
        expect(active(one)).toEqual(active(two));
        expect(Math.min(...(active(one) ?? []).map(Number))).toBeGreaterThan(100);
        expect([one, two].map((status) => status?.relationships[0]?.updates_needed)).toEqual([0, 0]);
      },
      { timeout: 20_000, interval: 200 },
    );
  }, 90_000);
});
