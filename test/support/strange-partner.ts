/**
 * The other vendor's failover server, played by a test: it says what it is told to and keeps what it hears. It answers
 * nothing by itself but CONTACT with CONTACT, and BNDUPD if it is told to. Octets are those of strange-octets.ts.
 */
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import {
  decodeMessage,
  encodeFrame,
  type In,
  type Out,
  type StrangeMessage,
  since2000,
  text,
  u8,
  u16,
  u32,
} from './strange-octets.ts';

/** RFC 8156 §5.3. */
export const BNDUPD = 24;
export const BNDREPLY = 25;
export const POOLREQ = 26;
export const POOLRESP = 27;
export const UPDREQ = 28;
export const UPDREQALL = 29;
export const UPDDONE = 30;
export const CONNECT = 31;
export const CONNECTREPLY = 32;
export const DISCONNECT = 33;
export const STATE = 34;
export const CONTACT = 35;

/** RFC 8156 §5.5.16. */
export const STATES = [
  'reserved',
  'STARTUP',
  'NORMAL',
  'COMMUNICATIONS-INTERRUPTED',
  'PARTNER-DOWN',
  'POTENTIAL-CONFLICT',
  'RECOVER',
  'RECOVER-WAIT',
  'RECOVER-DONE',
  'RESOLUTION-INTERRUPTED',
  'CONFLICT-DONE',
] as const;
export type StateName = (typeof STATES)[number];

export class StrangePartner {
  readonly heard: StrangeMessage[] = [];
  /** How a BNDUPD is answered at once; `undefined` leaves it to the test. */
  answerUpdates: ((update: StrangeMessage) => readonly Out[] | undefined) | undefined;
  /** Seconds that our clock is ahead. */
  ahead = 0;
  closed = false;
  raw = Buffer.alloc(0);
  private readonly socket: Socket;
  private xid = 0x100;
  private read = 0;
  private watchers: (() => void)[] = [];
  private contact: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (octets: Buffer) => this.take(octets));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      clearInterval(this.contact);
      this.wake();
    });
  }

  static dial(port: number): Promise<StrangePartner> {
    return new Promise((resolve, reject) => {
      const socket = tcpConnect(port, '::1', () => resolve(new StrangePartner(socket)));
      socket.on('error', reject);
    });
  }

  get now(): number {
    return since2000() + this.ahead;
  }

  /** Says CONTACT twice a second, as a partner does that has nothing else to say. */
  keepAlive(): void {
    this.contact = setInterval(() => this.say(CONTACT, []), 500);
  }

  beSilent(): void {
    clearInterval(this.contact);
  }

  /** Sends a message and gives its transaction-id. */
  say(type: number, options: readonly Out[], xid = this.xid++, sent = this.now): number {
    this.octets(encodeFrame(type, xid, sent, options));
    return xid;
  }

  octets(octets: Buffer): void {
    if (!this.closed) this.socket.write(octets);
  }

  state(state: StateName, flags = 1, since = this.now, more: readonly Out[] = []): number {
    return this.say(STATE, [[132, u8(STATES.indexOf(state))], [131, u8(flags)], [133, u32(since)], ...more]);
  }

  /** The next message of this type, of those that were not taken yet; what is before it is passed over. */
  async next(type: number, patience = 4000): Promise<StrangeMessage> {
    return this.until((message) => message.type === type, `type ${type}`, patience);
  }

  async until(
    wanted: (message: StrangeMessage) => boolean,
    what: string,
    patience = 4000,
  ): Promise<StrangeMessage> {
    const end = performance.now() + patience;
    for (;;) {
      while (this.read < this.heard.length) {
        const message = this.heard[this.read++] as StrangeMessage;
        if (wanted(message)) return message;
      }
      const left = end - performance.now();
      if (left <= 0 || this.closed)
        throw new Error(`no message (${what}); ${this.closed ? 'closed; ' : ''}heard ${summary(this.heard)}`);
      await this.something(left);
    }
  }

  /** The next STATE that tells this state. */
  async tells(state: StateName, patience = 4000): Promise<StrangeMessage> {
    return this.until(
      (message) => message.type === STATE && stateIn(message) === state,
      `STATE ${state}`,
      patience,
    );
  }

  /** What came within so many milliseconds, but CONTACT. */
  async hears(millis: number): Promise<readonly StrangeMessage[]> {
    const from = this.read;
    const end = performance.now() + millis;
    while (performance.now() < end && !this.closed) await this.something(end - performance.now());
    this.read = this.heard.length;
    return this.heard.slice(from).filter(({ type }) => type !== CONTACT);
  }

  async closes(patience = 4000): Promise<boolean> {
    const end = performance.now() + patience;
    while (!this.closed && performance.now() < end) await this.something(end - performance.now());
    return this.closed;
  }

  /** Forgets what was heard until now. */
  skip(): void {
    this.read = this.heard.length;
  }

  close(): void {
    this.socket.destroy();
  }

  private take(octets: Buffer): void {
    this.raw = Buffer.concat([this.raw, octets]);
    while (this.raw.length >= 2 && this.raw.length >= 2 + this.raw.readUInt16BE(0)) {
      const end = 2 + this.raw.readUInt16BE(0);
      const message = decodeMessage(this.raw.subarray(2, end));
      this.raw = this.raw.subarray(end);
      this.heard.push(message);
      const answer = message.type === BNDUPD ? this.answerUpdates?.(message) : undefined;
      if (answer !== undefined) this.say(BNDREPLY, answer, message.xid);
    }
    this.wake();
  }

  private wake(): void {
    const watchers = this.watchers;
    this.watchers = [];
    for (const watcher of watchers) watcher();
  }

  private something(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, millis);
      this.watchers.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Waits for a primary that dials. */
