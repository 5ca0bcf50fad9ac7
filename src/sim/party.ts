/** One end of one relationship in a simulated server: the real endpoint, with what it stores, sends and waits for. */
import { type Acceptor, CONNECT_WAIT_MILLIS } from '../failover/acceptor.ts';
import type { EndpointConfig } from '../failover/config.ts';
import { Endpoint } from '../failover/endpoint.ts';
import type { Input, LeaseChange, Output, StoreRecord } from '../failover/io.ts';
import type { Role } from '../failover/machine.ts';
import type { EndpointState } from '../failover/state.ts';
import type { Arrival } from '../server/service.ts';
import type { Checks, ServerView } from './checks.ts';
import type { SimClock } from './clock.ts';
import type { SimDisk } from './disk.ts';
import type { Network } from './network.ts';

/** An answer on its way to a client. */
export interface ClientReply {
  readonly client: number;
  readonly bytes: Uint8Array;
  readonly changes: readonly LeaseChange[];
}

/** What a party needs of the server that it is a part of. */
export interface Host {
  /** A datagram of a client comes in. */
  receive(client: number, datagram: Uint8Array, arrival: Arrival): void;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly localNow: number;
  /** Knows which relationship a connection of the partner in `relationship` asks for (RFC 8156 §6.2). */
  newAcceptor(relationship: number): Acceptor<Party>;
  /** Stores; `done` is called when it is safe, if the process still lives. */
  write(relationship: number, records: readonly StoreRecord[], done: () => void): void;
  /** An answer leaves for a client. */
  answer(reply: ClientReply): void;
  /** `run` happens at `at` (true time), if the process still lives. */
  at(at: number, run: () => void): void;
  after(millis: number, run: () => void): void;
  /** A shutdown in order has come to its end here. */
  partyIsDone(): void;
}

/** What a party needs around it. */
export interface Around {
  readonly checks: Checks;
  network(): Network;
  /** True time, Unix milliseconds. */
  now(): number;
  /** These are on the disk now. */
  stored(records: readonly StoreRecord[]): void;
  /** A new state was entered. */
  entered(state: EndpointState): void;
  trace(text: string): void;
  /** What the partner lets it have unacknowledged. */
  readonly window: number;
}

export class Party {
  /** Index of the relationship. */
  readonly relationship: number;
  readonly role: Role;
  readonly server: Host;
  /** What it is meant to be configured with. */
  readonly right: EndpointConfig;
  /** What it starts with the next time. */
  config: EndpointConfig;
  endpoint: Endpoint<ClientReply> | undefined;
  /** As the checks see it, at any time. */
  readonly view: ServerView;
  private readonly around: Around;
  /** A new connection whose CONNECT is not there yet. */
  private accepting: Acceptor<Party> | undefined;
  /** True time of the tick that is planned. */
  private tickAt = Number.POSITIVE_INFINITY;
  private finished = false;

  constructor(relationship: number, config: EndpointConfig, server: Host, around: Around) {
    this.relationship = relationship;
    this.role = config.role;
    this.right = config;
    this.config = config;
    this.server = server;
    this.around = around;
    this.view = viewOf(this, around.window);
  }

  /** Whether it takes part: false too after a shutdown in order, while the process waits for its other ends. */
  get isUp(): boolean {
    return this.endpoint !== undefined && !this.finished;
  }

  get state(): EndpointState | undefined {
    return this.endpoint?.state;
  }

  start(): void {
    const { server, relationship, config } = this;
    this.tickAt = Number.POSITIVE_INFINITY;
    this.finished = false;
    this.accepting = undefined;
    this.endpoint = new Endpoint<ClientReply>(config, server.disk.load(relationship), server.localNow);
    this.feed({ kind: 'tick' });
  }

  /** The process is gone. */
  stop(): void {
    this.endpoint = undefined;
    this.around.checks.connectionReset(this.role);
  }

