/**
 * A TCP connection as seen from outside: two streams, the handshake, the ends, and whether a packet still belongs to
 * it or begins another connection between the same ends.
 */
import { type Direction, type Flow, type FlowSink, opposite } from '../base/flow.ts';
import type { Moment } from './moment.ts';
import type { Tally } from './tally.ts';
import { sequenceDistance, TcpStream } from './tcp-stream.ts';

const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
const TCP_RST = 0x04;
export const TCP_ACK = 0x10;

/** A reset farther than this from the expected octet is not believed. */
const RESET_DISTANCE_MAX = 2 ** 20;
/** Data of a closed connection is repeated near its end; what is farther off belongs to another connection. */
const REPEAT_DISTANCE_MAX = 2 ** 20;
/** A SYN that was captured late precedes the first data by no more than this. */
const LATE_SYN_DISTANCE_MAX = 2 ** 16;

/** What a TCP header says, beside the ports: filled in by the caller, packet by packet. */
export interface TcpSegment {
  readonly bytes: Uint8Array;
  /** The data is `bytes[start, end)`, and `cut` octets that were not captured. */
  readonly start: number;
  readonly end: number;
  readonly cut: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
}

export class TcpConnection {
  private readonly flow: Flow;
  private readonly sink: FlowSink;
  private readonly tally: Tally;
  private readonly streams: readonly [TcpStream, TcpStream];
  private reset = false;
  private closedSeconds = 0;

  constructor(flow: Flow, sink: FlowSink, tally: Tally) {
    this.flow = flow;
    this.sink = sink;
    this.tally = tally;
    this.streams = [new TcpStream(flow, 0, sink, tally), new TcpStream(flow, 1, sink, tally)];
  }

  get closed(): boolean {
    return this.reset || (this.streams[0].ended && this.streams[1].ended);
  }

  /** Whether a segment from `direction` must be the first one of another connection. */
  isSucceededBy(segment: TcpSegment, direction: Direction, moment: Moment): boolean {
    const { flags, sequence } = segment;
    const stream = this.streams[direction];
    if ((flags & TCP_SYN) === 0) {
      if ((segment.start === segment.end && segment.cut === 0) || !this.closed) return false;
      const old = moment.seconds - this.closedSeconds > this.tally.limits.closedSecondsMax;
      return old || Math.abs(sequenceDistance(sequence, stream.next)) > REPEAT_DISTANCE_MAX;
    }
    if (stream.initial === sequence) return false;
    if (stream.initial >= 0 || this.closed) return true;
    if ((flags & TCP_ACK) !== 0) {
      const ahead = sequenceDistance(stream.next, sequence);
      return stream.next >= 0 && (ahead < 0 || ahead > LATE_SYN_DISTANCE_MAX);
    }
    // A first SYN: of a simultaneous open if the other side has sent nothing but its own, else of a new connection.
    const other = this.streams[opposite(direction)];
    return stream.next >= 0 || (other.next >= 0 && other.initial < 0);
  }

  segment(segment: TcpSegment, direction: Direction, moment: Moment): void {
    if (this.reset) return;
    const { flags } = segment;
    const stream = this.streams[direction];
    let { sequence } = segment;
    if ((flags & TCP_SYN) !== 0) {
      if (stream.next < 0) stream.begin(sequence);
      sequence = (sequence + 1) >>> 0;
    }
    if ((flags & TCP_ACK) !== 0) this.acknowledge(segment, direction);
    if ((flags & TCP_RST) !== 0) {
      this.takeReset(sequence, stream, direction, moment);
      return;
    }
    const { bytes, start, end, cut } = segment;
    if (end > start || cut > 0) stream.segment(bytes, start, end, cut, sequence, moment);
    else if (stream.next >= 0 && !stream.ended && sequenceDistance(sequence, stream.next) === -1) {
      this.tally.tcp.keepAliveProbes++;
    }
    if ((flags & TCP_FIN) !== 0) stream.fin((sequence + end - start + cut) >>> 0, moment);
    if (this.closed && this.closedSeconds === 0) this.closedSeconds = moment.seconds;
  }

  /** Tells what is still held back. `lost`: the connection will not be followed any more. */
  finish(moment: Moment, lost: boolean): void {
    if (this.closed) return;
    for (const stream of this.streams) stream.flush(moment.seen);
    if (lost && !this.closed) this.sink.close(this.flow, 0, 'lost', moment.seen);
  }

  private acknowledge(segment: TcpSegment, direction: Direction): void {
    const other = this.streams[opposite(direction)];
    const { acknowledgement } = segment;
    // The SYN itself was not seen, but the answer to it says where its stream begins.
    if ((segment.flags & TCP_SYN) !== 0 && other.next < 0) other.begin((acknowledgement - 1) >>> 0);
    else if (acknowledgement !== other.next) other.acknowledge(acknowledgement);
  }

  private takeReset(sequence: number, stream: TcpStream, direction: Direction, moment: Moment): void {
    const off = stream.next < 0 ? 0 : Math.abs(sequenceDistance(sequence, stream.next));
    // A host that knows nothing of the connection resets with sequence number 0 (RFC 9293 §3.10.7.1).
    if ((off > RESET_DISTANCE_MAX && sequence !== 0) || this.closed) return;
    for (const each of this.streams) each.flush(moment.seen);
    this.reset = true;
    this.closedSeconds = moment.seconds;
    this.sink.close(this.flow, direction, 'reset', moment.seen);
  }
}
