/**
 * Goal: `read -w` writes the very packets that carry what matches, whole connections of TCP and whole datagrams of UDP,
 * so that this program and tshark read from the copy what they read from the original; and tshark's habits are met.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ethernet, ipv6, packet, pcap, reply, text, u8, u16, udp } from '../capture/build.ts';
import { runLeasetap, top } from '../support/process.ts';
import { tshark, tsharkIsMissing } from '../support/tshark.ts';

const folder = join(top, 'fixtures/captures/dhcpv6');
/** One for all, because tests run beside each other. */
const scratch = mkdtempSync(join(tmpdir(), 'leasetap-copies-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const capture = (name: string): string => join(folder, name);

const lines = (out: string): string[] => out.replace(/\n$/, '').split('\n');

/** Messages as JSON, without what counts over the capture. */
async function messagesOf(path: string, ...args: string[]): Promise<unknown[]> {
  const { code, out } = await runLeasetap(['read', '-T', 'jsonl', ...args, path]);
  expect(code).toBe(0);
  return lines(out).map((line) => ({ ...JSON.parse(line), index: 0, frame: 0, connection: 0, reply_to: 0 }));
}

describe.concurrent('read -w', () => {
  it.each([
    'ng-interfaces.pcapng',
    'ng-bigendian.pcapng',
    'fmt-pcap-ns-be.pcap',
    'link-sll2-ipv6.pcap',
    'tcp-out-of-order.pcap',
    'mixed-traffic.pcap',
    'resync-gap-boundary.pcap',
  ])('copies all that carries messages: %s', async (name) => {
    const path = join(scratch, `${name}.copy`);
    const { code, out } = await runLeasetap(['read', '-w', path, capture(name)]);
    expect([code, out]).toEqual([0, '']);
    expect(await messagesOf(path)).toEqual(await messagesOf(capture(name)));
  });

  it('takes the whole connection of one message, and says which it was', async (context) => {
    const path = join(scratch, 'connection.pcapng');
    const filter = ['-Y', 'conn == 1 and type == STATE and dir == p>s'];
    const { code, err } = await runLeasetap(['read', ...filter, '-w', path, capture('tcp-conns.pcap')]);
    // Counted in tshark: 38 packets of this connection, two of them with such a message.
    expect([code, err]).toEqual([0, `leasetap: 2 messages match; 38 packets written to ${path}\n`]);
    expect(await messagesOf(path)).toEqual(await messagesOf(capture('tcp-conns.pcap'), '-Y', 'conn == 1'));
    if (tsharkIsMissing()) return context.skip();
    const fields = ['frame.time_epoch', 'ipv6.src', 'tcp.seq_raw', 'tcp.payload'].flatMap((name) => [
      '-e',
      name,
    ]);
    const original = tshark(readFileSync(capture('tcp-conns.pcap')), ['-T', 'fields', ...fields]);
    const copied = tshark(readFileSync(path), ['-T', 'fields', ...fields]);
    const ofConnection = lines(original).filter((line) => lines(copied).includes(line));
    expect(lines(copied)).toEqual(ofConnection);
    const comments = tshark(readFileSync(path), [
      '-Y',
      'frame.comment',
      '-T',
      'fields',
      '-e',
      'frame.comment',
    ]);
    expect(lines(comments)).toEqual([
      expect.stringMatching(/^leasetap: #\d+ STATE x[\da-f]{6}$/),
      expect.stringMatching(/^leasetap: #\d+ STATE x[\da-f]{6}$/),
    ]);
  });

  it('takes all fragments of a datagram that matches, and nothing else of UDP', async () => {
    const solicit = (xid: number): Buffer =>
      udp([546, 547], Buffer.concat([u8(1, 0, 0, xid), u16(1), u16(10), text('\0\x03\0\x01abcdef')]));
    const fragment = (bytes: Buffer, offset: number, more: number): Buffer =>
      Buffer.concat([u8(17, 0), u16(offset | more), u8(0, 0, 0, 9), bytes]);
    const whole = (payload: Buffer, next = 17): Buffer =>
      ethernet(0x86dd, ipv6('fe80::a', 'ff02::1:2', next, payload));
    const big = solicit(2);
    const path = join(scratch, 'fragments.pcap');
    const packets = [
      whole(solicit(1)),
      whole(fragment(big.subarray(0, 16), 0, 1), 44),
      whole(solicit(3)),
      whole(fragment(big.subarray(16), 16, 0), 44),
    ];
    writeFileSync(path, pcap(packets));
    const copy = `${path}ng`;
    const { err } = await runLeasetap(['read', '-Y', 'xid == 2', '-w', copy, path]);
    expect(err).toBe(`leasetap: 1 message matches; 2 packets written to ${copy}\n`);
    expect(await messagesOf(copy)).toEqual(await messagesOf(path, '-Y', 'xid == 2'));
  });

  it('keeps names of interfaces and comments, and writes into pipes', async () => {
    const name = capture('ng-interfaces.pcapng');
    const { code, out } = await runLeasetap(['read', '-w', '-', '-i', '0', name]);
    expect(code).toBe(0);
    expect(out).toContain(
      (await runLeasetap(['read', '-i', 'nowhere', name])).err.match(/there are (\w+)/)?.[1],
    );
  });

  it('refuses what would go wrong', async () => {
    const path = join(scratch, 'refused.pcap');
    writeFileSync(path, pcap([packet({ seq: 1, flags: 'S' }), reply({ seq: 1, flags: 'SA', ack: 2 })]));
    const before = readFileSync(path);
    mkdirSync(`${path}.d`);
    for (const [args, message] of [
      [['-w', path, path], 'that is a file to be read'],
      [['-w', `${path}ng`, '-'], '-w reads twice, and standard input cannot be: it needs files'],
      [['-w', `${path}.d`, path], 'is a directory'],
      [['-w', `${path}ng`, '--stats', path], '-w and --stats are two runs'],
    ] as const) {
      const { code, err } = await runLeasetap(['read', ...args]);
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
    expect(readFileSync(path)).toEqual(before);
  });
});

describe.concurrent("tshark's habits", () => {
  const name = capture('tcp-conns.pcap');

  it('-r names a capture, -V is the tree, -n is nothing, -c ends', async () => {
    const { code, out } = await runLeasetap([
      'read',
      '-n',
      '-V',
      '-c',
      '2',
      '-Y',
      'type == STATE',
      '-r',
      name,
    ]);
    expect(code).toBe(0);
    expect(out.match(/^#\d+ STATE/gm)).toHaveLength(2);
    const tree = await runLeasetap(['read', '-T', 'tree', '-Y', 'type == STATE', name]);
    expect(tree.out.startsWith(out)).toBe(true);
  });

  it('-c ends a pipe that goes on, and counts for --stats and -w, too', async () => {
    const piped = await runLeasetap(['read', '-c', '3', '-'], readFileSync(name));
    expect(piped).toMatchObject({ code: 0, err: '' });
    expect(lines(piped.out)).toHaveLength(3);
    const { out } = await runLeasetap(['read', '-c', '3', '--stats', '-T', 'jsonl', name]);
    expect(JSON.parse(out)).toMatchObject({ messages: 3 });
    const copy = join(scratch, 'counted.pcapng');
    const { err } = await runLeasetap(['read', '-c', '1', '-w', copy, name]);
    expect(err).toMatch(/^leasetap: 1 message matches/);
  });

  it.each([
    [['-q', '-z', 'io,stat,60', '-r', name], '-z io,stat,60: statistics of all kinds are --stats'],
    [['-t', 'ad', name], '-t ad: times are columns'],
    [['-d', 'tcp.port==1,dhcpfo', name], '--decode-as PORT=PROTOCOL'],
    [['-c', '0', name], 'expected a whole number above 0'],
    [[], "missing required argument 'files'"],
  ])('others are answered: %s', async (args, message) => {
    const { code, err } = await runLeasetap(['read', ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
