/**
 * Tells everything in the order of packets. What a stream holds behind a hole is told later than its packet, once the
 * hole is filled or given up; meanwhile other flows went on. So while any stream waits, all that is told is kept, and
 * then passed on sorted by packet: as if the fate of the hole had been known at once. Within limits: when too much
 * is kept, it is passed on as it is, until no stream waits any more.
 */
import type { Direction, Flow, FlowSink, Seen } from '../base/flow.ts';
import type { Tally } from './tally.ts';

interface Told {
  readonly packet: number;
  readonly tell: (sink: FlowSink) => void;
}

type ReorderLimit = `reorder${'Packets' | 'Octets' | 'Seconds'}Max`;

export class PacketOrder implements FlowSink {
  private readonly sink: FlowSink;
  private readonly tally: Tally;
  private kept: Told[] = [];
  /** Packets and their octets since something is kept. */
  private packets = 0;
  private octets = 0;
  private sinceSeconds = 0;
  /** The limit that was reached, until no stream waits any more. */
  private gaveUp: ReorderLimit | null = null;
  /** Packet of what was told last since then, and whether anything came behind it that belonged before it. */
  private latest = 0;
  private late = false;

  constructor(sink: FlowSink, tally: Tally) {
    this.sink = sink;
    this.tally = tally;
  }

  open(flow: Flow, seen: Seen, midStream: boolean): void {
    if (this.passes(seen)) this.sink.open(flow, seen, midStream);
    else this.keep(seen, (sink) => sink.open(flow, seen, midStream));
  }

  data(flow: Flow, direction: Direction, bytes: Uint8Array, start: number, end: number, seen: Seen): void {
    if (this.passes(seen)) this.sink.data(flow, direction, bytes, start, end, seen);
    else this.keep(seen, (sink) => sink.data(flow, direction, bytes, start, end, seen));
  }

  gap(flow: Flow, direction: Direction, missing: number, seen: Seen): void {
    if (this.passes(seen)) this.sink.gap(flow, direction, missing, seen);
    else this.keep(seen, (sink) => sink.gap(flow, direction, missing, seen));
  }

  close(flow: Flow, direction: Direction, how: 'fin' | 'reset' | 'lost', seen: Seen): void {
    if (this.passes(seen)) this.sink.close(flow, direction, how, seen);
    else this.keep(seen, (sink) => sink.close(flow, direction, how, seen));
  }

  /** After each packet, with its length and time. */
  settle(octets: number, seconds: number): void {
    const { tally } = this;
    if (tally.waiting === 0) {
      if (this.kept.length > 0) this.passOn();
      this.packets = 0;
      this.gaveUp = null;
      return;
    }
    if (this.gaveUp !== null) return;
    if (this.packets === 0) {
      this.octets = 0;
      this.sinceSeconds = seconds;
    }
    this.packets++;
    this.octets += octets;
    const { reorderPacketsMax, reorderOctetsMax, reorderSecondsMax } = tally.limits;
    if (this.packets > reorderPacketsMax) this.giveUp('reorderPacketsMax');
    else if (this.octets > reorderOctetsMax) this.giveUp('reorderOctetsMax');
    else if (seconds - this.sinceSeconds > reorderSecondsMax) this.giveUp('reorderSecondsMax');
  }

  /** After the last packet. */
  finish(): void {
    this.passOn();
  }

  private passes(seen: Seen): boolean {
    if (this.gaveUp === null) return this.tally.waiting === 0 && this.kept.length === 0;
    if (seen.packet >= this.latest) this.latest = seen.packet;
    else if (!this.late) {
      this.late = true;
      this.tally.hit(this.gaveUp);
    }
    return true;
  }

  private keep(seen: Seen, tell: (sink: FlowSink) => void): void {
    this.kept.push({ packet: seen.packet, tell });
  }

  private giveUp(limit: ReorderLimit): void {
    this.latest = this.kept.reduce((latest, { packet }) => Math.max(latest, packet), 0);
    this.late = false;
    this.passOn();
    this.gaveUp = limit;
  }

  private passOn(): void {
    const { kept } = this;
    this.kept = [];
    // Sorting is stable: what one packet made known stays in the order in which it was told.
    kept.sort((a, b) => a.packet - b.packet);
    for (const { tell } of kept) tell(this.sink);
  }
}
