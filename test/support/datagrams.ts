/** Captures made of nothing but messages, for programs that read files. */
import { concatBytes } from '../../src/base/bytes.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';

/** Classic pcap of link type 101 (raw IP): one datagram from a server to a client for each message. */
export function datagramCapture(messages: readonly Uint8Array[]): Uint8Array {
  return packets(
    messages.map((message) => {
      const length = message.length + 8;
      return ip(17, [Uint8Array.of(0x02, 0x23, 0x02, 0x22, length >> 8, length & 0xff, 0, 0), message]);
    }),
  );
}

/** The same of one TCP segment to `port`, with all that the connection carries. */
export function segmentCapture(port: number, octets: Uint8Array): Uint8Array {
  const header = Uint8Array.of(0x9c, 0x40, port >> 8, port & 0xff, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18);
  return packets([ip(6, [header, Uint8Array.of(0xff, 0xff, 0, 0, 0, 0), octets])]);
}

function packets(all: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [little(0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 101)];
  for (const packet of all) parts.push(little(1_700_000_000, 0, packet.length, packet.length), packet);
  return concatBytes(parts);
}

function ip(protocol: number, parts: readonly Uint8Array[]): Uint8Array {
  const payload = concatBytes(parts);
  return concatBytes([
    Uint8Array.of(0x60, 0, 0, 0, payload.length >> 8, payload.length & 0xff, protocol, 64),
    parseIpv6('2001:db8::1') as Uint8Array,
    parseIpv6('2001:db8::2') as Uint8Array,
    payload,
  ]);
}

function little(...numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, index) => {
    view.setUint32(4 * index, number, true);
  });
  return new Uint8Array(view.buffer);
}
