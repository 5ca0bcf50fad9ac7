/**
 * The TCP connection between the two servers of a relationship: in order, late, cut anywhere into chunks, and able to break in the ways
 * in which connections break. The proxy may stand in it, next to whoever sends.
 */

import { readU16 } from '../base/bytes.ts';
import type { Random } from '../base/clock.ts';
import type { Role } from '../failover/machine.ts';
import type { LegPort } from '../proxy/conversation.ts';
import type { FaultSpec } from '../proxy/faults/spec.ts';
import { FrameSplitter } from '../wire/framing.ts';
import type { Schedule } from './schedule.ts';
import type { Stages, TappedConnection } from './stages.ts';
import { otherRole, ROLES } from './topology.ts';

/** What the network does to servers. */
export interface Ends {
  isUp(server: Role): boolean;
  connected(server: Role): void;
  bytes(server: Role, bytes: Uint8Array): void;
  closed(server: Role, why: string): void;
  /** Each whole message, as it leaves and as it arrives, without length prefix. */
  sees(from: Role, message: Uint8Array, when: 'sent' | 'arrived'): void;
}

interface Connection {
  readonly open: Record<Role, boolean>;
  /** From these nothing arrives any more, and nobody notices. */
  readonly silent: Set<Role>;
  readonly lastArrival: Record<Role, number>;
  /** Cuts what reaches a server into messages, for the checks. */
  readonly arriving: Record<Role, FrameSplitter>;
  /** The proxy's part in it. */
  tapped?: TappedConnection;
}

const LATENCY_MIN_MILLIS = 1;
const LATENCY_MAX_MILLIS = 60;
/** How long a connection attempt into the void takes. */
const CONNECT_TIMEOUT_MILLIS = 3000;

export class Network {
  /** Milliseconds that everything takes longer. */
  extraDelay = 0;
  /** What the tap still has to drop. */
  drops: { readonly from: Role; readonly messageType: number; left: number }[] = [];
  private readonly schedule: Schedule;
  private readonly random: Random;
  private readonly ends: Ends;
  private readonly stages: Stages | undefined;
  private connection: Connection | undefined;
  /** Counts attempts of the primary to connect: what becomes of one that it has given up it does not hear. */
  private attempt = 0;
  /** Partitions that last, by whom they silence. */
  private readonly partitions = new Set<readonly Role[]>();
  /** Nothing arrives before this time. */
  private stalledUntil = 0;

  /** `stages`: the proxy that every connection goes through. */
  constructor(schedule: Schedule, random: Random, ends: Ends, stages?: Stages) {
    this.schedule = schedule;
    this.random = random;
    this.ends = ends;
    this.stages = stages;
  }

  /** Nothing arrives for now. */
  get stalled(): boolean {
    return this.schedule.now < this.stalledUntil;
  }

  get partitioned(): boolean {
    return this.partitions.size > 0;
  }

  /** The primary, which alone dials, takes a connection for alive whose other end is gone, until it hears nothing for long. */
  get isDeadUnnoticed(): boolean {
    return this.connection?.open.primary === true && !this.connection.open.secondary;
  }

  /** Everything works again. */
  heal(): void {
    this.partitions.clear();
    this.extraDelay = 0;
    this.stalledUntil = 0;
    this.drops = [];
    this.stages?.removeAll();
  }

  /** The proxy is given a fault; what is returned takes it away again. */
  disturb(fault: FaultSpec): () => void {
    const armed = this.stages?.arm(fault);
    return () => {
      if (armed !== undefined) this.stages?.remove(armed.id);
    };
  }

  /** The primary wants a connection. */
  connect(): void {
    const { ends } = this;
    this.attempt++;
    if (this.partitioned) {
      this.attemptFails('timed out', CONNECT_TIMEOUT_MILLIS);
      return;
    }
    this.ofThisAttempt(this.latency(), () => {
      const up = !this.partitioned && ends.isUp('secondary') && ends.isUp('primary');
      const fault = up ? this.stages?.connecting() : 'refuse';
      if (fault === 'refuse') this.attemptFails('refused', 0);
      else if (fault === 'wait') this.attemptFails('timed out', CONNECT_TIMEOUT_MILLIS);
      else this.establish();
    });
  }

  send(from: Role, bytes: Uint8Array): void {
    const { connection } = this;
    if (connection === undefined || !connection.open[from]) return;
    const all = split(bytes);
    const messages = all.filter((message) => {
      this.ends.sees(from, message, 'sent');
      return !this.isDropped(from, message);
    });
    if (messages.length === 0) return;
    const left = messages.length === all.length ? bytes : join(messages);
    if (connection.tapped === undefined) this.carry(connection, otherRole(from), left);
    else connection.tapped.bytes(from, left);
  }

  /** One end closes; the other hears of it after what was sent. */
  close(from: Role): void {
    const { connection } = this;
    if (from === 'primary') this.attempt++;
    if (connection === undefined || !connection.open[from]) return;
    connection.open[from] = false;
    if (connection.tapped === undefined) this.end(connection, otherRole(from), 'closed');
    else connection.tapped.ended(from);
  }