export class StrangeListener {
  readonly port: number;
  private readonly server: Server;
  private readonly arrived: StrangePartner[] = [];

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
    server.on('connection', (socket) => this.arrived.push(new StrangePartner(socket)));
  }

  static open(): Promise<StrangeListener> {
    return new Promise((resolve) => {
      const server = createServer();
      server.listen(0, '::1', () => {
        const address = server.address();
        if (address !== null && typeof address === 'object')
          resolve(new StrangeListener(server, address.port));
      });
    });
  }

  async accept(patience = 6000): Promise<StrangePartner> {
    const end = performance.now() + patience;
    for (;;) {
      const partner = this.arrived.shift();
      if (partner !== undefined && !partner.closed) return partner;
      if (performance.now() > end) throw new Error('nobody dialled');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  get waiting(): number {
    return this.arrived.length;
  }

  close(): void {
    this.server.close();
  }
}

export function stateIn(message: StrangeMessage): string {
  return STATES[message.options.find(({ code }) => code === 132)?.fixed[0] ?? 0] ?? 'unknown';
}

/** What CONNECT has in the order of §6.1.1, by name, for a test that leaves out or changes one. */
export function connectOptions(changes: Readonly<Record<string, Out | undefined>> = {}): readonly Out[] {
  const usual: Record<string, Out | undefined> = {
    version: [127, u16(1), u16(0)],
    mclt: [122, u32(30)],
    keepalive: [128, u32(20)],
    unacked: [121, u32(10)],
    name: [130, text('pair')],
    flags: [115, u16(1)],
  };
  return Object.values({ ...usual, ...changes }).filter((option) => option !== undefined);
}

/** The BNDREPLY to an update that takes all of it (§7.6). */
export function accepting(update: StrangeMessage): readonly Out[] {
  return update.options.map((option) => acceptedPart(option)).filter((option) => option !== undefined);
}

function acceptedPart({ code, fixed, inner }: In): Out | undefined {
  const parts = inner.map((option) => acceptedPart(option)).filter((option) => option !== undefined);
  if (code === 45 || code === 3 || code === 4 || code === 25 || code === 5 || code === 26)
    return [code, fixed, ...parts];
  if (code === 1 || code === 114 || code === 134) return [code, fixed];
  return code === 123 ? [124, fixed] : undefined;
}

/** Names by type. */
export const NAMES: readonly string[] = Object.assign(new Array<string>(36).fill(''), {
  [BNDUPD]: 'BNDUPD',
  [BNDREPLY]: 'BNDREPLY',
  [POOLREQ]: 'POOLREQ',
  [POOLRESP]: 'POOLRESP',
  [UPDREQ]: 'UPDREQ',
  [UPDREQALL]: 'UPDREQALL',
  [UPDDONE]: 'UPDDONE',
  [CONNECT]: 'CONNECT',
  [CONNECTREPLY]: 'CONNECTREPLY',
  [DISCONNECT]: 'DISCONNECT',
  [STATE]: 'STATE',
  [CONTACT]: 'CONTACT',
});

/** `CONNECTREPLY STATE(NORMAL)`. */
export function summary(messages: readonly StrangeMessage[]): string {
  return messages
    .filter(({ type }) => type !== CONTACT)
    .map((message) => {
      const code = message.options.find((option) => option.code === 13)?.fixed.readUInt16BE(0);
      const detail =
        message.type === STATE ? `(${stateIn(message)})` : code === undefined ? '' : `(status ${code})`;
      return `${NAMES[message.type] ?? message.type}${detail}`;
    })
    .join(' ');
}
