import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { ConnectionRecorder, recordingBeginning } from '../../src/proxy/recorder.ts';
import type { FaultHit } from '../../src/proxy/stage.ts';
import { tshark, tsharkIsMissing } from '../support/tshark.ts';

const PRIMARY = { address: '2001:db8::1', port: 40000 };
const LISTENING = { address: '2001:db8::a', port: 647 };
const DIALLING = { address: '2001:db8::b', port: 40001 };
const SECONDARY = { address: '2001:db8::2', port: 647 };
const HIT: FaultHit = { fault: 'F1', action: 'drop', count: 2, seed: 42, detail: '' };
const octets = Uint8Array.from({ length: 4000 }, (_, index) => index % 251);

/** Two connections with reused ports; in the first, the secondary's leg misses what a fault dropped. */
function recording(): Uint8Array {
  const blocks = recordingBeginning({ application: 'leasetap test', comments: ['scenario: none'] });
  const write = (block: Uint8Array): number => blocks.push(block.slice());
  for (const serial of [0, 1]) {
    const legs = [
      [PRIMARY, LISTENING],
      [DIALLING, SECONDARY],
    ] as const;
    const recorder = new ConnectionRecorder(legs, serial, write);
    recorder.open(0, 1000);
    recorder.open(1, 1001);
    recorder.data(0, 0, octets, [HIT], 1002);
    recorder.data(0, 0, octets.subarray(0, 10), [], 1003);
    recorder.data(1, 0, octets.subarray(0, 10), [], 1003);
    if (serial === 0) {
      for (const leg of [0, 1] as const)
        for (const direction of [0, 1] as const) recorder.fin(leg, direction, [], 1004);
    } else {
      recorder.reset(0, 0, [], 1004);
      recorder.reset(1, 0, [HIT], 1004);
    }
    recorder.data(0, 0, octets, [], 1005);
  }
  return concatBytes(blocks);
}

describe.skipIf(tsharkIsMissing())('a recording, as tshark reads it', () => {
  // tshark takes port 647 for the older DHCPv4 failover, which these octets are not: only TCP and below are judged.
  it('gives no cause for a complaint', () => {
    const expert = tshark(recording(), ['--disable-protocol', 'dhcpfo', '-q', '-z', 'expert']);
    const complaints = expert.slice(0, expert.indexOf('Notes (')).match(/^ +\d+ .*$/gm);
    expect(complaints?.map((line) => line.trim())).toEqual([
      '2   Sequence                TCP  Connection reset (RST)',
    ]);
  });

  it('holds whole streams: the dropped octets on the primary leg only', () => {
    const lines = tshark(recording(), [
      '-T',
      'fields',
      '-e',
      'tcp.stream',
      '-e',
      'frame.interface_name',
      '-e',
      'tcp.len',
    ])
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    const octetsOf = (stream: string): number =>
      lines.filter(([id]) => id === stream).reduce((sum, [, , length]) => sum + Number(length), 0);
    expect(['0', '1', '2', '3'].map(octetsOf)).toEqual([4010, 10, 4010, 10]);
    expect(new Set(lines.map(([stream, name]) => `${stream} ${name}`))).toEqual(
      new Set(['0 primary-leg', '1 secondary-leg', '2 primary-leg', '3 secondary-leg']),
    );
  });

  it('explains itself in comments, on the packet that it is about', () => {
    const fields = ['-T', 'fields', '-e', 'frame.interface_name', '-e', 'tcp.len', '-e', 'frame.comment'];
    const commented = tshark(recording(), fields)
      .split('\n')
      .filter((line) => line.includes('F1 drop (hit 2, seed 42)'))
      .map((line) => line.split('\t').slice(0, 2).join(' '));
    expect(commented).toEqual(['primary-leg 4000', 'primary-leg 4000', 'secondary-leg 0']);
  });
});
