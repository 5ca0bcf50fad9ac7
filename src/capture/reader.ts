/** Octets of one source in, packet records out: finds the format, then reads it. No I/O; chunks are fed by the caller. */
import { toHex } from '../base/bytes.ts';
import { InputError, type Problem } from '../base/problem.ts';
import { ByteCursor } from './cursor.ts';
import type { CaptureLimits } from './limits.ts';
import type { CaptureOptions } from './options.ts';
import { PcapReader } from './pcap.ts';
import { isPcap, PCAP_HEADER_OCTETS } from './pcap-variants.ts';
import { isPcapng, PCAPNG_HEADER_OCTETS, PcapngReader } from './pcapng.ts';
import type { PacketRecord, RecordReader } from './record.ts';

export class CaptureReader {
  readonly name: string;
  readonly cursor = new ByteCursor();
  /** Packets read so far. */
  packets = 0;
  private readonly limits: CaptureLimits;
  private readonly options: CaptureOptions;
  private records: PcapReader | PcapngReader | null = null;

  constructor(name: string, limits: CaptureLimits, options: CaptureOptions) {
    this.name = name;
    this.limits = limits;
    this.options = options;
  }

  /** Of the packet that `next` went to. */
  get packet(): PacketRecord {
    return (this.records as RecordReader).packet;
  }

  get damage(): Problem | null {
    return this.records === null ? null : this.records.damage;
  }

  get format(): 'pcap' | 'pcapng' {
    return this.records instanceof PcapngReader ? 'pcapng' : 'pcap';
  }

  /** E.g. `pcap, big-endian, nanoseconds`. */
  get variant(): string {
    return this.records === null ? '' : this.records.variant;
  }

  get interfacesRefused(): number {
    return this.records instanceof PcapngReader ? this.records.interfacesRefused : 0;
  }

  /** Of a pcapng file, as far as it was read. */
  get interfaceNames(): readonly string[] {
    return this.records instanceof PcapngReader ? [...this.records.interfaceNames] : [];
  }

  /** Goes to the next packet. `false`: feed more, or this is the end. Throws InputError if this is no capture. */
  next(): boolean {
    this.records ??= this.recognise();
    if (this.records === null || !this.records.next()) return false;
    this.packets++;
    return true;
  }

  private recognise(): PcapReader | PcapngReader | null {
    const { cursor, name } = this;
    if (!cursor.need(4)) {
      if (!cursor.ended) return null;
      throw new InputError(`${name}: ${cursor.fed === 0 ? 'empty' : 'too short'}; ${EXPECTED}`);
    }
    const { bytes, at } = cursor;
    const pcapng = isPcapng(bytes, at);
    if (!pcapng && !isPcap(bytes, at)) throw new InputError(`${name}: ${whatElse(bytes, at)}; ${EXPECTED}`);
    if (!cursor.need(pcapng ? PCAPNG_HEADER_OCTETS : PCAP_HEADER_OCTETS)) {
      if (!cursor.ended) return null;
      throw new InputError(`${name}: ends at offset ${cursor.fed}, within its header; ${EXPECTED}`);
    }
    return pcapng
      ? new PcapngReader(cursor, name, this.limits, this.options)
      : new PcapReader(cursor, name, this.limits);
  }
}

const EXPECTED = 'expected pcap or pcapng, plain or compressed by gzip or zstd';

/** Files that people take for captures, by their first octets in hex. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['fd377a58', 'compressed by xz, which is not read'],
  ['425a68', 'compressed by bzip2, which is not read'],
  ['04224d18', 'compressed by lz4, which is not read'],
  ['504b0304', 'a zip archive'],
  ['1f8b', 'compressed more than once'],
  ['28b52ffd', 'compressed more than once'],
  ['736e6f6f', 'a capture of snoop, which is not read (editcap makes a pcapng of it)'],
  ['474d4255', 'a capture of Microsoft Network Monitor, which is not read (editcap makes a pcapng of it)'],
];

function whatElse(bytes: Uint8Array, at: number): string {
  const magic = toHex(bytes, at, at + 4);
  return OTHERS.find(([start]) => magic.startsWith(start))?.[1] ?? 'not a capture';
}
