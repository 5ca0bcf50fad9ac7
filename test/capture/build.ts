/** Packets and capture files, octet by octet, for tests. Apart from the sources on purpose: nothing is shared. */
import type { Told } from './collect.ts';

export const A = '2001:db8::a';
export const B = '2001:db8::b';

export const u8 = (...octets: number[]): Buffer => Buffer.from(octets);
export const u16 = (value: number): Buffer => u8((value >> 8) & 0xff, value & 0xff);
export const u32 = (value: number): Buffer =>
  Buffer.concat([u16(Math.floor(value / 0x10000)), u16(value & 0xffff)]);
export const text = (value: string): Buffer => Buffer.from(value, 'latin1');

/** `2001:db8::a` and such, and dotted IPv4. */
export function address(value: string): Buffer {
  if (!value.includes(':')) return u8(...value.split('.').map(Number));
  const [left = '', right = ''] = value.split('::');
  const groups = (half: string): number[] =>
    half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(left), groups(right)];
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  return Buffer.concat([...first, ...zeros, ...last].map(u16));
}

export interface Segment {
  readonly from?: string;
  readonly to?: string;
  readonly ports?: readonly [number, number];
  readonly seq: number;
  readonly ack?: number;
  /** E.g. `S`, `SA`, `F`, `R`; ACK is set when `ack` is given. */
  readonly flags?: string;
  readonly data?: string | Buffer;
}

const FLAG_BITS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

export function tcp(segment: Segment): Buffer {
  const { ports = [40_000, 647], seq, ack, flags = '', data = '' } = segment;
  let bits = ack === undefined ? 0 : 16;
  for (const flag of flags) bits |= FLAG_BITS[flag] as number;
  return Buffer.concat([
    u16(ports[0]),
    u16(ports[1]),
    u32(seq >>> 0),
    u32((ack ?? 0) >>> 0),
    u8(0x50, bits, 0xff, 0xff, 0, 0, 0, 0),
    typeof data === 'string' ? text(data) : data,
  ]);
}

export function udp(ports: readonly [number, number], data: Buffer): Buffer {
  return Buffer.concat([u16(ports[0]), u16(ports[1]), u16(8 + data.length), u16(0), data]);
}

export function ipv6(from: string, to: string, next: number, payload: Buffer): Buffer {
  return Buffer.concat([
    u32(0x6000_0000),
    u16(payload.length),
    u8(next, 64),
    address(from),
    address(to),
    payload,
  ]);
}

export function ipv4(
  from: string,
  to: string,
  protocol: number,
  payload: Buffer,
  fragment = { id: 0, flagsAndOffset: 0 },
): Buffer {
  const { id, flagsAndOffset } = fragment;
  const fixed = [u8(0x45, 0), u16(20 + payload.length), u16(id), u16(flagsAndOffset), u8(64, protocol, 0, 0)];
  return Buffer.concat([...fixed, address(from), address(to), payload]);
}

export function ethernet(type: number, payload: Buffer, ...tags: number[]): Buffer {
  const vlan = tags.map((tag) => Buffer.concat([u16(tag), u16(100)]));
  return Buffer.concat([Buffer.alloc(12, 2), ...vlan, u16(type), payload]);
}

/** A segment from A to B, or as its `from` and `to` say, in IPv6 in Ethernet. */
export function packet(segment: Segment): Buffer {
  return ethernet(0x86dd, ipv6(segment.from ?? A, segment.to ?? B, 6, tcp(segment)));
}

/** The same from B to A, with the ports turned round. */
export function reply(segment: Segment): Buffer {
  const [first, second] = segment.ports ?? [40_000, 647];
  return packet({ ...segment, from: segment.to ?? B, to: segment.from ?? A, ports: [second, first] });
}

export interface PcapShape {
  readonly linkType?: number;
  readonly big?: boolean;
  readonly magic?: number;
  /** Octets of each record header behind the standard ones. */
  readonly recordExtra?: number;
  /** Captured octets of each packet at most. */
  readonly snap?: number;
}

/** A pcap file; packet N is at 1000 s and N microseconds, or at the time given with it. */
export function pcap(
  packets: readonly (Buffer | readonly [number, number, Buffer])[],
  shape: PcapShape = {},
): Buffer {
  const { linkType = 1, big = false, magic = 0xa1b2_c3d4, recordExtra = 0, snap = 262_144 } = shape;
  const word = (value: number): Buffer => (big ? u32(value) : Buffer.from(u32(value)).reverse());
  const half = (value: number): Buffer => (big ? u16(value) : Buffer.from(u16(value)).reverse());
  const header = [word(magic), half(2), half(4), word(0), word(0), word(snap), word(linkType)];
  const records = packets.map((item, index) => {
    const [seconds, ticks, whole] = Buffer.isBuffer(item) ? [1000, index + 1, item] : item;
    const bytes = whole.subarray(0, snap);
    return Buffer.concat([
      word(seconds),
      word(ticks),
      word(bytes.length),
      word(whole.length),
      Buffer.alloc(recordExtra),
      bytes,
    ]);
  });
  return Buffer.concat([...header, ...records]);
}

/** Octets told of one direction, with `[n]` for n that are missing. */
export function story(told: readonly Told[], direction: 0 | 1, flow = 0): string {
  return told
    .filter((each) => each.flow.id === flow && each.what !== 'open' && each.direction === direction)
    .map((each) => {
      if (each.what === 'data') return Buffer.from(each.bytes).toString('latin1');
      return each.what === 'gap' ? `[${each.missing}]` : each.what === 'close' ? ` ${each.how}` : '';
    })
    .join('');
}
