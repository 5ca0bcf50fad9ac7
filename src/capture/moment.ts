/** The packet being looked at, as what the sink is told of it: made only if something is told. */
import type { Seen } from '../base/flow.ts';
import { MICROSECONDS, type Resolution } from '../base/timestamp.ts';
import type { PacketRecord } from './record.ts';

export class Moment {
  /** Number of the packet, from 1. */
  packet = 0;
  /** Whole Unix seconds of the packet. */
  seconds = 0;
  private ticks = 0;
  private resolution: Resolution = MICROSECONDS;

  /** Goes on to the packet that stands in `record`. */
  advance(record: PacketRecord): void {
    this.packet++;
    this.seconds = record.unixSeconds;
    this.ticks = record.ticks;
    this.resolution = record.resolution;
  }

  /** Made anew, because what is kept here makes V8 remember where it was put, for more than it takes to make it. */
  get seen(): Seen {
    const { seconds, ticks, resolution, packet } = this;
    return { time: { unixSeconds: seconds, ticks, resolution }, packet };
  }
}
