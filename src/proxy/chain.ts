/**
 * The stages of one direction in the order in which their faults were armed. A unit goes through all of them; what
 * comes out of the last one goes onward. Sans-IO; what happens is told to the link through the `Exit`.
 */
import type { Message } from '../dissect/message.ts';
import type { FaultBoard } from './board.ts';
import type { ArmedFault } from './faults/armed.ts';
import type { FaultHit, Halt, InFlight, Stage, StageOutput, StageSetup } from './stage.ts';
import type { WireStates } from './wire-states.ts';

/** Where a chain hands over its results. */
export interface Exit {
  deliver(unit: InFlight, now: number): void;
  dropped(unit: InFlight, now: number): void;
  close(output: StageOutput & { kind: 'close' }): void;
  /** A fault has been applied to a message, or to the connection. */
  hit(message: Message | null, hit: FaultHit): void;
}

/** What a chain uses of the link that it belongs to. */
export interface ChainSetup extends Pick<StageSetup, 'dissect' | 'dissectors' | 'direction'> {
  readonly board: FaultBoard;
  readonly states: WireStates;
  readonly halts: Halts;
}

/** What the two chains of a connection share, fault by fault. */
export class Halts {
  private readonly byFault = new WeakMap<ArmedFault, Halt>();

  of(fault: ArmedFault): Halt {
    const known = this.byFault.get(fault) ?? { stopped: false };
    this.byFault.set(fault, known);
    return known;
  }
}

interface Slot {
  readonly fault: ArmedFault;
  readonly stage: Stage;
  /** The time window is open: what it still waits for is a state. */
  open: boolean;
  begun: boolean;
}

export class FaultChain {
  private readonly setup: ChainSetup;
  private readonly exit: Exit;
  private slots: Slot[] = [];
  private version = -1;

  constructor(setup: ChainSetup, exit: Exit) {
    this.setup = setup;
    this.exit = exit;
  }

  /** Whether nothing can happen to a unit: octets may be passed on before they are read. */
  isEmpty(): boolean {
    return this.slots.length === 0;
  }

  /** The same, also after a look at what is armed now. */
  isIdle(): boolean {
    return this.slots.length === 0 && this.setup.board.size === 0;
  }

  /** Makes stages for faults that were armed, and heals those of faults that are gone or have expired. */
  refresh(now: number): void {
    const { board } = this.setup;
    if (board.currentVersion() !== this.version) {
      this.version = board.currentVersion();
      this.adopt();
    }
    if (this.slots.length === 0) return;
    for (const slot of [...this.slots]) {
      if (board.get(slot.fault.id) !== slot.fault || slot.fault.hasExpired(now)) this.heal(slot, now);
      else if (!slot.begun && slot.fault.isOpen(now)) {
        slot.open = true;
        if (slot.fault.hears(this.setup.states)) this.begin(slot, now);
      }
    }
  }

  push(unit: InFlight, now: number): void {
    this.pass(unit, 0, now);
  }

  /** Unix milliseconds of the next `tick`. */
  deadline(): number | undefined {
    let earliest: number | undefined;
    for (const { fault, stage, open } of this.slots) {
      const times = [stage.deadline(), open ? undefined : fault.beginsMillis, fault.endsMillis];
      for (const time of times) if (time !== undefined && !(time >= (earliest ?? Infinity))) earliest = time;
    }
    return earliest;
  }

  tick(now: number): void {
    this.refresh(now);
    for (const [index, slot] of [...this.slots.entries()]) {
      const due = slot.stage.deadline();
      if (due !== undefined && due <= now) this.settle(slot.stage.tick(now), index + 1, now);
    }
  }

  release(id: string, order: readonly number[] | undefined, now: number): boolean {
    const index = this.slots.findIndex(({ fault }) => fault.id === id);
    const stage = this.slots[index]?.stage;
    if (stage?.release === undefined) return false;
    this.settle(stage.release(order, now), index + 1, now);
    return true;
  }

  /** What this fault keeps here and can let go, oldest first. */
  releasable(id: string): readonly InFlight[] {
    return this.slots.find(({ fault }) => fault.id === id)?.stage.releasable?.() ?? [];
  }

  /** Octets that wait in all stages, or in the stages of one fault. */
  held(id?: string): number {
    let octets = 0;
    for (const { fault, stage } of this.slots)
      if (id === undefined || fault.id === id) octets += stage.held();
    return octets;
  }

  blocksReading(): boolean {
    return this.slots.some(({ stage }) => stage.blocksReading?.() === true);
  }

  private adopt(): void {
    const known = new Set(this.slots.map(({ fault }) => fault));
    const { board, halts, direction, dissect, dissectors } = this.setup;
    for (const fault of board.list()) {
      if (known.has(fault) || !fault.covers(direction)) continue;
      const { random, beginsMillis } = fault;
      const halt = halts.of(fault);
      const stage = fault.action.stage(
        { dissect, dissectors, direction, random, beginsMillis, halt },
        fault.spec,
      );
      this.slots.push({ fault, stage, open: false, begun: false });
    }
  }

  private begin(slot: Slot, now: number): void {
    slot.begun = true;
    if (!slot.fault.begins(this.setup.direction) || slot.stage.begin === undefined) return;
    const hit = slot.fault.hit();
    this.exit.hit(null, hit);
    this.settle(slot.stage.begin(hit, now), this.slots.indexOf(slot) + 1, now);
  }

  private heal(slot: Slot, now: number): void {
    const index = this.slots.indexOf(slot);
    const released = slot.stage.heal(now);
    this.slots.splice(index, 1);
    this.settle(released, index, now);
  }

  private pass(first: InFlight, from: number, now: number): void {
    let unit = first;
    for (let index = from; index < this.slots.length; index++) {
      const { fault, stage } = this.slots[index] as Slot;
      const hit = unit.fragment === true ? undefined : fault.judge(unit, stage, this.setup.states, now);
      if (hit !== undefined) this.exit.hit(unit.original ?? unit.message, hit);
      const outputs = stage.push(unit, hit, now);
      const [only] = outputs;
      if (outputs.length !== 1 || only?.kind !== 'forward') {
        this.settle(outputs, index + 1, now);
        return;
      }
      unit = only.unit;
    }
    this.exit.deliver(unit, now);
  }

  private settle(outputs: readonly StageOutput[], next: number, now: number): void {
    for (const output of outputs) {
      if (output.kind === 'forward') this.pass(output.unit, next, now);
      else if (output.kind === 'drop') this.exit.dropped(output.unit, now);
      else this.exit.close(output);
    }
  }
}
