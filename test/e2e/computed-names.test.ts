/**
 * Goal: every computed name says the same, and what is right, wherever it is asked: in filters, as `-e` field, as `-o`
 * column, in JSON, trees and statistics. The capture is written by hand; the expected values are calculated from it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPOCH_2000_UNIX_SECONDS } from '../../src/base/time.ts';
import { timestampOfMillis } from '../../src/base/timestamp.ts';
import { LINK_TYPE } from '../../src/capture/link-types.ts';
import { interfaceBlock, packetBlock, sectionHeaderBlock } from '../../src/capture/pcapng-writer.ts';
import { type SynthPacket, TcpSynth } from '../../src/capture/tcp-synth.ts';
import { clientLease, serverState, status } from '../support/dialogue.ts';
import { BEGIN_MILLIS } from '../support/messages.ts';
import { runLeasetap } from '../support/process.ts';

const hex = (value: number, octets: number): string => value.toString(16).padStart(octets * 2, '0');

const octetsOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** One connection: its packets are numbered from 1, its messages from 0. */
class Script {
  readonly blocks: Uint8Array[] = [
    sectionHeaderBlock(),
    interfaceBlock({ linkType: LINK_TYPE.ethernet, name: 'eth0' }),
  ];
  private readonly synth = new TcpSynth([
    { address: '2001:db8::1', port: 49152 },
    { address: '2001:db8::2', port: 647 },
  ]);

  constructor() {
    this.put(this.synth.open(), 0);
  }

  /** `ahead`: seconds that the sender's clock is ahead. */
  say(direction: 0 | 1, type: number, xid: number, atMillis: number, options: string, ahead = 0): void {
    const now = Math.floor((BEGIN_MILLIS + atMillis) / 1000) - EPOCH_2000_UNIX_SECONDS + ahead;
    const message = `${hex(type, 1)}${hex(xid, 3)}${hex(now, 4)}${options}`;
    this.put(this.synth.data(direction, octetsOf(hex(message.length / 2, 2) + message)), atMillis);
  }

  private put(packets: readonly SynthPacket[], atMillis: number): void {
    for (const { bytes } of packets) {
      const block = packetBlock({ interfaceId: 0, time: timestampOfMillis(BEGIN_MILLIS + atMillis), bytes });
      this.blocks.push(block.slice());
    }
  }
}

/** Packets 1 to 3 are the handshake. */
function capture(): Uint8Array {
  const script = new Script();
  const lease = clientLease('2001:db8:1::42');
  script.say(0, 34, 0, 10, serverState(3));
  script.say(0, 24, 1, 20, lease);
  script.say(0, 24, 2, 30, lease, 9);
  script.say(1, 25, 2, 32.5, clientLease('2001:db8:1::42', status(19)));
  // Asked again before the first was answered, then answered.
  script.say(0, 24, 3, 40, lease);
  script.say(0, 24, 3, 50, lease);
  script.say(1, 25, 3, 60, lease);
  // The last one is too young to be called unanswered.
  script.say(0, 24, 4, 6000, lease);
  return Buffer.concat(script.blocks);
}

const CLIENT = '0003000102005e200001';

