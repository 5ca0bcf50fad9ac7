/**
 * Several relationships in one process: each has its own listening address, secondary, faults, files and counters, and
 * none can disturb another. What is seen of all of them together carries their names. Sockets are behind `start`.
 */

import { suggestion } from '../base/nearest.ts';
import { InputError } from '../base/problem.ts';
import type { SocketAddress } from '../base/socket-address.ts';
import type { FaultView, ProxyEvent, ProxyStats } from './events.ts';
import type { FaultSpec } from './faults/spec.ts';
import type { ProxyHandle } from './handle.ts';
import { type RelationshipSettings, UNNAMED } from './relationship.ts';

export const RELATIONSHIPS_MAX = 64;

/** A proxy that serves one relationship. */
export interface Serving extends ProxyHandle {
  /** Where it listens: the port that the system chose, if it was 0. */
  readonly listening: SocketAddress;
  close(): Promise<void>;
}

export interface GroupSetup {
  /** Begins to serve; `run` counts from 1, so that a relationship that begins again overwrites no file. */
  start(settings: RelationshipSettings, run: number): Promise<Serving>;
  /** Throws InputError for a fault that makes no sense. */
  checkFault(spec: FaultSpec): void;
  /** Unix milliseconds. */
  nowMillis(): number;
}

/** A relationship as lists show it. */
export interface RelationshipView {
  readonly settings: RelationshipSettings;
  /** Where it really listens; absent while it is not served. */
  readonly listening?: SocketAddress;
}

interface Member {
  settings: RelationshipSettings;
  serving: Serving | undefined;
  runs: number;
}

type Listener = (event: ProxyEvent) => void;

/**
 * As one proxy: lists, events and the removal of faults are of all relationships, with ids such as `campus/F1`; what
 * concerns one of them has to say which, as soon as there are several.
 */
export class ProxyGroup implements ProxyHandle {
  private readonly setup: GroupSetup;
  private readonly members = new Map<string, Member>();
  /** What to call in order not to listen any more, by listener and proxy. */
  private readonly listeners = new Map<Listener, Map<Serving, () => void>>();
  /** What is done to relationships is done one after the other. */
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(setup: GroupSetup) {
    this.setup = setup;
  }

  /** Rejects with InputError (name taken, too many) or with what keeps it from listening; then there is none of it. */
  add(settings: RelationshipSettings): Promise<RelationshipView> {
    return this.inTurn(() => this.doAdd(settings));
  }

  /**
   * Serves it with other settings: its connections end, its faults stay armed and count from the beginning. If the new
   * settings cannot be served, it is there and disabled.
   */
  change(
    name: string,
    changed: (settings: RelationshipSettings) => RelationshipSettings,
  ): Promise<RelationshipView> {
    return this.inTurn(() => this.doChange(this.member(name), changed));
  }

  /** Ends its connections and forgets it. */
  remove(name: string): Promise<void> {
    return this.inTurn(async () => {
      const member = this.member(name);
      this.members.delete(name);
      await this.end(member);
    });
  }

  relationships(): readonly RelationshipView[] {
    return [...this.members.values()].map(viewOf);
  }

  /** One of them. Throws InputError if there is none of this name, or if it is not served. */
  of(name: string): ProxyHandle {
    this.member(name);
    const serving = (): Serving => {
      const found = this.member(name).serving;
      if (found === undefined) throw new InputError(`the relationship "${name}" is disabled`);
      return found;
    };
    return {
      subscribe: (listener) =>
        this.subscribe((event) => {
          if ((event.relationship ?? UNNAMED) === name) listener(event);
        }),
      armFault: (spec) => {
        if (spec.relationship !== undefined && spec.relationship !== name)
          throw new InputError(`the fault names the relationship "${spec.relationship}", expected "${name}"`);
        return serving().armFault(spec);
      },
      checkFault: (spec) => this.setup.checkFault(spec),
      removeFault: (id) => this.members.get(name)?.serving?.removeFault(id) ?? false,
      listFaults: () => serving().listFaults(),
      release: (id, order) => serving().release(id, order),
      step: (id) => serving().step(id),
      stats: () => serving().stats(),
    };
  }

  /** Ends everything, for good. */
  close(): Promise<void> {
    this.closed = true;
    return this.inTurn(async () => {
      await Promise.all([...this.members.values()].map((member) => this.end(member)));
    });
  }

  subscribe(listener: Listener): () => void {
    const stops = new Map<Serving, () => void>();
    this.listeners.set(listener, stops);
    for (const { serving } of this.members.values())
      if (serving !== undefined) stops.set(serving, serving.subscribe(listener));
    return () => {
      this.listeners.delete(listener);
      for (const stop of stops.values()) stop();
    };
  }

