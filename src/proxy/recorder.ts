/**
 * The recording of a proxy as pcapng blocks: one interface per leg, each leg a TCP connection of its own between the
 * real addresses. What a fault drops is on the sender's leg only, what it makes is on the other leg only, and the
 * packet says so in its comment. Makes blocks; where they go is the sink's business.
 */
import { type Direction, opposite } from '../base/flow.ts';
import type { SocketAddress } from '../base/socket-address.ts';
import { timestampOfMillis } from '../base/timestamp.ts';
import { LINK_TYPE } from '../capture/link-types.ts';
import {
  interfaceBlock,
  microsOf,
  PACKET_AT,
  packetBlock,
  packetBlockOctets,
  putPacketBlock,
  secretsBlock,
  sectionHeaderBlock,
} from '../capture/pcapng-writer.ts';
import { type SynthPacket, sumOfData, TcpSynth, type TcpSynthOptions } from '../capture/tcp-synth.ts';
import type { FaultHit } from './stage.ts';
import { TlsContinuation } from './tls/continuation.ts';

/** The leg between the primary and the proxy, and the one between the proxy and the secondary. */
export type RecordedLeg = 0 | 1;

const LEGS: readonly RecordedLeg[] = [0, 1];

/** The ends of both legs, each with the side that opened it first. */
export type RecordedLegs = readonly [
  readonly [SocketAddress, SocketAddress],
  readonly [SocketAddress, SocketAddress],
];

/** What a conversation tells of its legs for the recording. */
export interface Recorder {
  /**
   * Octets that went onward as they came: they are on both legs. `isFree`: once the present event is done with, nobody
   * else needs their memory.
   */
  passed(direction: Direction, octets: Uint8Array, now: number, isFree: boolean): void;
  /** Octets on one leg, with what was done to them. */
  data(
    leg: RecordedLeg,
    direction: Direction,
    octets: Uint8Array,
    hits: readonly FaultHit[],
    now: number,
  ): void;
  fin(leg: RecordedLeg, direction: Direction, hits: readonly FaultHit[], now: number): void;
  /** `direction`: who sent the reset. */
  reset(leg: RecordedLeg, direction: Direction, hits: readonly FaultHit[], now: number): void;
}

/** The recording of what was on the wire, which may need secrets to be read. */
export interface WireRecorder extends Recorder {
  /** A part of a TLS key log, before the packets that it opens. */
  secrets(text: string): void;
}

export interface RecordingHeader {
  /** The program with its version. */
  readonly application: string;
  /** One per line: scenario, versions, faults armed at the start. */
  readonly comments: readonly string[];
}

/** Interfaces of a recording: each message is on the leg of its sender and, if it was sent on, on the other. */
export const LEG_INTERFACES = [
  { name: 'primary-leg', description: 'between the primary and the proxy' },
  { name: 'secondary-leg', description: 'between the proxy and the secondary' },
] as const;

/** As segmentation offload would show it: what is written in one call is one packet, as far as IP allows. */
const SEGMENT_OCTETS_MAX = 60_000;
/** Enough for what is read from a socket in one go. */
const MEMORY_OCTETS = 128 * 1024;
const NO_HITS: readonly FaultHit[] = [];

/** The blocks that a recording file begins with. */
export function recordingBeginning(header: RecordingHeader): Uint8Array[] {
  const section = sectionHeaderBlock({ application: header.application, comments: header.comments });
  const interfaces = LEG_INTERFACES.map((about) =>
    interfaceBlock({ linkType: LINK_TYPE.ethernet, ...about }),
  );
  return [section, ...interfaces];
}

/** Records one relayed connection. */
export class ConnectionRecorder implements WireRecorder {
  private readonly write: (block: Uint8Array) => void;
  private readonly legs: RecordedLegs;
  private secretLines = '';
  /** By leg; followed from the first octet, told once there are secrets. */
  private readonly continuations = [new TlsContinuation(), new TlsContinuation()] as const;
  private readonly synths: readonly [TcpSynth, TcpSynth];
  /** By leg: how far it is in what has been written, and when that was. */
  private readonly written: readonly [[number, number], [number, number]] = [
    [0, 0],
    [0, 0],
  ];
  private writtenMillis = 0;
  /** Where packets are made, with room around each for its block; written, it is used again. */
  private memory = new Uint8Array(MEMORY_OCTETS);
  private used = 0;
  /** By leg and direction: whether data can follow. */
  private readonly finished: readonly [[boolean, boolean], [boolean, boolean]] = [
    [false, false],
    [false, false],
  ];

  /** `serial` tells reused addresses apart. */
  constructor(legs: RecordedLegs, serial: number, write: (block: Uint8Array) => void) {
    this.legs = legs;
    this.write = write;
    const take = (octets: number): Uint8Array => this.take(octets);
    this.synths = [
      new TcpSynth(legs[0], { ...synthOptions(serial, 0), take }),
      new TcpSynth(legs[1], { ...synthOptions(serial, 1), take }),
    ];
  }

  open(leg: RecordedLeg, now: number): void {
    this.put(leg, this.synths[leg].open(), now, []);
  }

  passed(direction: Direction, octets: Uint8Array, now: number): void {
    const onward = opposite(direction);
    const near = this.synths[direction].singleOctets(direction, octets.length);
    const far = this.synths[onward].singleOctets(direction, octets.length);
    if (near > 0 && far > 0) {
      this.singles(direction, octets, near, far, now);
      return;
    }
    this.packets(direction, direction, octets, NO_HITS, now);
    this.packets(onward, direction, octets, NO_HITS, now);
  }

