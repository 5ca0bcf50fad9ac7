/**
 * Carries out what one failover endpoint says: sends, stores, closes, lets answers to clients go, and feeds back what
 * became of it. One relationship, at most one connection at a time. The world comes in through the constructor.
 */
import type { Clock } from '../base/clock.ts';
import type { EndpointConfig } from '../failover/config.ts';
import { Endpoint } from '../failover/endpoint.ts';
import type { Input, LeaseChange, Note, OperatorCommand, Output } from '../failover/io.ts';
import type { Lease } from '../failover/lease.ts';
import { TLS_TROUBLE } from './starttls.ts';
import type { LeaseStore } from './store.ts';

/** Commits that we wait for before we read more from the partner: what it sends has to be stored first. */
const UNSTORED_PERSISTS_MAX = 1_000;

/** The connection to the partner, as an endpoint uses it. */
export interface PartnerStream {
  handle(handler: { bytes(bytes: Uint8Array): void; closed(why: string): void }): void;
  send(bytes: Uint8Array): void;
  close(): void;
  abort(why: string): void;
  pause(): void;
  resume(): void;
}

/** What an endpoint's driver needs from the process around it. */
export interface World {
  readonly clock: Clock;
  readonly store: LeaseStore;
  /** Calls `wake` once, about `millis` from now. */
  after(millis: number, wake: () => void): { cancel(): void };
  /** A connection to the partner, secured as configured; rejects with a one-line reason. */
  connect(signal: AbortSignal): Promise<PartnerStream>;
}

/** Timers are not told when the clock is set; so none runs for longer. */
const TIMER_SLICE_MILLIS = 10_000;
/** Transitions and alarms that an endpoint's driver remembers. */
const HISTORY_MAX = 20;

/** A transition or an alarm, and when it was, Unix milliseconds. */
export interface Remembered {
  readonly time: number;
  readonly kind: 'transition' | 'alarm';
  readonly text: string;
  readonly section: string;
}

/** Why the latest attempts to connect have failed. */
export interface Trouble {
  /** Of the first that failed for this reason, Unix milliseconds. */
  readonly since: number;
  readonly attempts: number;
  readonly why: string;
}

/** What happened, for logs, events and views. */
export type EndpointNews =
  | Note
  | { readonly kind: 'alarm'; readonly text: string; readonly section: string }
  /** Stored from now on. */
  | { readonly kind: 'leases'; readonly leases: readonly Lease[] };

/** An answer to a client, ready to go. */
export type SendReply = () => void;

export class EndpointDriver {
  readonly name: string;
  readonly endpoint: Endpoint<SendReply>;
  private readonly world: World;
  private readonly tell: (news: EndpointNews) => void;
  private readonly remembered: Remembered[] = [];
  private stream: PartnerStream | undefined;
  private connecting: AbortController | undefined;
  private timer: { cancel(): void } | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private unstored = 0;
  private paused = false;
  private done: (() => void) | undefined;
  private stopped = false;
  private troubleNow: Trouble | undefined;

  constructor(name: string, config: EndpointConfig, world: World, tell: (news: EndpointNews) => void) {
    this.name = name;
    this.world = world;
    this.tell = tell;
    this.endpoint = new Endpoint<SendReply>(config, world.store.load(name), world.clock.nowMillis());
  }

  start(): void {
    this.feed({ kind: 'tick' });
  }

  /** How the endpoint came to be what it is: the latest transitions and alarms, oldest first. */
  get history(): readonly Remembered[] {
    return this.remembered;
  }

  /** Absent once the partner has said something. */
  get trouble(): Trouble | undefined {
    return this.troubleNow;
  }

  /** Ends everything at once, without a word to the partner: what is stored is stored. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.connecting?.abort();
    this.stream?.close();
    this.done?.();
  }

  /** Tells the partner what is still to be told and that we leave; resolves when that is done. */
  shutDown(): Promise<void> {
    return new Promise((resolve) => {
      this.done = resolve;
      this.operator({ kind: 'shutdown' });
    });
  }

  operator(command: OperatorCommand): void {
    this.feed({ kind: 'operator', command });
  }

  /** Changes for a client; `reply` is called once they are stored. */
  client(changes: readonly LeaseChange[], reply: SendReply): void {
    this.feed({ kind: 'client', changes, reply });
  }

  /** A secondary's connection, chosen by its CONNECT, which is in `first`. It replaces one that is there. */
  accept(stream: PartnerStream, first: Uint8Array): void {
    this.stream?.close();
    this.connected(stream, true);
    this.feed({ kind: 'bytes', bytes: first });
  }

