/**
 * Plays a scenario: sans-IO, fed with the events of a proxy and the time. Says what to arm, to remove and to order, and
 * judges the expectations. The same run serves a live proxy, the lab and the simulator's virtual time.
 */
import { Analysis } from '../../analyze/analysis.ts';
import type { ProxyEvent, ProxyStats } from '../events.ts';
import type { FaultSpec } from '../faults/spec.ts';
import { judgingEvents } from '../judge/events.ts';
import { Judge } from '../judge/judge.ts';
import { tellJudge } from '../judge/tell.ts';
import { WireStates } from '../wire-states.ts';
import type { Expectation, Scene, Watch } from './expectation.ts';
import type { Phase, Scenario } from './scenario.ts';

export type ScenarioOutput =
  | { readonly kind: 'arm'; readonly fault: FaultSpec }
  | { readonly kind: 'remove'; readonly id: string }
  /** For the operator's hook, e.g. `secondary kill`. */
  | { readonly kind: 'order'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string; readonly alarming: boolean }
  | { readonly kind: 'finished'; readonly result: ScenarioResult };

export interface Judgement {
  readonly expectation: string;
  readonly ok: boolean;
  /** Seconds from the beginning of the phase to the decision; of the run for what is said of all of it. */
  readonly seconds: number;
  /** What was missing; empty if nothing was. */
  readonly detail: string;
}

export interface PhaseResult {
  readonly name: string;
  readonly seconds: number;
  readonly judgements: readonly Judgement[];
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly about: string;
  readonly section: string;
  readonly ok: boolean;
  readonly seed: number;
  readonly seconds: number;
  readonly phases: readonly PhaseResult[];
}

/** How often expectations are looked at that depend on time alone. */
const LOOK_MILLIS = 200;

interface Watched {
  readonly expectation: Expectation;
  /** It is said of the whole run, not of a phase. */
  readonly whole: boolean;
  readonly watch: Watch;
  judgement: Judgement | undefined;
}

export class ScenarioRun {
  private readonly scenario: Scenario;
  private readonly seed: number;
  private readonly phases: readonly Phase[];
  private readonly analysis = new Analysis();
  private readonly states = new WireStates();
  private readonly results: PhaseResult[] = [];
  private readonly always: readonly Watched[];
  private readonly sometimes: readonly Watched[];
  private watched: Watched[] = [];
  private outputs: ScenarioOutput[] = [];
  /** Faults that the next phase goes on with: they have the same `id` there. */
  private readonly kept = new Set<string>();
  /** Judges by itself, where findings are asked for: what it finds is known at once, and in virtual time. */
  private checks: Judge | undefined;
  private readonly asksForFindings: boolean;
  private connectionsOpen = 0;
  private lookedMillis = 0;
  /** The phase does not end before its orders are carried out. */
  private ordersOpen = 0;
  private at = -1;
  private beganMillis = 0;
  private phaseBeganMillis = 0;
  private over = false;

  /** `seed`: of faults without one of their own; told in the report. */
  constructor(scenario: Scenario, seed: number) {
    this.scenario = scenario;
    this.seed = seed;
    const heal: Phase = { name: 'healing', faults: [], orders: [], seconds: 0, expect: scenario.heal };
    this.phases = [...scenario.phases, heal];
    this.always = scenario.always.map((expectation) => begin(expectation, true));
    this.sometimes = scenario.sometimes.map((expectation) => begin(expectation, true));
    const expectations = [...this.phases.flatMap(({ expect }) => expect), ...scenario.always];
    this.asksForFindings = expectations.some(({ asksForFindings }) => asksForFindings);
  }

  /** `before`: what is known of a pair that is already up; it announces nothing anew for our sake. */
  start(now: number, before?: Pick<ProxyStats, 'states' | 'connectionsOpen'>): ScenarioOutput[] {
    this.connectionsOpen = before?.connectionsOpen ?? 0;
    if (this.asksForFindings) this.checks = new Judge({ joinsLate: this.connectionsOpen > 0 });
    if (this.connectionsOpen > 0 && before !== undefined) this.states.assume(before.states);
    this.beganMillis = now;
    this.nextPhase(now);
    return this.take();
  }