  /** As nearly always: one packet on each leg, which only differ in their headers. */
  private singles(direction: Direction, octets: Uint8Array, near: number, far: number, now: number): void {
    const onward = opposite(direction);
    const sum = sumOfData(octets);
    const micros = Math.round(now * 1000);
    const [nearBlock, farBlock] = [packetBlockOctets(near), packetBlockOctets(far)];
    const bytes = this.room(nearBlock + farBlock);
    this.synths[direction].putSingle(direction, octets, sum, bytes, PACKET_AT);
    putPacketBlock(bytes, 0, near, direction, micros);
    this.synths[onward].putSingle(direction, octets, sum, bytes, nearBlock + PACKET_AT);
    putPacketBlock(bytes, nearBlock, far, onward, micros);
    this.write(bytes.subarray(0, nearBlock));
    this.synths[direction].position(this.written[direction]);
    this.write(bytes.subarray(nearBlock, nearBlock + farBlock));
    this.synths[onward].position(this.written[onward]);
    this.writtenMillis = now;
    this.used = 0;
  }

  data(
    leg: RecordedLeg,
    direction: Direction,
    octets: Uint8Array,
    hits: readonly FaultHit[],
    now: number,
  ): void {
    // A file may end behind any packet: what is to be known of TLS then is what was in packets until then.
    for (let at = 0; at < octets.length; at += SEGMENT_OCTETS_MAX) {
      const segment = octets.subarray(at, at + SEGMENT_OCTETS_MAX);
      this.packets(leg, direction, segment, at === 0 ? hits : NO_HITS, now);
      this.continuations[leg].push(direction, segment);
    }
  }

  fin(leg: RecordedLeg, direction: Direction, hits: readonly FaultHit[], now: number): void {
    if (this.finished[leg][direction]) return;
    this.finished[leg][direction] = true;
    this.put(leg, this.synths[leg].fin(direction), now, hits);
  }

  reset(leg: RecordedLeg, direction: Direction, hits: readonly FaultHit[], now: number): void {
    if (this.finished[leg][0] && this.finished[leg][1]) return;
    this.finished[leg][0] = true;
    this.finished[leg][1] = true;
    this.put(leg, this.synths[leg].reset(direction), now, hits);
  }

  secrets(text: string): void {
    this.secretLines += text;
    this.write(secretsBlock(new TextEncoder().encode(text)));
  }

  /** The same secrets again, and how far TLS has come on both legs, for a file that begins here; empty without TLS. */
  continuation(): string {
    if (this.secretLines === '') return '';
    return `${this.secretLines}${LEGS.map((leg) => this.continuations[leg].line(this.legs[leg])).join('')}`;
  }

  /** An empty packet of each leg's opener, for a file that begins here: who comes first is taken for the opener. */
  resting(): readonly Uint8Array[] {
    const time = timestampOfMillis(this.writtenMillis);
    return LEGS.filter((leg) => !this.finished[leg][0] || !this.finished[leg][1]).map((interfaceId) => {
      const { bytes } = this.synths[interfaceId].resting(this.written[interfaceId]);
      return packetBlock({ interfaceId, time, bytes });
    });
  }

  /** Nothing more comes. */
  get isOver(): boolean {
    return this.finished.every(([primary, secondary]) => primary && secondary);
  }

  private packets(
    leg: RecordedLeg,
    direction: Direction,
    octets: Uint8Array,
    hits: readonly FaultHit[],
    now: number,
  ): void {
    if (!this.finished[leg][direction]) this.put(leg, this.synths[leg].data(direction, octets), now, hits);
  }

  /** The comments are on the first packet: the one with the data. */
  private put(
    leg: RecordedLeg,
    packets: readonly SynthPacket[],
    now: number,
    hits: readonly FaultHit[],
  ): void {
    const time = timestampOfMillis(now);
    const micros = microsOf(time);
    packets.forEach(({ bytes }, index) => {
      if (index === 0 && hits.length > 0) {
        this.write(packetBlock({ interfaceId: leg, time, bytes, comments: hits.map(hitComment) }));
        return;
      }
      const size = packetBlockOctets(bytes.length);
      const block = new Uint8Array(bytes.buffer, bytes.byteOffset - PACKET_AT, size);
      putPacketBlock(block, 0, bytes.length, leg, micros);
      this.write(block);
    });
    this.used = 0;
    this.synths[leg].position(this.written[leg]);
    this.writtenMillis = now;
  }

  private take(octets: number): Uint8Array {
    return this.room(packetBlockOctets(octets)).subarray(PACKET_AT, PACKET_AT + octets);
  }

  /** Room for so many octets of blocks, until all that is being made is written. */
  private room(octets: number): Uint8Array {
    if (this.used + octets > this.memory.length) {
      this.memory = new Uint8Array(Math.max(MEMORY_OCTETS, octets));
      this.used = 0;
    }
    const from = this.used;
    this.used += octets;
    return from === 0 ? this.memory : this.memory.subarray(from);
  }
}

/** E.g. `F1 skew (hit 3, seed 42): sent-time +7 s`. */
function hitComment({ fault, action, count, seed, detail }: FaultHit): string {
  return `${fault} ${action} (hit ${count}, seed ${seed})${detail === '' ? '' : `: ${detail}`}`;
}

/** Steps large enough that a reused 4-tuple cannot be taken for a continuation. */
function synthOptions(serial: number, leg: RecordedLeg): TcpSynthOptions {
  const base = (serial * 2 + leg + 1) * 0x0100_0193;
  return { segmentOctetsMax: SEGMENT_OCTETS_MAX, initialSequence: [base >>> 0, (base + 0x4000_0000) >>> 0] };
}
