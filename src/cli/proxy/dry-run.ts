/** What faults would have done to the messages of a capture: nothing is changed, only counted. */
import type { Direction } from '../../base/flow.ts';
import { InputError } from '../../base/problem.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import { fileSource } from '../../capture/files.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Message } from '../../dissect/message.ts';
import { ArmedFault } from '../../proxy/faults/armed.ts';
import type { FaultSpec } from '../../proxy/faults/spec.ts';
import type { Stage } from '../../proxy/stage.ts';
import { WireStates } from '../../proxy/wire-states.ts';
import { readMessages } from '../read/messages.ts';

/** Messages named for each fault; the rest is counted. */
const NAMED_MAX = 10;

interface Counted {
  readonly fault: ArmedFault;
  /** By direction. */
  readonly stages: readonly [Stage, Stage];
  hits: number;
  readonly named: string[];
}

class DryRun {
  private readonly specs: readonly FaultSpec[];
  private readonly dissectors: Dissectors;
  private readonly seed: number;
  private readonly states = new WireStates();
  private counted: Counted[] | undefined;

  /** Throws InputError if a fault makes no sense. The faults are armed at the time of the first message. */
  constructor(specs: readonly FaultSpec[], dissectors: Dissectors, seed: number) {
    this.specs = specs;
    this.dissectors = dissectors;
    this.seed = seed;
    this.arm(0);
  }

  push(message: Message): void {
    const now = timestampMillis(message.frame.seen.time);
    const { direction } = message.frame;
    this.counted ??= this.arm(now);
    this.states.follow(message, direction);
    const unit = { original: message, message, octets: message.frame.bytes, arrivedMillis: now, hits: [] };
    for (const each of this.counted) {
      if (!each.fault.covers(direction)) continue;
      if (each.fault.judge(unit, each.stages[direction], this.states, now) === undefined) continue;
      each.hits++;
      if (each.named.length < NAMED_MAX) each.named.push(`#${message.index}`);
    }
  }

  /** One line for each fault. */
  lines(): string[] {
    return (this.counted ?? this.arm(0)).map(({ fault, hits, named }) => {
      const { id, sentence, matched } = fault.view(0);
      const which = hits === 0 ? '' : `: ${named.join(' ')}${hits > named.length ? ' …' : ''}`;
      const itself = fault.actsByItself ? ' (acts by itself, not on messages)' : '';
      return `${id} ${sentence}: would have hit ${hits} of ${matched} matching messages${which}${itself}`;
    });
  }

  private arm(now: number): Counted[] {
    return this.specs.map((spec, index) => {
      const id = spec.id ?? `F${index + 1}`;
      const fault = new ArmedFault(id, spec, spec.seed ?? this.seed, now, this.dissectors);
      return { fault, stages: [this.stage(fault, 0), this.stage(fault, 1)], hits: 0, named: [] };
    });
  }

  /** To be asked what it would take; nothing goes through it. */
  private stage(fault: ArmedFault, direction: Direction): Stage {
    const { random, beginsMillis } = fault;
    const around = { dissectors: this.dissectors, dissect: () => null, halt: { stopped: false } };
    return fault.action.stage({ direction, random, beginsMillis, ...around }, fault.spec);
  }
}

/** Reads the capture and prints one line for each fault. Throws InputError. */
export async function printDryRun(
  path: string,
  specs: readonly FaultSpec[],
  dissectors: Dissectors,
  seed: number,
): Promise<void> {
  if (specs.length === 0) throw new InputError('--dry-run needs a fault (--fault or --faults)');
  const run = new DryRun(specs, dissectors, seed);
  const summary = await readMessages([fileSource(path)], dissectors, {
    onMessage: (message) => run.push(message),
  });
  process.stdout.write(`${run.lines().join('\n')}\n`);
  for (const { damage } of summary.sources)
    if (damage !== null) throw new InputError(`${path}: ${damage.message}; what is behind it is not counted`);
}