describe.concurrent('computed names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leasetap-names-'));
  const path = join(folder, 'computed.pcapng');
  beforeAll(() => writeFileSync(path, capture()));
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = async (...args: string[]): Promise<string[]> => {
    const { code, out, err } = await runLeasetap(['read', ...args, path]);
    expect([code, err]).toEqual([0, '']);
    return out.replace(/\n$/, '').split('\n');
  };
  const indices = async (filter: string): Promise<number[]> =>
    (await read('-T', 'fields', '-e', 'index', '-Y', filter)).filter((line) => line !== '').map(Number);

  it.each([
    ['finding == unanswered', [1, 4]],
    ['finding == repeated', [5]],
    ['finding == rejected', [3]],
    ['finding == skewed', [2]],
    ['finding', [0, 1, 2, 3, 4, 5, 7]],
    ['finding == transaction-id-reused', [5]],
    ['finding not in {unanswered, repeated} and finding', [0, 2, 3, 7]],
    ['skew == 9', [2]],
    ['rtt == 2.5ms', [3]],
    ['rtt == 10ms', [6]],
    ['reply_in', [2, 5]],
    ['reply_in == 6', [5]],
    ['reply_to == 2', [3]],
    ['lease in 2001:db8:1::/64 and dir == s>p', [3, 6]],
    [`client == ${CLIENT} and conn == 0 and frame < 6`, [1]],
    ['frame in {4 .. 5}', [0, 1]],
    ['time >= "2024-03-05 09:00:06"', [7]],
    ['dialect', []],
  ])('in a filter: %s', async (filter, expected) => {
    expect(await indices(filter)).toEqual(expected);
  });

  const NAMES = [
    'skew',
    'rtt',
    'reply_in',
    'reply_to',
    'lease',
    'client',
    'conn',
    'dir',
    'frame',
    'time',
    'finding',
  ];
  // No CONNECT opens this conversation (§6.1), and its BNDUPDs tell nothing but the lease (§7.4).
  // Synthesized hosts acknowledge every second segment that nothing else acknowledges: packets 6 and 10.
  const ROWS = [
    ['0', '', '', '', '', '', '0', 'p>s', '4', '1709629200.010000', 'first-message-not-connect'],
    [
      '0',
      '',
      '',
      '',
      '2001:db8:1::42',
      CLIENT,
      '0',
      'p>s',
      '5',
      '1709629200.020000',
      'unanswered,bndupd-option-missing',
    ],
    [
      '9',
      '',
      '3',
      '',
      '2001:db8:1::42',
      CLIENT,
      '0',
      'p>s',
      '7',
      '1709629200.030000',
      'skewed,bndupd-option-missing',
    ],
    ['0', '0.0025', '', '2', '2001:db8:1::42', CLIENT, '0', 's>p', '8', '1709629200.032500', 'rejected'],
    [
      '0',
      '',
      '',
      '',
      '2001:db8:1::42',
      CLIENT,
      '0',
      'p>s',
      '9',
      '1709629200.040000',
      'unanswered,bndupd-option-missing',
    ],
    [
      '0',
      '',
      '6',
      '',
      '2001:db8:1::42',
      CLIENT,
      '0',
      'p>s',
      '10',
      '1709629200.050000',
      'repeated,bndupd-option-missing,transaction-id-reused',
    ],
    ['0', '0.01', '', '5', '2001:db8:1::42', CLIENT, '0', 's>p', '12', '1709629200.060000', ''],
    [
      '0',
      '',
      '',
      '',
      '2001:db8:1::42',
      CLIENT,
      '0',
      'p>s',
      '13',
      '1709629206.000000',
      'bndupd-option-missing',
    ],
  ];

  it('as fields', async () => {
    const lines = await read('-T', 'fields', ...NAMES.flatMap((name) => ['-e', name]));
    expect(lines.map((line) => line.split('\t'))).toEqual(ROWS);
  });

  it('as columns', async () => {
    // `time` and `dir` are columns of the listing, and what is not there is a dash.
    const names = NAMES.filter((name) => name !== 'time' && name !== 'client');
    const lines = await read('-o', names.join(','));
    const expected = ROWS.map((row) => row.filter((_, at) => names.includes(NAMES[at] as string)));
    expect(lines.map((line) => line.trim().split(/ +/))).toEqual(
      expected.map((row) => row.map((cell) => (cell === '' ? '-' : cell))),
    );
    expect(lines[0]).toMatch(/^0 {9}- {9}- {6}- {6}/);
  });

  it('in every other output', async () => {
    const filter = ['-Y', 'finding == unanswered and xid == 1'];
    expect(await read(...filter)).toEqual([expect.stringMatching(/^1 .* BNDUPD .*!unanswered$/)]);
    expect(await read('-T', 'tree', ...filter)).toContain('    [finding unanswered]');
    const [json = ''] = await read('-T', 'jsonl', ...filter);
    expect(JSON.parse(json)).toMatchObject({ index: 1, findings: ['unanswered'] });
    const [, ek = ''] = await read('-T', 'ek', ...filter);
    expect(JSON.parse(ek)).toMatchObject({ index: 1, findings: ['unanswered'] });
    expect((await read('-T', 'ladder', ...filter)).join('\n')).toMatch(/BNDUPD x000001/);
    const [stats = ''] = await read('--stats', '-T', 'jsonl', ...filter);
    expect(JSON.parse(stats)).toMatchObject({ messages: 1 });
    const { out } = await runLeasetap(['leases', '-Y', 'rtt == 10ms or reply_in == 6', '-T', 'jsonl', path]);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
  });

  it('are refused where they cannot be known', async () => {
    for (const args of [
      ['-Y', 'finding'],
      ['-T', 'fields', '-e', 'reply_in'],
      ['-o', 'time,finding'],
      ['-2'],
    ]) {
      const { code, err } = await runLeasetap(['read', ...args, '-'], capture());
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/^leasetap: standard input cannot be read twice/),
      ]);
    }
    const { out } = await runLeasetap(['read', '-Y', 'finding in {skewed repeated}', '-'], capture());
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => Number.parseInt(line, 10)),
    ).toEqual([2, 5]);
  });

  it.each([
    [['-o', 'time,skeww'], '-o skeww: unknown name "skeww"; did you mean skew?; columns are'],
    [['-T', 'fields', '-e', 'reply_inn'], '-e reply_inn: unknown name "reply_inn"; did you mean reply-in?'],
  ])('that do not exist are refused: %s', async (args, message) => {
    const { code, err } = await runLeasetap(['read', ...args, path]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
