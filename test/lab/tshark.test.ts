/** tshark over what we record: every packet, checksum and TCP stream has to be right in the eyes of a stranger. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leasetap, temporaryFolder, top } from '../support/process.ts';

const why = spawnSync('tshark', ['--version']).status === 0 ? undefined : 'tshark is not installed';

/** Judges checksums too, which tshark leaves alone unless told. */
const STRICT = ['tcp.check_checksum:TRUE', 'ip.check_checksum:TRUE', 'udp.check_checksum:TRUE'].flatMap(
  (preference) => ['-o', preference],
);

/** Lines of tshark about the packets that match. */
function packets(file: string, filter: string, ...fields: string[]): string[] {
  const columns = fields.length === 0 ? [] : ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const run = spawnSync('tshark', ['-n', '-r', file, ...STRICT, '-Y', filter, ...columns], {
    encoding: 'utf8',
  });
  expect(run.status).toBe(0);
  // tshark warns of being run by root; what it has to say about the file comes with its name.
  expect(run.stderr.split('\n').filter((line) => line.includes(file))).toEqual([]);
  return run.stdout.split('\n').filter((line) => line !== '');
}

/** What tshark finds wrong at TCP level or below; other dissectors may guess by port and be wrong. */
const COMPLAINTS = [
  'tcp.checksum.status == "Bad"',
  'tcp.analysis.retransmission',
  'tcp.analysis.out_of_order',
  'tcp.analysis.lost_segment',
  'tcp.analysis.ack_lost_segment',
  'tcp.analysis.duplicate_ack',
  'tcp.analysis.zero_window',
  '_ws.malformed && !dhcpv6 && !dhcpfo',
];

/** SYN, SYN-ACK, ACK, data, and FIN (16) or RST (32). */
const BEGIN_AND_DATA = 15;
const ENDED = 16 | 32;

describe.skipIf(why !== undefined)(
  `a recording in the eyes of tshark${why === undefined ? '' : ` (${why})`}`,
  () => {
    it('is looked at by somebody who would complain', () => {
      const retransmitted = join(top, 'fixtures/captures/dhcpv6/tcp-retransmit.pcap');
      expect(packets(retransmitted, 'tcp.analysis.retransmission')).not.toEqual([]);
    });

    it('has complete TCP streams without a complaint', async () => {
      const file = join(temporaryFolder(), 'lab.pcapng');
      const lab = leasetap(['lab', '--no-tui', '--duration', '12', '--write', file]);
      expect((await lab.ended).code).toBe(0);

      const completeness = packets(file, 'tcp', 'tcp.stream', 'tcp.completeness').map((line) =>
        line.split('\t').map(Number),
      );
      const byStream = new Map(completeness.map(([stream, value]) => [stream, value ?? 0]));
      expect(byStream.size).toBeGreaterThanOrEqual(2);
      for (const value of byStream.values()) {
        expect(value & BEGIN_AND_DATA).toBe(BEGIN_AND_DATA);
        expect(value & ENDED).not.toBe(0);
      }
      for (const complaint of COMPLAINTS)
        expect([complaint, packets(file, complaint)]).toEqual([complaint, []]);
    }, 60_000);
  },
);