  /** The connection that was asked for is there, or for a secondary one that somebody has opened. */
  connected(): void {
    if (this.role === 'primary') {
      this.feed({ kind: 'connected' });
      return;
    }
    const acceptor = this.server.newAcceptor(this.relationship);
    this.accepting = acceptor;
    this.server.after(CONNECT_WAIT_MILLIS, () => {
      if (this.accepting === acceptor) this.refuse();
    });
  }

  bytes(bytes: Uint8Array): void {
    const { accepting } = this;
    if (accepting === undefined) {
      this.feed({ kind: 'bytes', bytes });
      return;
    }
    const admission = accepting.bytes(bytes, this.server.localNow);
    if (admission.kind === 'wait') return;
    if (admission.kind === 'refuse') {
      if (admission.bytes !== undefined) this.around.network().send(this.role, admission.bytes);
      this.refuse();
      return;
    }
    this.accepting = undefined;
    this.around.checks.admitted(this.relationship, admission.endpoint.relationship);
    this.feed({ kind: 'connected' });
    this.feed({ kind: 'bytes', bytes: admission.bytes });
  }

  closed(why: string): void {
    if (this.accepting === undefined) this.feed({ kind: 'closed', why });
    this.accepting = undefined;
  }

  feed(input: Input<ClientReply>): void {
    const { endpoint, around } = this;
    if (endpoint === undefined) return;
    if (input.kind === 'connected' || input.kind === 'closed') around.checks.connectionReset(this.role);
    for (const output of endpoint.handle(input, this.server.localNow)) this.carryOut(output);
    this.planTick();
  }

  /** The service decided changes for a client, which come next. */
  decided(changes: readonly LeaseChange[]): void {
    const { endpoint } = this;
    this.around.checks.decided(this.view, changes, (resource) => endpoint?.clients.find(resource));
  }

  /** After a clock was set: what was planned is planned anew. */
  clockWasSet(): void {
    this.tickAt = Number.POSITIVE_INFINITY;
    if (this.endpoint !== undefined) this.planTick();
  }

  private refuse(): void {
    this.accepting = undefined;
    this.around.network().close(this.role);
  }

  private carryOut(output: Output<ClientReply>): void {
    const { around, role, server } = this;
    switch (output.kind) {
      case 'connect':
        around.network().connect();
        break;
      // Until CONNECT is admitted the endpoint has the connection before, which is gone: nothing of it comes out on the new one.
      case 'send':
        if (this.accepting === undefined) around.network().send(role, output.bytes);
        break;
      case 'close':
        around.checks.connectionReset(role);
        if (this.accepting === undefined) around.network().close(role);
        break;
      case 'persist':
        server.write(this.relationship, output.records, () => {
          around.checks.recorded(role, output.records);
          around.stored(output.records);
          this.feed({ kind: 'stored', token: output.token });
        });
        break;
      case 'reply':
        around.checks.answered(this.view, output.reply.changes, around.now());
        server.answer(output.reply);
        break;
      case 'note':
        around.trace(`${output.text} (${output.section})`);
        if (output.from !== undefined && output.to !== undefined) {
          around.checks.transition(output.from, output.to, role, around.now());
          around.entered(output.to);
        }
        break;
      case 'alarm':
        break;
      case 'done':
        this.finished = true;
        server.partyIsDone();
        break;
    }
  }

  private planTick(): void {
    const deadline = this.endpoint?.deadline();
    if (deadline === undefined) return;
    // Clocks have fractions: a tick that comes a hair too early would come again and again.
    const at = this.server.clock.time(deadline) + 0.01;
    if (at >= this.tickAt) return;
    this.tickAt = at;
    this.server.at(at, () => {
      if (this.tickAt !== at) return;
      this.tickAt = Number.POSITIVE_INFINITY;
      this.feed({ kind: 'tick' });
    });
  }
}

function viewOf(party: Party, maxUnacked: number): ServerView {
  const { role, relationship, server } = party;
  return {
    role,
    maxUnacked,
    get state() {
      return party.state ?? 'STARTUP';
    },
    get localNow() {
      return server.localNow;
    },
    get disk() {
      return server.disk.volume(relationship);
    },
  };
}
