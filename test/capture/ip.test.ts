/** Goal: extension headers, lengths that offload left at 0, and headers that lie. */
import { describe, expect, it } from 'vitest';
import { A, address, B, ethernet, ipv4, ipv6, pcap, story, tcp, text, u8, u16, u32, udp } from './build.ts';
import { readBytes } from './collect.ts';

const segment = tcp({ seq: 1, ack: 1, data: 'hello' });
const TCP = 6;
const options = (next: number, units = 0): Buffer =>
  Buffer.concat([u8(next, units), Buffer.alloc(6 + 8 * units)]);
const authentication = (next: number): Buffer => Buffer.concat([u8(next, 4), Buffer.alloc(22)]);

async function read6(next: number, ...payload: Buffer[]) {
  return readBytes(pcap([ethernet(0x86dd, ipv6(A, B, next, Buffer.concat(payload)))]));
}

describe('IPv6 extension headers', () => {
  it.each<[string, number, Buffer[]]>([
    ['hop-by-hop', 0, [options(TCP)]],
    [
      'hop-by-hop, destination, routing, destination',
      0,
      [options(60, 2), options(43), options(60, 1), options(TCP)],
    ],
    ['authentication', 51, [authentication(TCP)]],
    ['an atomic fragment (RFC 6946)', 44, [u8(TCP, 0, 0, 0, 1, 2, 3, 4)]],
    ['mobility, HIP, shim6', 135, [options(139), options(140), options(TCP)]],
  ])('%s', async (_, next, headers) => {
    expect(story((await read6(next, ...headers, segment)).sink.told, 0)).toBe('hello');
  });

  it('more than headersMax are not followed', async () => {
    const many = new Array<Buffer>(17).fill(options(60));
    const { summary } = await read6(60, ...many, options(TCP), segment);
    expect(summary.limits).toEqual([{ limit: 'headersMax', hits: 1 }]);
  });

  it('no next header, ESP and ICMPv6 are neither TCP nor UDP', async () => {
    for (const next of [59, 50, 58]) {
      expect((await read6(next, segment)).summary.skipped[0]?.code).toBe('not-tcp-or-udp');
    }
  });

  it('a header that reaches past the packet is malformed', async () => {
    expect((await read6(0, options(TCP, 0).fill(200, 1, 2), segment)).summary.skipped[0]?.code).toBe(
      'malformed-header',
    );
  });
});

describe('lengths', () => {
  it('0, as segmentation offload leaves it', async () => {
    const six = ipv6(A, B, TCP, segment);
    six.writeUInt16BE(0, 4);
    const four = ipv4('192.0.2.1', '192.0.2.2', TCP, segment);
    four.writeUInt16BE(0, 2);
    const { sink } = await readBytes(pcap([ethernet(0x86dd, six), ethernet(0x0800, four)]));
    expect(story(sink.told, 0, 0)).toBe('hello');
    expect(story(sink.told, 0, 1)).toBe('hello');
  });

  it('a segment of more than 65,535 octets (RFC 2675)', async () => {
    const data = 'x'.repeat(100_000);
    const large = tcp({ seq: 1, ack: 1, data });
    const jumbo = Buffer.concat([u8(TCP, 0, 0xc2, 4), u32(large.length + 8)]);
    const packet = Buffer.concat([u32(0x6000_0000), u16(0), u8(0, 64), address(A), address(B), jumbo, large]);
    expect(story((await readBytes(pcap([ethernet(0x86dd, packet)]))).sink.told, 0)).toBe(data);
  });

  it('IPv4 options and TCP options are skipped', async () => {
    const plain = ipv4('192.0.2.1', '192.0.2.2', TCP, Buffer.alloc(0));
    const withOptions = tcp({ seq: 1, ack: 1 });
    withOptions[12] = 0x60;
    const packet = Buffer.concat([plain, u32(0x0101_0101), withOptions, u32(0x0101_0101), text('hello')]);
    packet[0] = 0x46;
    packet.writeUInt16BE(packet.length, 2);
    expect(story((await readBytes(pcap([ethernet(0x0800, packet)]))).sink.told, 0)).toBe('hello');
  });

  it.each<[string, (packet: Buffer) => void]>([
    ['IPv4 header length', (packet) => packet.writeUInt8(0x42, 14)],
    ['IPv4 version', (packet) => packet.writeUInt8(0x65, 14)],
    ['IPv4 total length', (packet) => packet.writeUInt16BE(19, 16)],
    ['TCP header length', (packet) => packet.writeUInt8(0x40, 14 + 20 + 12)],
    ['TCP header length beyond the packet', (packet) => packet.writeUInt8(0xf0, 14 + 20 + 12)],
  ])('a wrong %s is malformed', async (_, spoil) => {
    const packet = ethernet(0x0800, ipv4('192.0.2.1', '192.0.2.2', TCP, segment));
    spoil(packet);
    const { summary, sink } = await readBytes(pcap([packet]));
    expect(summary.skipped).toMatchObject([{ code: 'malformed-header', packets: 1 }]);
    expect(sink.told).toEqual([]);
  });
});

describe('UDP', () => {
  const datagram = (data: Buffer): Buffer => ethernet(0x86dd, ipv6(A, B, 17, udp([546, 547], data)));

  it('one data call a datagram, in either direction, and none lost if it is empty', async () => {
    const back = ethernet(0x86dd, ipv6(B, A, 17, udp([547, 546], text('two'))));
    const { sink, summary } = await readBytes(pcap([datagram(text('one')), back, datagram(text(''))]));
    expect(sink.lines()).toEqual([
      '1 open flow 0',
      '1 data flow 0 0 one',
      '2 data flow 0 1 two',
      '3 data flow 0 0 ',
    ]);
    expect(summary).toMatchObject({ udpFlows: 1, tcpFlows: 0 });
  });

  it('a cut datagram is told with what is missing', async () => {
    const whole = datagram(text('abcdef'));
    const { sink } = await readBytes(pcap([whole], { snap: whole.length - 2 }));
    expect(sink.lines().slice(1)).toEqual(['1 data flow 0 0 abcd', '1 gap flow 0 0 2']);
  });

  it('octets behind the UDP length are no data; what a length claims beyond the packet is missing', async () => {
    const longer = ethernet(0x86dd, ipv6(A, B, 17, Buffer.concat([udp([546, 547], text('ab')), text('??')])));
    const lying = datagram(text('ab'));
    lying.writeUInt16BE(2000, 14 + 40 + 4);
    const short = datagram(text('ab'));
    short.writeUInt16BE(7, 14 + 40 + 4);
    const { sink, summary } = await readBytes(pcap([longer, lying, short]));
    expect(sink.lines().slice(1)).toEqual([
      '1 data flow 0 0 ab',
      '2 data flow 0 0 ab',
      '2 gap flow 0 0 1990',
    ]);
    expect(summary.skipped).toMatchObject([{ code: 'malformed-header', packets: 1 }]);
  });
});
