/**
 * The messages of a capture, all of them, as places: some thirty octets each, from which a message is read and dissected
 * again when somebody looks at it. The octets themselves are kept by whoever reads the capture.
 */
import type { Frame } from '../base/frame.ts';
import { RecentMap } from '../base/recent-map.ts';
import { type Resolution, type Timestamp, timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import { FAMILY } from '../dissect/message-maker.ts';
import { Column, NumberList } from './columns.ts';
import { KeptConnections, type OctetKeeper } from './kept-connections.ts';
import type { Row, RowStore } from './row-store.ts';

const ROWS_OF_PAGE = 16_384;
/** Rows that stay the same object, so that their trees need not be built for every frame. */
const RECENT_ROWS = 512;
const DIRECTION_BIT = 1;
const RESYNC_BIT = 2;
/** The partner is a request. */
const REPLY_BIT = 4;
const REPEATS_BIT = 8;

/** What a column says where there is nothing to say. */
const NONE = 0xffff_ffff;

/** The columns of some rows. */
class Page {
  readonly places = new Float64Array(ROWS_OF_PAGE);
  readonly lengths = new Uint32Array(ROWS_OF_PAGE);
  readonly seconds = new Column(ROWS_OF_PAGE);
  readonly ticks = new Column(ROWS_OF_PAGE);
  readonly packets = new Uint32Array(ROWS_OF_PAGE);
  /** The index of the request or of the reply; as only one of them can be there, one column is enough. */
  readonly partners = new Uint32Array(ROWS_OF_PAGE).fill(NONE);
  readonly flags = new Uint8Array(ROWS_OF_PAGE);
  /** How many rows there are before that are of another family: what the index is less than the row. */
  readonly others = new Column(ROWS_OF_PAGE);
  readonly connections = new Column(ROWS_OF_PAGE);
  /** Numbers in the lists of resolutions and of versions of TLS. */
  readonly resolutions = new Column(ROWS_OF_PAGE);
  readonly tls = new Column(ROWS_OF_PAGE);
}

export class MessageIndex implements RowStore {
  readonly first = 0;
  total = 0;
  private readonly octets: OctetKeeper;
  private readonly dissect: (frame: Frame, index: number) => Message;
  private readonly pages: Page[] = [];
  private readonly connections: KeptConnections;
  private readonly resolutions = new Known<Resolution>(
    (a, b) => a.ticksPerSecond === b.ticksPerSecond && a.digits === b.digits,
  );
  private readonly tls = new Known<string | undefined>((a, b) => a === b);
  /** By row: what the length prefix said where it lied. */
  private readonly claimed = new Map<number, number>();
  /** By row: times before 1970, after 2106, or in parts of a second that are smaller than its 2^32nd part. */
  private readonly strangeTimes = new Map<number, Timestamp>();
  /** By family: the row of each message. */
  private readonly rows = new Map<string, NumberList>();
  private readonly recent = new RecentMap<number, Row>(RECENT_ROWS);

  constructor(octets: OctetKeeper, dissect: (frame: Frame, index: number) => Message) {
    this.octets = octets;
    this.dissect = dissect;
    this.connections = new KeptConnections(octets);
  }

  add({ message, replyTo, repeats }: Row): void {
    const { frame, index, protocol } = message;
    const number = this.total++;
    const at = number % ROWS_OF_PAGE;
    if (at === 0) this.pages.push(new Page());
    const page = this.page(number);
    const { time, packet } = frame.seen;
    page.places[at] = this.octets.put(frame.bytes, frame.start, frame.end);
    page.lengths[at] = frame.end - frame.start;
    this.putTime(number, time);
    page.packets[at] = packet;
    page.others.set(at, number - index);
    page.connections.set(at, this.connections.put(frame.connection));
    page.tls.set(at, this.tls.numberOf(frame.tls));
    page.flags[at] =
      (frame.direction === 1 ? DIRECTION_BIT : 0) |
      (frame.resync ? RESYNC_BIT : 0) |
      (replyTo === undefined ? 0 : REPLY_BIT) |
      (repeats === true ? REPEATS_BIT : 0);
    if (replyTo !== undefined) page.partners[at] = replyTo;
    if (frame.claimed !== undefined) this.claimed.set(number, frame.claimed);
    this.rowsOf(protocol).push(number);
  }

  at(number: number): Row | undefined {
    if (number < 0 || number >= this.total) return undefined;
    let row = this.recent.get(number);
    if (row === undefined) {
      row = new IndexedRow(this, number, this.message(number));
      this.recent.set(number, row);
    }
    return row;
  }

  numberOf(protocol: Message['protocol'], index: number): number | undefined {
    return this.rowsOf(protocol).at(index);
  }

  answer(protocol: Message['protocol'], index: number, replyIn: number): void {
    const number = this.numberOf(protocol, index);
    if (number !== undefined) this.page(number).partners[number % ROWS_OF_PAGE] = replyIn;
  }

  replyIn(number: number): number | undefined {
    return this.has(number, REPLY_BIT) ? undefined : this.partner(number);
  }

  replyTo(number: number): number | undefined {
    return this.has(number, REPLY_BIT) ? this.partner(number) : undefined;
  }

  repeats(number: number): boolean {
    return this.has(number, REPEATS_BIT);
  }

  time(number: number): Timestamp {
    const strange = this.strangeTimes.get(number);
    if (strange !== undefined) return strange;
    const page = this.page(number);
    const at = number % ROWS_OF_PAGE;
    return {
      unixSeconds: page.seconds.get(at),
      ticks: page.ticks.get(at),
      resolution: this.resolutions.at(page.resolutions.get(at)),
    };
  }

  private putTime(number: number, time: Timestamp): void {
    const { unixSeconds, ticks, resolution } = time;
    if (unixSeconds < 0 || unixSeconds > NONE || ticks > NONE) {
      this.strangeTimes.set(number, time);
      return;
    }
    const page = this.page(number);
    const at = number % ROWS_OF_PAGE;
    page.seconds.set(at, unixSeconds);
    page.ticks.set(at, ticks);
    page.resolutions.set(at, this.resolutions.numberOf(resolution));
  }

  private has(number: number, bit: number): boolean {
    return ((this.page(number).flags[number % ROWS_OF_PAGE] as number) & bit) !== 0;
  }

  private partner(number: number): number | undefined {
    const partner = this.page(number).partners[number % ROWS_OF_PAGE];
    return partner === NONE ? undefined : partner;
  }

  private message(number: number): Message {
    const page = this.page(number);
    const at = number % ROWS_OF_PAGE;
    const flags = page.flags[at] as number;
    const bytes = this.octets.get(page.places[at] as number, page.lengths[at] as number);
    const frame: Frame = {
      connection: this.connections.get(page.connections.get(at)),
      direction: (flags & DIRECTION_BIT) === 0 ? 0 : 1,
      bytes,
      start: 0,
      end: bytes.length,
      seen: { time: this.time(number), packet: page.packets[at] as number },
      // Nobody who looks at rows asks for it.
      streamOffset: 0,
      resync: (flags & RESYNC_BIT) !== 0,
      claimed: this.claimed.get(number),
      tls: this.tls.at(page.tls.get(at)),
    };
    return this.dissect(frame, number - page.others.get(at));
  }

  private page(number: number): Page {
    return this.pages[Math.floor(number / ROWS_OF_PAGE)] as Page;
  }

  private rowsOf(protocol: Message['protocol']): NumberList {
    const family = FAMILY[protocol];
    let rows = this.rows.get(family);
    if (rows === undefined) {
      rows = new NumberList();
      this.rows.set(family, rows);
    }
    return rows;
  }
}

/** What is told of a row when it is asked: its reply may have come since. */
class IndexedRow implements Row {
  readonly message: Message;
  readonly verdict = 'forwarded';
  readonly hits = [];
  private readonly index: MessageIndex;
  private readonly number: number;

  constructor(index: MessageIndex, number: number, message: Message) {
    this.index = index;
    this.number = number;
    this.message = message;
  }

  get replyIn(): number | undefined {
    return this.index.replyIn(this.number);
  }

  get replyTo(): number | undefined {
    return this.index.replyTo(this.number);
  }

  get repeats(): boolean {
    return this.index.repeats(this.number);
  }

  get rttMillis(): number | undefined {
    const { replyTo, message } = this;
    const asked = replyTo === undefined ? undefined : this.index.numberOf(message.protocol, replyTo);
    if (asked === undefined) return undefined;
    return timestampMillis(message.frame.seen.time) - timestampMillis(this.index.time(asked));
  }
}

/** Few values that come again and again, by small numbers. */
class Known<T> {
  private readonly values: T[] = [];
  private readonly same: (a: T, b: T) => boolean;

  constructor(same: (a: T, b: T) => boolean) {
    this.same = same;
  }

  numberOf(value: T): number {
    const number = this.values.findIndex((known) => this.same(known, value));
    return number >= 0 ? number : this.values.push(value) - 1;
  }

  at(number: number): T {
    return this.values[number] as T;
  }
}