  /** Ends the connection, so that both sides begin anew and exchange what they have not acknowledged. */
  reconnect(): boolean {
    this.stream?.abort('the operator asked for a new connection');
    return this.stream !== undefined;
  }

  /** `spoken`: the partner has said something on it. */
  private connected(stream: PartnerStream, spoken = false): void {
    this.stream = stream;
    this.paused = false;
    this.feed({ kind: 'connected' });
    let heard = spoken;
    stream.handle({
      bytes: (bytes) => {
        if (this.stream !== stream) return;
        this.troubleNow = undefined;
        heard = true;
        this.feed({ kind: 'bytes', bytes });
      },
      closed: (why) => {
        if (this.stream !== stream) return;
        this.stream = undefined;
        if (!heard) this.failed(why);
        this.feed({ kind: 'closed', why });
      },
    });
  }

  private feed(input: Input<SendReply>): void {
    if (this.stopped) return;
    for (const output of this.endpoint.handle(input, this.world.clock.nowMillis())) this.carryOut(output);
    this.arm();
  }

  private carryOut(output: Output<SendReply>): void {
    switch (output.kind) {
      case 'connect':
        this.connect();
        return;
      case 'send':
        this.stream?.send(output.bytes);
        return;
      case 'close':
        this.connecting?.abort();
        this.stream?.close();
        this.stream = undefined;
        return;
      case 'persist':
        this.persist(output);
        return;
      case 'reply':
        output.reply();
        return;
      case 'done':
        this.done?.();
        return;
      case 'alarm':
      case 'note':
        this.remember(output);
        this.tell(output);
        return;
    }
  }

  private remember({ kind, text, section, ...note }: Extract<Output, { kind: 'note' | 'alarm' }>): void {
    if (kind === 'note' && !('event' in note && note.event === 'transition')) return;
    const time = this.world.clock.nowMillis();
    this.remembered.push({ time, kind: kind === 'alarm' ? kind : 'transition', text, section });
    if (this.remembered.length > HISTORY_MAX) this.remembered.shift();
  }

  private connect(): void {
    const connecting = new AbortController();
    this.connecting = connecting;
    this.world.connect(connecting.signal).then(
      (stream) => {
        if (connecting.signal.aborted || this.stopped) stream.close();
        else this.connected(stream);
      },
      (error: Error) => {
        if (connecting.signal.aborted) return;
        this.failed(error.message);
        this.feed({ kind: 'closed', why: error.message });
      },
    );
  }

  /** A partner that is away is tried again and again: what is wrong is told once, until it is something else. */
  private failed(why: string): void {
    const now = this.world.clock.nowMillis();
    const { since, attempts } = this.troubleNow?.why === why ? this.troubleNow : { since: now, attempts: 0 };
    this.troubleNow = { since, attempts: attempts + 1, why };
    if (attempts > 0 || this.stopped) return;
    const text = `no connection to the partner: ${why}`;
    if (why.startsWith(TLS_TROUBLE)) this.carryOut({ kind: 'alarm', text, section: '§10' });
    else this.tell({ kind: 'note', event: 'connection', text, section: '§6.1' });
  }

  private persist({ token, records }: Extract<Output, { kind: 'persist' }>): void {
    this.unstored++;
    if (this.unstored > UNSTORED_PERSISTS_MAX && !this.paused) {
      this.paused = true;
      this.stream?.pause();
    }
    this.world.store.save(this.name, records, () => {
      this.unstored--;
      if (this.paused && this.unstored < UNSTORED_PERSISTS_MAX / 2) {
        this.paused = false;
        this.stream?.resume();
      }
      const leases = records.flatMap((record) => (record.kind === 'lease' ? [record.lease] : []));
      if (leases.length > 0) this.tell({ kind: 'leases', leases });
      this.feed({ kind: 'stored', token });
    });
  }

  /** A timer that is due too early does no harm, so one that is armed stays unless it would be late. */
  private arm(): void {
    const deadline = this.endpoint.deadline();
    if (deadline === undefined || deadline >= this.timerAt) return;
    this.timer?.cancel();
    const now = this.world.clock.nowMillis();
    const wait = Math.min(TIMER_SLICE_MILLIS, Math.max(0, deadline - now));
    this.timerAt = now + wait;
    this.timer = this.world.after(wait, () => {
      this.timerAt = Number.POSITIVE_INFINITY;
      this.feed({ kind: 'tick' });
    });
  }
}
