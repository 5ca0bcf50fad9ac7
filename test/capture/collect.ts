/** A sink that keeps everything, and captures made of packets that are written down in tests. */
import { copyBytes } from '../../src/base/bytes.ts';
import type { Direction, Flow, FlowSink, Seen } from '../../src/base/flow.ts';
import { timestampText } from '../../src/base/timestamp.ts';
import type { CaptureOptions } from '../../src/capture/options.ts';
import { readCapture } from '../../src/capture/read.ts';
import type { CaptureSummary } from '../../src/capture/summary.ts';

export type Told =
  | { readonly what: 'open'; readonly flow: Flow; readonly packet: number; readonly midStream: boolean }
  | {
      readonly what: 'data';
      readonly flow: Flow;
      readonly direction: Direction;
      readonly packet: number;
      readonly time: string;
      readonly bytes: Uint8Array;
    }
  | {
      readonly what: 'gap';
      readonly flow: Flow;
      readonly direction: Direction;
      readonly packet: number;
      readonly missing: number;
    }
  | {
      readonly what: 'close';
      readonly flow: Flow;
      readonly direction: Direction;
      readonly packet: number;
      readonly how: 'fin' | 'reset' | 'lost';
    };

export class Collector implements FlowSink {
  readonly told: Told[] = [];

  open(flow: Flow, seen: Seen, midStream: boolean): void {
    this.told.push({ what: 'open', flow, packet: seen.packet, midStream });
  }

  data(flow: Flow, direction: Direction, bytes: Uint8Array, start: number, end: number, seen: Seen): void {
    const time = timestampText(seen.time);
    this.told.push({
      what: 'data',
      flow,
      direction,
      packet: seen.packet,
      time,
      bytes: copyBytes(bytes, start, end),
    });
  }

  gap(flow: Flow, direction: Direction, missing: number, seen: Seen): void {
    this.told.push({ what: 'gap', flow, direction, packet: seen.packet, missing });
  }

  close(flow: Flow, direction: Direction, how: 'fin' | 'reset' | 'lost', seen: Seen): void {
    this.told.push({ what: 'close', flow, direction, packet: seen.packet, how });
  }

  /** One short line for each thing told, e.g. `3 data 0>1 616263`. */
  lines(): string[] {
    return this.told.map((told) => {
      const head = `${told.packet} ${told.what} flow ${told.flow.id}`;
      switch (told.what) {
        case 'open':
          return told.midStream ? `${head} mid-stream` : head;
        case 'data':
          return `${head} ${told.direction} ${Buffer.from(told.bytes).toString('latin1')}`;
        case 'gap':
          return `${head} ${told.direction} ${told.missing}`;
        default:
          return `${head} ${told.direction} ${told.how}`;
      }
    });
  }

  /** All octets of one direction of one flow, without regard to gaps. */
  octets(flow: number, direction: Direction): Buffer {
    const parts: Uint8Array[] = [];
    for (const told of this.told) {
      if (told.what === 'data' && told.flow.id === flow && told.direction === direction)
        parts.push(told.bytes);
    }
    return Buffer.concat(parts);
  }
}

export async function* inChunks(bytes: Uint8Array, octets = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += octets)
    yield copyBytes(bytes, at, Math.min(bytes.length, at + octets));
}

/** Reads one capture from memory. */
export async function readBytes(
  bytes: Uint8Array,
  options: CaptureOptions = {},
  octets = bytes.length,
): Promise<{ readonly sink: Collector; readonly summary: CaptureSummary }> {
  const sink = new Collector();
  const summary = await readCapture([{ name: 'test.pcap', chunks: inChunks(bytes, octets) }], sink, options);
  return { sink, summary };
}
