/**
 * Reading captures: sources in, flows out. Several sources are merged by time. The sink is called synchronously,
 * packet by packet; promises are waited for between chunks alone.
 */
import type { FlowSink } from '../base/flow.ts';
import { InputError, type Problem } from '../base/problem.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { DEFAULT_CAPTURE_LIMITS } from './limits.ts';
import type { CaptureOptions, TakenPacket } from './options.ts';
import { Packets } from './packets.ts';
import { CaptureReader } from './reader.ts';
import type { PacketRecord } from './record.ts';
import { type CaptureSource, SourceDamage } from './source.ts';
import type { CaptureSummary, SourceSummary } from './summary.ts';
import { Tally } from './tally.ts';

/** A source with its reader, and whether a packet stands in it that was not taken yet. */
interface Input {
  readonly source: CaptureSource;
  readonly chunks: AsyncIterator<Uint8Array>;
  readonly reader: CaptureReader;
  ready: boolean;
  /** Why the source has no more octets than it had, if it broke. */
  broken: string | null;
}

/**
 * Reads all sources to their ends, or as far as they can be read.
 * Throws InputError if a source is no capture at all or cannot be read; damage further on is in the summary.
 */
export async function readCapture(
  sources: readonly CaptureSource[],
  sink: FlowSink,
  options: CaptureOptions = {},
): Promise<CaptureSummary> {
  const limits = { ...DEFAULT_CAPTURE_LIMITS, ...options.limits };
  const inputs = sources.map((source) => ({
    source,
    chunks: source.chunks[Symbol.asyncIterator](),
    reader: new CaptureReader(source.name, limits, options),
    ready: false,
    broken: null,
  }));
  const reading = new Reading(inputs, sink, new Tally(limits), options);
  try {
    await reading.run();
  } finally {
    for (const { chunks } of inputs) await chunks.return?.();
  }
  return reading.summary();
}

class Reading {
  private readonly inputs: readonly Input[];
  private readonly tally: Tally;
  private readonly options: CaptureOptions;
  private readonly packets: Packets;
  private firstTime: Timestamp | null = null;

  constructor(inputs: readonly Input[], sink: FlowSink, tally: Tally, options: CaptureOptions) {
    this.inputs = inputs;
    this.tally = tally;
    this.options = options;
    this.packets = new Packets(sink, tally);
  }

  async run(): Promise<void> {
    // All sources must be captures before the first packet of any is told.
    for (const input of this.inputs) await this.advance(input);
    let open = this.inputs.filter((input) => input.ready);
    while (open.length > 0 && this.options.signal?.aborted !== true) {
      const starving = open.length === 1 ? this.takeAll(open[0] as Input) : this.takeMerged(open);
      await this.advance(starving);
      if (!starving.ready) open = open.filter((input) => input !== starving);
    }
    this.packets.finish();
  }

  summary(): CaptureSummary {
    const { inputs, packets, tally } = this;
    for (const { reader } of inputs) tally.hit('interfacesMax', reader.interfacesRefused);
    return {
      sources: inputs.map(summaryOf),
      packets: packets.moment.packet,
      tcpFlows: packets.tcpFlows,
      udpFlows: packets.udpFlows,
      firstTime: this.firstTime,
      lastTime: packets.moment.packet === 0 ? null : packets.moment.seen.time,
      skipped: tally.skipped(),
      tcp: tally.tcp,
      limits: tally.limitsHit(),
    };
  }

  /** Brings the next packet of a source to hand, reading as many chunks as that takes; none at its end. */
  private async advance(input: Input): Promise<void> {
    const { reader } = input;
    input.ready = reader.next();
    while (!input.ready && reader.damage === null && !reader.cursor.ended) {
      const chunk = await this.nextChunk(input);
      this.tally.recent.advance(chunk?.length ?? 0);
      if (chunk === undefined && input.broken !== null && reader.cursor.fed === 0)
        throw new InputError(`${input.source.name}: ${input.broken}`);
      if (chunk === undefined) reader.cursor.finish();
      else reader.cursor.feed(chunk);
      input.ready = reader.next();
      await this.afterChunk();
    }
  }

  /** `undefined` at the end, good or bad. */
  private async nextChunk(input: Input): Promise<Uint8Array | undefined> {
    try {
      const result = await input.chunks.next();
      return result.done === true ? undefined : result.value;
    } catch (error) {
      if (!(error instanceof SourceDamage)) throw error;
      input.broken = error.message;
      return undefined;
    }
  }

  private async afterChunk(): Promise<void> {
    if (this.options.afterChunk === undefined) return;
    let octets = 0;
    let octetsTotal: number | undefined = 0;
    for (const { source, reader } of this.inputs) {
      octets += source.read?.() ?? reader.cursor.fed;
      const size = source.size?.();
      octetsTotal = octetsTotal === undefined || size === undefined ? undefined : octetsTotal + size;
    }
    await this.options.afterChunk({ octets, octetsTotal, packets: this.packets.moment.packet });
  }

  /** Takes all packets that are at hand of the only source. */
  private takeAll(input: Input): Input {
    const { reader } = input;
    do this.take(reader.packet);
    while (reader.next());
    return input;
  }

  /** Takes packets in order of time until one of the sources has none at hand; that one. */
  private takeMerged(open: readonly Input[]): Input {
    for (;;) {
      let first = open[0] as Input;
      for (const input of open) {
        if (isEarlier(input.reader.packet, first.reader.packet)) first = input;
      }
      this.take(first.reader.packet);
      if (!first.reader.next()) return first;
    }
  }

  private tellPacket(record: PacketRecord, onPacket: (packet: TakenPacket) => void): void {
    const { flow, fragmentsOf, moment } = this.packets;
    onPacket({ number: moment.packet, record, flow, fragments: fragmentsOf });
  }

  private take(record: PacketRecord): void {
    const { moment } = this.packets;
    if (record.comments !== null) {
      for (const text of record.comments) this.options.onComment?.(moment.packet + 1, text);
    }
    this.packets.take(record);
    if (this.options.onPacket !== undefined) this.tellPacket(record, this.options.onPacket);
    if (this.firstTime === null) this.firstTime = moment.seen.time;
  }
}

function isEarlier(a: PacketRecord, b: PacketRecord): boolean {
  if (a.unixSeconds !== b.unixSeconds) return a.unixSeconds < b.unixSeconds;
  return a.ticks / a.resolution.ticksPerSecond < b.ticks / b.resolution.ticksPerSecond;
}

function summaryOf({ source, reader, broken }: Input): SourceSummary {
  return {
    name: source.name,
    format: reader.format,
    variant: reader.variant,
    interfaces: reader.interfaceNames,
    compression: source.compression?.() ?? null,
    packets: reader.packets,
    octets: reader.cursor.fed,
    damage: broken === null ? reader.damage : damageOf(source.name, broken, reader.cursor.fed),
  };
}

function damageOf(path: string, message: string, offset: number): Problem {
  return { code: 'compressed-data', path, message, offset };
}