  event(event: ProxyEvent): ScenarioOutput[] {
    if (this.over || event.kind === 'finding') return [];
    this.follow(event);
    for (const each of [event, ...this.judged(event)]) this.show(each);
    // Looking at all leases after each of many messages would be most of the work.
    if (event.kind !== 'message' || event.atMillis - this.lookedMillis >= LOOK_MILLIS)
      this.look(event.atMillis);
    return this.take();
  }

  /** Unix milliseconds of the next `tick`. */
  deadline(now: number): number | undefined {
    return this.over ? undefined : now + LOOK_MILLIS;
  }

  tick(now: number): ScenarioOutput[] {
    if (!this.over) this.look(now);
    return this.take();
  }

  /** An order was carried out, or could not be (`why`): then the scenario has failed. */
  orderEnded(text: string, why: string | undefined, now: number): ScenarioOutput[] {
    this.ordersOpen--;
    if (why !== undefined) {
      const judgement = {
        expectation: `order: ${text}`,
        ok: false,
        seconds: this.sincePhase(now),
        detail: why,
      };
      this.watched.push({
        expectation: { text, within: 0, atOnce: false, asksForFindings: false, begin: neverMet },
        whole: false,
        watch: neverMet(),
        judgement,
      });
      this.note(judgement);
    }
    return this.take();
  }

  /** Something that must always hold did not: the scenario has failed, and is over. */
  broken(what: string, detail: string, now: number): ScenarioOutput[] {
    const judgement = { expectation: what, ok: false, seconds: this.sincePhase(now), detail };
    const scene = this.scene(now);
    const judgements = this.watched.map((each) => each.judgement ?? this.decided(each, false, scene));
    const { name } = this.phases[this.at] as Phase;
    this.results.push({ name, seconds: this.sincePhase(now), judgements: [judgement, ...judgements] });
    this.note(judgement);
    this.finish(now);
    return this.take();
  }

  private show(event: ProxyEvent): void {
    for (const { watch } of [...this.watched, ...this.always, ...this.sometimes]) watch.event(event);
  }

  private judged(event: ProxyEvent): readonly ProxyEvent[] {
    if (this.checks === undefined) return [];
    tellJudge(this.checks, event);
    const report = this.checks.take();
    return report === undefined ? [] : judgingEvents(report, event.atMillis);
  }

  private follow(event: ProxyEvent): void {
    if (event.kind === 'message') {
      if (event.verdict === 'injected') return;
      this.analysis.push(event.message, event.verdict !== 'dropped');
      this.states.follow(event.message, event.message.frame.direction);
    } else if (event.kind === 'connection-up') this.connectionsOpen++;
    else if (event.kind === 'connection-down') {
      this.connectionsOpen--;
      if (this.connectionsOpen === 0) this.states.forget();
      this.analysis.closed(event.connection.flow.id);
    }
  }

  private look(now: number): void {
    this.lookedMillis = now;
    const scene = this.scene(now);
    for (const each of this.watched) this.judge(each, scene);
    for (const each of this.always) this.judge(each, scene);
    for (const each of this.sometimes) {
      if (each.judgement === undefined && each.watch.standing(scene) === 'met')
        each.judgement = this.decided(each, true, scene);
    }
    const settled =
      this.ordersOpen === 0 &&
      this.watched.every(
        ({ expectation, judgement }) => judgement !== undefined || expectation.within === undefined,
      );
    const phase = this.phases[this.at];
    if (settled && phase !== undefined && now - this.phaseBeganMillis >= phase.seconds * 1000)
      this.endPhase(now);
  }

  private judge(each: Watched, scene: Scene): void {
    if (each.judgement !== undefined) return;
    const standing = each.watch.standing(scene);
    if (standing === 'met' || standing === 'failed')
      each.judgement = this.decided(each, standing === 'met', scene);
    else if (each.expectation.within !== undefined && this.sincePhase(scene.now) > each.expectation.within) {
      each.judgement = this.decided(each, false, scene);
    }
    if (each.judgement !== undefined) this.note(each.judgement);
  }

