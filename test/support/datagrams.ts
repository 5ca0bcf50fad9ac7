/** A capture made of nothing but DHCPv6 datagrams, for programs that read files. */
import { concatBytes } from '../../src/base/bytes.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';

/** Classic pcap of link type 101 (raw IP): one datagram from a server to a client for each message. */
export function datagramCapture(messages: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [little(0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 101)];
  for (const message of messages) {
    const length = message.length + 8;
    const ip = concatBytes([
      Uint8Array.of(0x60, 0, 0, 0, length >> 8, length & 0xff, 17, 64),
      parseIpv6('2001:db8::1') as Uint8Array,
      parseIpv6('2001:db8::2') as Uint8Array,
      Uint8Array.of(0x02, 0x23, 0x02, 0x22, length >> 8, length & 0xff, 0, 0),
      message,
    ]);
    parts.push(little(1_700_000_000, 0, ip.length, ip.length), ip);
  }
  return concatBytes(parts);
}

function little(...numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, index) => {
    view.setUint32(4 * index, number, true);
  });
  return new Uint8Array(view.buffer);
}