  /** The process of `server` is gone; its partner is told unless the whole machine went. */
  died(server: Role, silently: boolean): void {
    const { connection } = this;
    if (server === 'primary') this.attempt++;
    if (connection === undefined) return;
    connection.open[server] = false;
    if (silently || this.partitioned) return;
    if (connection.tapped === undefined) this.end(connection, otherRole(server), 'reset');
    else connection.tapped.lost(server, 'reset');
  }

  cut(): void {
    const { connection } = this;
    if (connection === undefined) return;
    this.connection = undefined;
    connection.tapped?.lost('primary', 'lost');
    for (const role of ROLES) {
      if (!connection.open[role]) continue;
      connection.open[role] = false;
      this.ends.closed(role, 'reset');
    }
  }

  halfOpen(): void {
    this.silence(ROLES);
  }

  /** Nothing passes from these, and no connection can be made, until what is returned is called. */
  partition(from: readonly Role[]): () => void {
    const partition = [...from];
    this.partitions.add(partition);
    this.silence(partition);
    return () => this.partitions.delete(partition);
  }

  /** What is sent arrives no sooner than in so long, all of it. */
  stall(millis: number): void {
    this.stalledUntil = Math.max(this.stalledUntil, this.schedule.now + millis);
  }

  private silence(from: readonly Role[]): void {
    for (const role of from) this.connection?.silent.add(role);
  }

  private attemptFails(why: string, afterMillis: number): void {
    this.ofThisAttempt(afterMillis, () => this.ends.closed('primary', why));
  }

  private ofThisAttempt(afterMillis: number, run: () => void): void {
    const { attempt } = this;
    this.schedule.after(afterMillis, () => {
      if (attempt === this.attempt) run();
    });
  }

  private establish(): void {
    const replaced = this.connection;
    const connection: Connection = {
      open: { primary: true, secondary: true },
      silent: new Set(),
      lastArrival: { primary: 0, secondary: 0 },
      arriving: { primary: new FrameSplitter(), secondary: new FrameSplitter() },
    };
    this.connection = connection;
    replaced?.tapped?.lost('primary', 'replaced');
    const port = (server: Role): LegPort => ({
      write: (octets) => {
        this.carry(connection, server, octets);
        return false;
      },
      end: () => this.end(connection, server, 'closed'),
      reset: () => this.end(connection, server, 'reset'),
    });
    if (this.stages !== undefined) {
      connection.tapped = this.stages.open({ primary: port('primary'), secondary: port('secondary') });
    }
    this.ends.connected('secondary');
    this.ends.connected('primary');
  }

  /** What was sent to `to` ends; whoever reads to the end closes its own side. */
  private end(connection: Connection, to: Role, why: string): void {
    if (connection !== this.connection || !connection.open[to]) return;
    this.arrive(connection, to, () => {
      connection.open[to] = false;
      this.ends.closed(to, why);
      connection.tapped?.ended(to);
    });
  }

  private carry(connection: Connection, to: Role, bytes: Uint8Array): void {
    const cutAt = this.random.fraction() < 0.05 ? 1 + this.random.below(bytes.length) : bytes.length;
    if (cutAt === bytes.length) {
      this.arrive(connection, to, () => this.deliver(connection, to, bytes));
      return;
    }
    this.arrive(connection, to, () => this.deliver(connection, to, bytes.subarray(0, cutAt)));
    this.arrive(connection, to, () => this.deliver(connection, to, bytes.subarray(cutAt)));
  }

  private deliver(connection: Connection, to: Role, bytes: Uint8Array): void {
    connection.arriving[to].push(bytes, (octets, start, end) =>
      this.ends.sees(otherRole(to), octets.subarray(start, end), 'arrived'),
    );
    this.ends.bytes(to, bytes);
  }

  private arrive(connection: Connection, to: Role, run: () => void): void {
    const at = Math.max(connection.lastArrival[to], this.schedule.now + this.latency(), this.stalledUntil);
    connection.lastArrival[to] = at;
    this.schedule.at(at, () => {
      if (connection === this.connection && connection.open[to] && !connection.silent.has(otherRole(to)))
        run();
    });
  }

  private isDropped(from: Role, message: Uint8Array): boolean {
    const drop = this.drops.find(
      (one) => one.from === from && one.messageType === message[0] && one.left > 0,
    );
    if (drop === undefined) return false;
    drop.left--;
    return true;
  }

  private latency(): number {
    const spread = LATENCY_MAX_MILLIS - LATENCY_MIN_MILLIS;
    return LATENCY_MIN_MILLIS + spread * this.random.fraction() + this.extraDelay;
  }
}

/** The messages of a chunk that holds whole ones, as every send of an endpoint does. */
function split(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + readU16(bytes, at);
    messages.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return messages;
}

function join(messages: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(messages.reduce((sum, message) => sum + 2 + message.length, 0));
  let at = 0;
  for (const message of messages) {
    whole[at] = message.length >> 8;
    whole[at + 1] = message.length & 255;
    whole.set(message, at + 2);
    at += 2 + message.length;
  }
  return whole;
}