  /** What had to stay true has, unless it never was. */
  private atItsEnd(each: Watched, scene: Scene): Judgement {
    return this.decided(each, each.watch.standing(scene) === 'holds', scene);
  }

  private decided({ expectation, watch, whole }: Watched, ok: boolean, scene: Scene): Judgement {
    const detail = ok ? '' : watch.missing(scene);
    const seconds = whole ? this.sinceBeginning(scene.now) : this.sincePhase(scene.now);
    return { expectation: expectation.text, ok, seconds, detail };
  }

  private nextPhase(now: number): void {
    this.at++;
    const phase = this.phases[this.at];
    if (phase === undefined) {
      this.finish(now);
      return;
    }
    this.phaseBeganMillis = now;
    this.watched = phase.expect.map((expectation) => begin(expectation, false));
    this.outputs.push({ kind: 'note', text: `phase ${this.at + 1}: ${phase.name}`, alarming: false });
    const scene = this.scene(now);
    for (const each of this.watched) if (each.expectation.atOnce) this.judge(each, scene);
    phase.faults.forEach((fault, index) => {
      const id = this.idOf(fault, index);
      if (this.kept.delete(id)) return;
      this.outputs.push({ kind: 'arm', fault: { ...fault, id, seed: fault.seed ?? this.seed } });
    });
    for (const text of phase.orders) this.outputs.push({ kind: 'order', text });
    this.ordersOpen = phase.orders.length;
  }

  private endPhase(now: number): void {
    const phase = this.phases[this.at] as Phase;
    const scene = this.scene(now);
    const judgements = this.watched.map((each) => each.judgement ?? this.atItsEnd(each, scene));
    this.results.push({ name: phase.name, seconds: this.sincePhase(now), judgements });
    const next = this.phases[this.at + 1]?.faults.map(({ id }) => id) ?? [];
    phase.faults.forEach((fault, index) => {
      const id = this.idOf(fault, index);
      if (next.includes(id)) this.kept.add(id);
      else this.outputs.push({ kind: 'remove', id });
    });
    this.nextPhase(now);
  }

  private finish(now: number): void {
    this.over = true;
    const scene = this.scene(now);
    this.addWhole(
      'always',
      this.always.map((each) => each.judgement ?? this.atItsEnd(each, scene)),
      now,
    );
    this.addWhole(
      'sometimes',
      this.sometimes.map((each) => each.judgement ?? this.decided(each, false, scene)),
      now,
    );
    const ok = this.results.every(({ judgements }) => judgements.every((judgement) => judgement.ok));
    const { name: scenario, about, section } = this.scenario;
    const seconds = this.sinceBeginning(now);
    this.outputs.push({
      kind: 'finished',
      result: { scenario, about, section, ok, seed: this.seed, seconds, phases: this.results },
    });
  }

  private addWhole(name: string, judgements: readonly Judgement[], now: number): void {
    if (judgements.length > 0) this.results.push({ name, seconds: this.sinceBeginning(now), judgements });
  }

  private idOf(fault: FaultSpec, index: number): string {
    return fault.id ?? `P${this.at + 1}.${index + 1}`;
  }

  private note({ expectation, ok, detail }: Judgement): void {
    const text = ok ? `as expected: ${expectation}` : `not as expected: ${expectation} (${detail})`;
    this.outputs.push({ kind: 'note', text, alarming: !ok });
  }

  private sinceBeginning(now: number): number {
    return (now - this.beganMillis) / 1000;
  }

  private sincePhase(now: number): number {
    // An event may have happened just before the phase of which it decides something.
    return Math.max(0, now - this.phaseBeganMillis) / 1000;
  }

  private scene(now: number): Scene {
    const { analysis, connectionsOpen } = this;
    const states = { primary: this.states.of('primary'), secondary: this.states.of('secondary') };
    return { now, analysis, states, connectionsOpen };
  }

  private take(): ScenarioOutput[] {
    const { outputs } = this;
    this.outputs = [];
    return outputs;
  }
}

function begin(expectation: Expectation, whole: boolean): Watched {
  return { expectation, whole, watch: expectation.begin(), judgement: undefined };
}

function neverMet(): Watch {
  return { event: () => undefined, standing: () => 'failed', missing: () => '' };
}