  armFault(spec: FaultSpec): FaultView {
    const name = spec.relationship ?? this.only();
    return labelled(name)(this.of(name).armFault(spec));
  }

  checkFault(spec: FaultSpec): void {
    this.setup.checkFault(spec);
  }

  removeFault(id: string): boolean {
    const place = this.placeOf(id);
    return place !== undefined && (this.members.get(place.name)?.serving?.removeFault(place.bare) ?? false);
  }

  listFaults(): readonly FaultView[] {
    return [...this.members].flatMap(
      ([name, { serving }]) => serving?.listFaults().map(labelled(name)) ?? [],
    );
  }

  release(id: string, order?: readonly number[]): boolean {
    const place = this.placeOf(id);
    return place !== undefined && this.of(place.name).release(place.bare, order);
  }

  step(id: string): boolean {
    const place = this.placeOf(id);
    return place !== undefined && this.of(place.name).step(place.bare);
  }

  stats(): ProxyStats {
    return this.of(this.only()).stats();
  }

  private async doAdd(settings: RelationshipSettings): Promise<RelationshipView> {
    const { name } = settings;
    if (this.members.has(name)) throw new InputError(`there is already a relationship "${name}"`);
    if (this.members.size >= RELATIONSHIPS_MAX)
      throw new InputError(`at most ${RELATIONSHIPS_MAX} relationships can be served`);
    const member: Member = { settings, serving: undefined, runs: 0 };
    this.members.set(name, member);
    try {
      await this.open(member);
    } catch (error) {
      this.members.delete(name);
      throw error;
    }
    return viewOf(member);
  }

  private async doChange(
    member: Member,
    changed: (settings: RelationshipSettings) => RelationshipSettings,
  ): Promise<RelationshipView> {
    const armed = member.serving?.listFaults().map(respec) ?? member.settings.faults;
    const settings = changed({ ...member.settings, faults: armed });
    await this.end(member);
    member.settings = settings;
    try {
      await this.open(member);
    } catch (error) {
      member.settings = { ...settings, enabled: false };
      throw error;
    }
    return viewOf(member);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }

  private async open(member: Member): Promise<void> {
    if (!member.settings.enabled || this.closed) return;
    const serving = await this.setup.start(member.settings, ++member.runs);
    member.serving = serving;
    for (const [listener, stops] of this.listeners) stops.set(serving, serving.subscribe(listener));
    this.tell(member, 'opened', serving);
  }

  private async end(member: Member): Promise<void> {
    const { serving } = member;
    if (serving === undefined) return;
    member.serving = undefined;
    await serving.close();
    this.tell(member, 'closed', serving);
    for (const stops of this.listeners.values()) {
      stops.get(serving)?.();
      stops.delete(serving);
    }
  }

  private tell({ settings }: Member, what: 'opened' | 'closed', { listening }: Serving): void {
    if (settings.name === UNNAMED) return;
    const event: ProxyEvent = {
      kind: 'relationship',
      what,
      listening,
      secondary: settings.to,
      relationship: settings.name,
      atMillis: this.setup.nowMillis(),
    };
    for (const listener of this.listeners.keys()) listener(event);
  }

  private member(name: string): Member {
    const member = this.members.get(name);
    if (member !== undefined) return member;
    const hint = suggestion(name, [...this.members.keys()], `expected ${this.names()}`);
    throw new InputError(`there is no relationship "${name}"${hint}`);
  }

  /** The name of the only one. */
  private only(): string {
    const [name, another] = this.members.keys();
    if (name !== undefined && another === undefined) return name;
    throw new InputError(`expected the name of a relationship: ${this.names()}`);
  }

  private names(): string {
    return this.members.size === 0 ? 'none, there is no relationship' : [...this.members.keys()].join(', ');
  }

  /** Relationship and bare id of `campus/F1`, or of `F1` where only one has it; `undefined` where none has. */
  private placeOf(id: string): { readonly name: string; readonly bare: string } | undefined {
    const slash = id.indexOf('/');
    if (slash >= 0) return { name: id.slice(0, slash), bare: id.slice(slash + 1) };
    const having = [...this.members].filter(([, { serving }]) =>
      serving?.listFaults().some((fault) => fault.id === id),
    );
    const [found, another] = having;
    if (found === undefined) return undefined;
    return { name: another === undefined ? found[0] : this.only(), bare: id };
  }
}

function viewOf({ settings, serving }: Member): RelationshipView {
  return { settings, ...(serving === undefined ? {} : { listening: serving.listening }) };
}

function labelled(relationship: string): (view: FaultView) => FaultView {
  return (view) =>
    relationship === UNNAMED ? view : { ...view, id: `${relationship}/${view.id}`, relationship };
}

/** A fault that can be armed again under its name. */
function respec({ id, spec, seed }: FaultView): FaultSpec {
  return { ...spec, id, seed };
}
