/**
 * Strangers through the proxy: two ISC dhcpd servers (DHCPv4 failover) in namespaces of their own, each believing that
 * the proxy is its partner. Delayed, robbed of acknowledgements, reset and cut off, they come back to normal every time.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { mainFile, type Running, runLeasetap, start, temporaryFolder } from '../support/process.ts';
import { FAILOVER_PORT, type IscServer, startIscDhcpd, timesNormal, whyNoIscDhcpd } from './isc-dhcpd.ts';
import { MIDDLE, Network, whyNoNamespaces } from './namespaces.ts';

const PRIMARY: IscServer = { role: 'primary', host: 'a', address: '10.77.0.1', peerAddress: '10.77.0.12' };
const SECONDARY: IscServer = {
  role: 'secondary',
  host: 'b',
  address: '10.77.0.2',
  peerAddress: '10.77.0.11',
};

/** Seconds after the proxies' start. A server that hears nothing for 8 s gives the connection up. */
const FAULTS = [
  'delay 200ms until 12s',
  'drop BNDACK times 2',
  'reset after 12s for 1s',
  'partition after 30s for 12s',
];

/** ISC servers dial each other: one proxy for each who dials, at the address that its partner is believed to have. */
function startProxy(network: Network, dialler: IscServer, other: IscServer, folder: string): Running {
  const listen = `${dialler.peerAddress}:${FAILOVER_PORT}`;
  const to = `${other.address}:${FAILOVER_PORT}`;
  const files = [
    '--write',
    join(folder, `${dialler.host}.pcapng`),
    '--log',
    join(folder, `${dialler.host}.jsonl`),
  ];
  const faults = FAULTS.flatMap((fault) => ['--fault', fault]);
  const args = ['proxy', '--listen', listen, '--to', to, '--from', other.peerAddress, ...files, ...faults];
  return start(...network.inside(MIDDLE, process.execPath, [mainFile, ...args]));
}

const why = whyNoNamespaces() ?? whyNoIscDhcpd();

describe.skipIf(why !== undefined)(
  `two ISC dhcpd servers through the proxy${why === undefined ? '' : ` (${why})`}`,
  () => {
    it('come back to normal after delay, loss, reset and partition, and the recording dissects', async () => {
      const folder = temporaryFolder();
      const network = new Network([`${PRIMARY.peerAddress}/24`, `${SECONDARY.peerAddress}/24`]);
      for (const { host, address } of [PRIMARY, SECONDARY]) network.host(host, `${address}/24`);
      const proxies = [
        startProxy(network, PRIMARY, SECONDARY, folder),
        startProxy(network, SECONDARY, PRIMARY, folder),
      ];
      for (const proxy of proxies) await proxy.prints(/listening on/);
      const servers = [PRIMARY, SECONDARY].map((server) => startIscDhcpd(network, server, folder));

      for (const [times, patience] of [
        [1, 30_000],
        [2, 30_000],
        [3, 60_000],
      ] as const) {
        await eventually(
          `both servers normal for the ${times}. time`,
          () => servers.map(timesNormal),
          (counts) => counts.every((count) => count >= times),
          patience,
        );
      }

      for (const proxy of proxies) expect((await proxy.kill('SIGTERM')).code).toBe(0);
      const logs = ['a', 'b'].map((host) => readFileSync(join(folder, `${host}.jsonl`), 'utf8')).join('');
      for (const sign of ['"verdict":"late"', '"action":"reset"', '"protocol":"dhcpv4-failover"']) {
        expect(logs).toContain(sign);
      }
      const reads = await Promise.all(
        ['a', 'b'].map((host) => runLeasetap(['read', '-T', 'jsonl', join(folder, `${host}.pcapng`)])),
      );
      expect(reads.map((read) => read.code)).toEqual([0, 0]);
      const names = new Set(
        reads
          .flatMap((read) => read.out.split('\n').filter((line) => line !== ''))
          .map((line) => (JSON.parse(line) as { msg_name: string }).msg_name),
      );
      expect([...names]).toEqual(
        expect.arrayContaining([
          'CONNECT',
          'CONNECTACK',
          'STATE',
          'UPDREQALL',
          'BNDUPD',
          'BNDACK',
          'CONTACT',
        ]),
      );
    }, 180_000);
  },
);
