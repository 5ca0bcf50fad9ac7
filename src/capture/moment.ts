/** The packet being looked at, as what the sink is told of it: made once per packet, and only if something is told. */
import type { Seen } from '../base/flow.ts';
import type { PacketRecord } from './record.ts';

export class Moment {
  /** Number of the packet, from 1. */
  packet = 0;
  /** Whole Unix seconds of the packet. */
  seconds = 0;
  private record: PacketRecord | null = null;
  private made: Seen | null = null;

  /** Goes on to the packet that stands in `record`. */
  advance(record: PacketRecord): void {
    this.packet++;
    this.seconds = record.unixSeconds;
    this.record = record;
    this.made = null;
  }

  get seen(): Seen {
    this.made ??= this.make();
    return this.made;
  }

  private make(): Seen {
    const { unixSeconds, ticks, resolution } = this.record as PacketRecord;
    return { time: { unixSeconds, ticks, resolution }, packet: this.packet };
  }
}
