/**
 * Units that wait for their time without overtaking each other: a unit that is late makes all behind it late, as on
 * any TCP connection. For faults that delay, throttle or cut units into parts.
 */
import type { InFlight, Stage, StageOutput } from '../stage.ts';

interface Waiting {
  readonly unit: InFlight;
  readonly dueMillis: number;
}

/** What a unit becomes when its time has come. */
type Leave = (unit: InFlight, now: number) => InFlight;

export class WaitingQueue implements Omit<Stage, 'push'> {
  private readonly waiting: Waiting[] = [];
  private readonly leave: Leave;
  private octets = 0;

  constructor(leave: Leave = (unit) => unit) {
    this.leave = leave;
  }

  /** Adds a unit that may go at `dueMillis` at the earliest; gives out what may go now. */
  add(unit: InFlight, dueMillis: number, now: number): StageOutput[] {
    this.waiting.push({ unit, dueMillis });
    this.octets += unit.octets.length;
    return this.tick(now);
  }

  deadline(): number | undefined {
    return this.waiting[0]?.dueMillis;
  }

  tick(now: number): StageOutput[] {
    const outputs: StageOutput[] = [];
    for (
      let first = this.waiting[0];
      first !== undefined && first.dueMillis <= now;
      first = this.waiting[0]
    ) {
      this.waiting.shift();
      this.octets -= first.unit.octets.length;
      outputs.push({ kind: 'forward', unit: this.leave(first.unit, now) });
    }
    return outputs;
  }

  heal(now: number): StageOutput[] {
    const rest = this.waiting.splice(0);
    this.octets = 0;
    return rest.map(({ unit }) => ({ kind: 'forward', unit: this.leave(unit, now) }));
  }

  held(): number {
    return this.octets;
  }
}
