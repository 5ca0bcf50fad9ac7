/**
 * Plays a scenario in virtual time: the same run, faults, orders and expectations as on a live pair, only that an hour
 * passes in a moment and that the same seed gives the same result. What the servers went through is known here, and not
 * only what they said on the wire.
 */
import { InvariantError } from '../base/invariant.ts';
import type { ScenarioOutput, ScenarioResult } from '../proxy/scenario/run.ts';
import { ScenarioRun } from '../proxy/scenario/run.ts';
import type { Scenario } from '../proxy/scenario/scenario.ts';
import { WHERE_MESSAGES_ARE_FORGED } from './excused.ts';
import { carryOutOrder } from './scenario-orders.ts';
import { type PairSetup, ScenarioPair } from './scenario-pair.ts';
import { forges } from './stages-plan.ts';
import { Violation } from './violation.ts';

export interface ScenarioPlay extends Omit<PairSetup, 'trace'> {
  readonly scenario: Scenario;
  /** Hears what the scenario notes and what the servers go through; seconds from the beginning. */
  readonly tell: (seconds: number, text: string) => void;
}

export interface PlayedScenario {
  readonly result: ScenarioResult;
  /** What the servers went through, in the words of a scenario's `transitions`. */
  readonly transitions: ReadonlySet<string>;
}

/** @throws InputError if the configurations are not those of a pair */
export function playInVirtualTime({ scenario, tell, ...setup }: ScenarioPlay): PlayedScenario {
  const transitions = new Set<string>();
  const run = new ScenarioRun(scenario, setup.seed);
  const pair: ScenarioPair = new ScenarioPair({
    ...setup,
    trace: (text) => {
      const transition = transitionIn(text);
      if (transition !== undefined) transitions.add(transition);
      tell((pair.schedule.now - began) / 1000, text);
    },
  });
  const { schedule } = pair;
  const began = schedule.now;
  const player = new Player(pair, run, (text) => tell((schedule.now - began) / 1000, text));
  try {
    pair.start();
    player.start();
    while (player.result === undefined && schedule.step(Number.POSITIVE_INFINITY));
  } catch (error) {
    if (error instanceof InvariantError || !(error instanceof Error)) throw error;
    const invariant = error instanceof Violation ? error.invariant : 'the engine does not fail';
    player.carryOut(run.broken(invariant, error.message, schedule.now));
  }
  if (player.result === undefined) throw new InvariantError('a scenario ends');
  return { result: withTransitions(player.result, scenario.transitions, transitions), transitions };
}

/** The engine's notes say what it went through and why: `primary NORMAL to …: the partner is in RECOVER (§8.8.2)`. */
function transitionIn(note: string): string | undefined {
  const parts = /^(?:primary|secondary) ([A-Z-]+ to [A-Z-]+): (?:the partner is in ([A-Z-]+))?/.exec(note);
  if (parts === null) return undefined;
  const [, arc, partner] = parts;
  return partner === undefined || arc?.startsWith('STARTUP') ? arc : `${arc}, partner ${partner}`;
}

function withTransitions(
  result: ScenarioResult,
  wanted: readonly string[],
  seen: ReadonlySet<string>,
): ScenarioResult {
  if (wanted.length === 0) return result;
  const { seconds } = result;
  const judgements = wanted.map((expectation) => {
    const ok = seen.has(expectation);
    return { expectation, ok, seconds, detail: ok ? '' : 'it never came' };
  });
  const ok = result.ok && judgements.every((judgement) => judgement.ok);
  return { ...result, ok, phases: [...result.phases, { name: 'transitions', seconds, judgements }] };
}

/** Carries out what the run asks for, one thing after the other and never in the middle of what it is told of. */
class Player {
  result: ScenarioResult | undefined;
  private readonly pair: ScenarioPair;
  private readonly run: ScenarioRun;
  private readonly note: (text: string) => void;
  private readonly orders: string[] = [];
  private ordering = false;

  constructor(pair: ScenarioPair, run: ScenarioRun, note: (text: string) => void) {
    this.pair = pair;
    this.run = run;
    this.note = note;
  }

  start(): void {
    const { pair, run } = this;
    pair.stages.engine.subscribe((event) => this.soon(run.event(event)));
    this.soon(run.start(pair.schedule.now, pair.stages.engine.stats()));
    this.planLook();
  }

  carryOut(outputs: readonly ScenarioOutput[]): void {
    for (const output of outputs) this.act(output);
  }

  private soon(outputs: readonly ScenarioOutput[]): void {
    if (outputs.length > 0) this.pair.schedule.after(0, () => this.carryOut(outputs));
  }

  private planLook(): void {
    const { schedule } = this.pair;
    const due = this.run.deadline(schedule.now);
    if (due === undefined) return;
    schedule.at(due, () => {
      this.carryOut(this.run.tick(schedule.now));
      this.planLook();
    });
  }

  private act(output: ScenarioOutput): void {
    const { stages, excused } = this.pair;
    if (output.kind === 'finished') this.result = output.result;
    else if (output.kind === 'note') this.note(output.text);
    else if (output.kind === 'remove') stages.remove(output.id);
    else if (output.kind === 'order') {
      this.orders.push(output.text);
      this.nextOrder();
    } else {
      if (forges(output.fault.do)) excused.push(...WHERE_MESSAGES_ARE_FORGED);
      stages.arm(output.fault);
    }
  }

  /** One after the other: a server that is to be started has to have stopped. */
  private nextOrder(): void {
    const text = this.ordering ? undefined : this.orders.shift();
    if (text === undefined) return;
    this.ordering = true;
    this.note(`order: ${text}`);
    carryOutOrder(this.pair, text, (why) => {
      this.ordering = false;
      this.soon(this.run.orderEnded(text, why, this.pair.schedule.now));
      this.nextOrder();
    });
  }
}
