/**
 * The proxy between two simulated servers: the engine of `leasetap proxy`, its chains of stages, conversations and
 * counters, on the world's clock. The network gives it what the servers send, and carries what it sends onward.
 */
import { seededRandom } from '../base/clock.ts';
import type { Direction } from '../base/flow.ts';
import type { SocketAddress } from '../base/socket-address.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { Role } from '../failover/machine.ts';
import type { Conversation, LegPort } from '../proxy/conversation.ts';
import { ProxyEngine } from '../proxy/engine.ts';
import type { FaultView } from '../proxy/events.ts';
import type { FaultSpec } from '../proxy/faults/spec.ts';
import { Keeper } from '../proxy/journal/keeper.ts';
import type { Schedule } from './schedule.ts';

/** A connection that goes through the proxy. */
export interface TappedConnection {
  /** Octets that a server sends; what goes onward is written to the port of the other. */
  bytes(from: Role, octets: Uint8Array): void;
  /** A server has closed its end in order. */
  ended(server: Role): void;
  /** A server's end was lost or reset. */
  lost(server: Role, how: string): void;
}

const DIRECTION: Record<Role, Direction> = { primary: 0, secondary: 1 };
const end = (address: string, port: number): SocketAddress => ({ address, port });
const ENDS = {
  primary: end('2001:db8:f::1', 40_000),
  listening: end('2001:db8:f::a', 647),
  dialling: end('2001:db8:f::a', 40_000),
  secondary: end('2001:db8:f::2', 647),
};

export class Stages {
  readonly engine: ProxyEngine;
  private readonly schedule: Schedule;
  private tickAt = Number.POSITIVE_INFINITY;

  /** `seed`: of faults that come without one. `record` gets the blocks of a recording. */
  constructor(
    schedule: Schedule,
    dissectors: Dissectors,
    seed: number,
    record?: (block: Uint8Array) => void,
  ) {
    this.schedule = schedule;
    this.engine = new ProxyEngine({
      clock: { nowMillis: () => schedule.now },
      random: seededRandom(seed),
      dissectors,
      ...(record && { journal: new Keeper({ dissectors, record }) }),
    });
  }

  /** What a fault does to a new connection: resets it, or leaves it without an answer. */
  connecting(): 'refuse' | 'wait' | undefined {
    return this.engine.connecting()?.how;
  }

  /** A connection is made. `ports` are the proxy's ends towards the servers. */
  open(ports: Record<Role, LegPort>): TappedConnection {
    const { engine } = this;
    const conversation = engine.open(ENDS, [ports.primary, ports.secondary]);
    const then = (act: (conversation: Conversation) => void): void => {
      act(conversation);
      this.planTick();
    };
    this.planTick();
    return {
      bytes: (from, octets) => then((it) => engine.receive(it, DIRECTION[from], octets)),
      ended: (server) => then((it) => engine.senderEnded(it, DIRECTION[server])),
      lost: (server, how) => then((it) => engine.legLost(it, DIRECTION[server], how)),
    };
  }

  arm(spec: FaultSpec): FaultView {
    const view = this.engine.armFault(spec);
    this.planTick();
    return view;
  }

  /** Does nothing if the fault is used up or expired. */
  remove(id: string): void {
    this.engine.removeFault(id);
    this.planTick();
  }

  removeAll(): void {
    for (const { id } of this.engine.listFaults()) this.remove(id);
  }

  private planTick(): void {
    const due = this.engine.deadline();
    if (due === undefined || due >= this.tickAt) return;
    this.tickAt = due;
    this.schedule.at(due, () => {
      if (this.tickAt !== due) return;
      this.tickAt = Number.POSITIVE_INFINITY;
      this.engine.tick();
      this.planTick();
    });
  }
}
