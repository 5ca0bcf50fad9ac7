/** Goal: each link layer that is read leads to the same segment; the others are refused by name. */
import { describe, expect, it } from 'vitest';
import { A, B, ethernet, ipv4, ipv6, pcap, story, tcp, text, u8, u16, u32 } from './build.ts';
import { readBytes } from './collect.ts';

const v6 = ipv6(A, B, 6, tcp({ seq: 1, ack: 1, data: 'hello' }));
const v4 = ipv4('192.0.2.1', '192.0.2.2', 6, tcp({ seq: 1, ack: 1, data: 'hello' }));
const little = (value: number): Buffer => Buffer.from(u32(value)).reverse();

async function storyOf(linkType: number, bytes: Buffer): Promise<string> {
  const { sink } = await readBytes(pcap([bytes], { linkType }));
  return story(sink.told, 0);
}

const ppp = (protocol: Buffer, payload: Buffer): Buffer => Buffer.concat([protocol, payload]);
const pppoe = (protocol: number, payload: Buffer): Buffer =>
  Buffer.concat([u8(0x11, 0), u16(1), u16(payload.length + 2), u16(protocol), payload]);
const sll = (type: number, payload: Buffer): Buffer =>
  Buffer.concat([u16(0), u16(1), u16(6), Buffer.alloc(8), u16(type), payload]);
const sll2 = (type: number, payload: Buffer): Buffer =>
  Buffer.concat([u16(type), u16(0), u32(3), u16(1), u8(0, 6), Buffer.alloc(8), payload]);

describe('link types', () => {
  it.each<[string, number, Buffer]>([
    ['Ethernet, IPv6', 1, ethernet(0x86dd, v6)],
    ['Ethernet, IPv4', 1, ethernet(0x0800, v4)],
    ['Ethernet with padding behind the packet', 1, Buffer.concat([ethernet(0x0800, v4), text('padding')])],
    ['one 802.1Q tag', 1, ethernet(0x86dd, v6, 0x8100)],
    ['802.1ad and 802.1Q', 1, ethernet(0x86dd, v6, 0x88a8, 0x8100)],
    ['sixteen tags of all kinds', 1, ethernet(0x0800, v4, ...new Array(15).fill(0x9100), 0x8100)],
    ['802.3 with SNAP', 1, ethernet(60, Buffer.concat([u8(0xaa, 0xaa, 3, 0, 0, 0), u16(0x0800), v4]))],
    ['cooked v1', 113, sll(0x86dd, v6)],
    ['cooked v1 with a tag', 113, sll(0x8100, Buffer.concat([u16(5), u16(0x0800), v4]))],
    ['cooked v2', 276, sll2(0x86dd, v6)],
    ['cooked v2 with a tag', 276, sll2(0x8100, Buffer.concat([u16(5), u16(0x86dd), v6]))],
    ['NULL, little-endian, IPv4', 0, Buffer.concat([little(2), v4])],
    ['NULL, big-endian, IPv4', 0, Buffer.concat([u32(2), v4])],
    ...[10, 23, 24, 26, 28, 30].map((family): [string, number, Buffer] => [
      `NULL, AF_INET6 ${family}`,
      0,
      Buffer.concat([little(family), v6]),
    ]),
    ['LOOP', 108, Buffer.concat([u32(24), v6])],
    ['RAW 12', 12, v6],
    ['RAW 14', 14, v4],
    ['RAW 101, IPv6', 101, v6],
    ['RAW 101, IPv4', 101, v4],
    ['IPv4', 228, v4],
    ['IPv6', 229, v6],
    ['PPP with address and control', 9, ppp(u8(0xff, 3, 0, 0x57), v6)],
    ['PPP without', 9, ppp(u16(0x21), v4)],
    ['PPP with a short protocol', 9, ppp(u8(0x21), v4)],
    ['PPP in HDLC', 50, ppp(u8(0xff, 3, 0, 0x21), v4)],
    ['PPP of pppd, outward', 166, ppp(u8(1, 0, 0x57), v6)],
    ['PPP with direction', 204, ppp(u8(0, 0xff, 3, 0, 0x57), v6)],
    ['PPPoE', 51, pppoe(0x57, v6)],
    ['PPPoE on Ethernet, tagged', 1, ethernet(0x8864, pppoe(0x21, v4), 0x8100)],
    ['MPLS, two labels', 1, ethernet(0x8847, Buffer.concat([u32(0x0001_0040), u32(0x0002_0140), v6]))],
    ['tags of 0x9200 and 0x9300', 1, ethernet(0x86dd, v6, 0x9200, 0x9300)],
    ['Cisco HDLC', 104, Buffer.concat([u8(0x0f, 0), u16(0x86dd), v6])],
  ])('%s', async (_, linkType, bytes) => {
    expect(await storyOf(linkType, bytes)).toBe('hello');
  });

  it.each([
    [105, 'link type 105 (IEEE 802.11) is not read'],
    [127, 'link type 127 (IEEE 802.11 with radiotap header) is not read'],
    [119, 'link type 119 (IEEE 802.11 with Prism header) is not read'],
    [9999, 'link type 9999 is not read'],
  ])('%i is refused by name', async (linkType, reason) => {
    const { summary } = await readBytes(pcap([v6, v6], { linkType }));
    expect(summary.skipped).toEqual([{ code: 'link-type', reason, packets: 2 }]);
    expect(summary.packets).toBe(2);
  });

  it('what is not IP is counted', async () => {
    const arp = ethernet(0x0806, Buffer.alloc(28));
    const stp = ethernet(38, Buffer.alloc(38, 0x42));
    const { summary } = await readBytes(pcap([arp, stp, sll(4, v6)]));
    expect(summary.skipped).toEqual([{ code: 'not-ip', reason: 'not IP', packets: 3 }]);
  });

  it('headers cut at any octet are counted, never misread', async () => {
    for (const [linkType, bytes] of [
      [1, ethernet(0x86dd, v6, 0x8100)],
      [113, sll(0x0800, v4)],
      [276, sll2(0x86dd, v6)],
      [0, Buffer.concat([little(30), v6])],
      [9, ppp(u8(0xff, 3, 0, 0x57), v6)],
      [166, ppp(u8(1, 0, 0x57), v6)],
      [1, ethernet(0x8864, pppoe(0x21, v4), 0x8100)],
      [1, ethernet(0x8847, Buffer.concat([u32(0x0001_0040), u32(0x0002_0140), v6]))],
    ] as const) {
      for (let snap = 0; snap < bytes.length - 5; snap++) {
        const { sink, summary } = await readBytes(pcap([bytes], { linkType, snap }));
        expect(sink.told.filter((told) => told.what === 'data')).toEqual([]);
        expect(summary.packets).toBe(1);
      }
    }
  });
});
