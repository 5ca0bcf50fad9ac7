/**
 * One TLS connection as somebody sees it who has only listened and has its secrets: records of both directions in, the
 * application data inside out. Sans-IO, and nothing that comes in makes it throw: what cannot be opened is told once.
 */
import { toHex } from '../base/bytes.ts';
import type { Direction } from '../base/flow.ts';
import { alertText } from './alerts.ts';
import type { ContinuedSide } from './continued.ts';
import {
  type HandshakeMessage,
  HandshakeReader,
  HandshakeType,
  readClientHello,
  readServerHello,
} from './handshake.ts';
import type { KeyLog, SecretLabel } from './key-log.ts';
import { HANDSHAKE_RECORDS_MAX, KEY_UPDATE_TRIES_MAX } from './limits.ts';
import { type Opened, type Opener, openersTls12, Tls13Opener } from './opener.ts';
import { RecordSearch } from './record-search.ts';
import { ContentType, RECORD_HEADER_OCTETS, RecordCutter, type TlsRecord } from './records.ts';
import { CIPHER_SUITES, type CipherSuite } from './suites.ts';

export interface SessionSink {
  /** Application data; in memory of its own. */
  clear(direction: Direction, octets: Uint8Array): void;
  /** Octets are missing of the application data; about so many. */
  gap(direction: Direction, missing: number): void;
  /** The first record was opened. `version` is `TLSv1.2` or `TLSv1.3`. */
  opened(version: string, suite: string): void;
  /** Why the rest, or a part of it, cannot be read: one phrase, each once for a connection. */
  problem(why: string): void;
  /** One of the two has told the other that something is wrong, e.g. `fatal unknown_ca (48)`. */
  alert(direction: Direction, text: string): void;
}

const TLS12 = 'TLSv1.2';
const TLS13 = 'TLSv1.3';
const NEGOTIATED_ANEW = 'it is negotiated anew, which is not followed';

/** What is agreed when both hellos are there. */
interface Agreed {
  readonly version: typeof TLS12 | typeof TLS13;
  readonly suite: CipherSuite;
  readonly serverRandom: Uint8Array;
}

/** Whose keys a direction uses: those of the handshake, then those of the data; in TLS 1.2 there is one kind. */
type Stage = 'clear' | 'handshake' | 'data';

interface Side {
  readonly records: RecordCutter;
  handshake: HandshakeReader;
  stage: Stage;
  /** Made when the first record of a stage comes, so that its secret may come shortly before. */
  opener: Opener | undefined;
  /** While a record is looked for behind octets that never came. */
  search: RecordSearch | undefined;
  /** Octets of a record that began before we listened. */
  skip: number;
  /** What was sealed before we listened, until the first record that we open. */
  before: ContinuedSide | undefined;
  /** Nothing more of this direction can be read. */
  dead: boolean;
}

/** Of the client and of the server. */
const SECRETS_TLS13: Readonly<Record<'handshake' | 'data', readonly [SecretLabel, SecretLabel]>> = {
  handshake: ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_HANDSHAKE_TRAFFIC_SECRET'],
  data: ['CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0'],
};

export class TlsSession {
  private readonly keys: KeyLog;
  private readonly sink: SessionSink;
  private readonly sides: readonly [Side, Side] = [newSide(), newSide()];
  private client: Direction = 0;
  private clientRandom: Uint8Array | undefined;
  private agreed: Agreed | undefined;
  /** Records of the client that may be early data, for which we have no key: they are passed over. */
  private earlyData: 'none' | 'possible' | 'told' = 'none';
  private told = false;
  private openedTold = false;

  constructor(keys: KeyLog, sink: SessionSink) {
    this.keys = keys;
    this.sink = sink;
  }

  /** Goes on with a connection of which somebody has told how far it had come; before the first octet. */
  continue(client: Direction, sides: readonly [ContinuedSide, ContinuedSide]): void {
    const directions = client === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const [role, direction] of directions.entries()) {
      const { clear } = sides[role as 0 | 1];
      this.records(direction, this.sides[direction], clear, 0, clear.length);
    }
    if (this.agreed === undefined) this.fail([0, 1], 'it was shaking hands when the recording began');
    for (const [role, direction] of directions.entries()) {
      const side = this.sides[direction];
      const before = sides[role as 0 | 1];
      const { left, header, sealed } = before;
      side.skip = left;
      side.records.clear();
      side.records.push(header, 0, header.length);
      if (sealed === 0) continue;
      side.stage = 'data';
      side.before = before;
    }
  }

  /** In-order octets of a direction. */
  push(direction: Direction, bytes: Uint8Array, from: number, end: number): void {
    const side = this.sides[direction];
    if (side.dead) return;
    const start = from + Math.min(side.skip, end - from);
    side.skip -= start - from;
    if (side.search === undefined) this.records(direction, side, bytes, start, end);
    else this.search(direction, side, side.search, bytes.subarray(start, end));
  }

  /** `missing` octets never came. Behind the handshake the next whole record is looked for. */
  gap(direction: Direction, missing: number): void {
    const side = this.sides[direction];
    if (side.dead) return;
    if (side.stage !== 'data' || side.opener === undefined) {
      this.fail([direction], `${missing} octets of the handshake are missing`);
      return;
    }
    side.search = new RecordSearch(side.opener, side.records.pending + missing);
    side.records.clear();
    this.sink.gap(direction, missing);
  }

  private search(direction: Direction, side: Side, search: RecordSearch, bytes: Uint8Array): void {
    const found = search.push(bytes);
    if (found === 'wait') return;
    if (found === 'hopeless') {
      this.fail([direction], 'octets are missing, and behind them no record was found');
      return;
    }
    side.search = undefined;
    this.content(direction, side, found.opened.type, found.opened.octets);
    this.records(direction, side, found.rest, 0, found.rest.length);
  }

  private records(direction: Direction, side: Side, bytes: Uint8Array, start: number, end: number): void {
    const { records, broken } = side.records.push(bytes, start, end);
    for (const record of records) {
      if (!side.dead) this.record(direction, side, record);
    }
    if (broken && !side.dead) this.fail([direction], 'there are octets that are no TLS record');
  }

  private record(direction: Direction, side: Side, record: TlsRecord): void {
    const { type } = record;
    if (type === ContentType.changeCipherSpec) {
      // In TLS 1.3 it says nothing (RFC 8446 §D.4).
      if (this.agreed?.version === TLS12) this.change(side);
      return;
    }
    const sealed =
      side.stage !== 'clear' && (this.agreed?.version === TLS12 || type === ContentType.applicationData);
    if (sealed) this.sealed(direction, side, record);
    else this.content(direction, side, type, record.octets.subarray(RECORD_HEADER_OCTETS));
  }

  /** ChangeCipherSpec of TLS 1.2: what follows in this direction is sealed with new keys. */
  private change(side: Side): void {
    if (side.stage === 'data') this.fail([0, 1], NEGOTIATED_ANEW);
    side.stage = 'data';
  }

  private sealed(direction: Direction, side: Side, record: TlsRecord): void {
    side.opener ??= this.openerOf(direction, side.stage);
    if (side.opener === undefined) return;
    const opened =
      side.before === undefined
        ? side.opener.open(record)
        : this.continued(direction, side, record, side.before);
    if (opened !== undefined) side.before = undefined;
    if (opened === undefined) {
      const early = this.earlyData !== 'none' && direction === this.client && side.stage === 'handshake';
      if (early) this.passEarlyData();
      else
        this.fail(
          [direction],
          'a record does not fit its key: the key log is of another connection, or it was damaged',
        );
      return;
    }
    if (direction === this.client) this.earlyData = 'none';
    this.tellOpened();
    this.content(direction, side, opened.type, opened.octets);
  }

  /**
   * The first record behind others, mostly with the keys of the data, or with those after KeyUpdates, or else still with
   * those of the handshake.
   */
  private continued(
    direction: Direction,
    side: Side,
    record: TlsRecord,
    before: ContinuedSide,
  ): Opened | undefined {
    if (side.opener instanceof Tls13Opener) {
      const updated = openUpdated(side.opener, record, before);
      if (updated !== undefined) {
        side.opener = updated.opener;
        return updated.opened;
      }
    }
    const opened = side.opener && openBehind(side.opener, record, before.sealed);
    if (opened !== undefined || this.agreed?.version !== TLS13) return opened;
    const shaking = this.openerOf(direction, 'handshake');
    const found = shaking && openBehind(shaking, record, before.sealed);
    if (found === undefined) return undefined;
    side.opener = shaking;
    side.stage = 'handshake';
    return found;
  }

  private content(direction: Direction, side: Side, type: number, octets: Uint8Array): void {
    switch (type) {
      case ContentType.handshake: {
        const messages = side.handshake.push(octets);
        if (messages === undefined) this.fail([0, 1], 'a hello is longer than we look at');
        for (const message of messages ?? []) this.handshake(direction, side, message);
        return;
      }
      case ContentType.applicationData:
        if (side.stage === 'data') this.sink.clear(direction, octets);
        else if (this.earlyData !== 'none') this.passEarlyData();
        else this.fail([0, 1], 'there is data before the handshake');
        return;
      case ContentType.alert: {
        const text = alertText(octets);
        if (text !== undefined) this.sink.alert(direction, text);
        return;
      }
      default:
    }
  }

  private handshake(direction: Direction, side: Side, { type, body }: HandshakeMessage): void {
    const { stage, opener } = side;
    if (type === HandshakeType.clientHello) this.failIf(this.clientHello(direction, side, body));
    else if (type === HandshakeType.serverHello) this.failIf(this.serverHello(body));
    else if (this.agreed?.version !== TLS13) return;
    else if (type === HandshakeType.finished && stage === 'handshake') {
      side.stage = 'data';
      side.opener = undefined;
    } else if (type === HandshakeType.keyUpdate && opener instanceof Tls13Opener) side.opener = opener.next();
  }

  /** Why there is no going on. */
  private clientHello(direction: Direction, side: Side, body: Uint8Array): string | undefined {
    if (side.stage !== 'clear') return NEGOTIATED_ANEW;
    const hello = readClientHello(body);
    if (hello === undefined) return 'its ClientHello is cut short';
    this.client = direction;
    this.clientRandom = hello.random;
    this.earlyData = hello.offersEarlyData ? 'possible' : 'none';
    return undefined;
  }

  /** Why there is no going on. */
  private serverHello(body: Uint8Array): string | undefined {
    const hello = readServerHello(body);
    if (hello === undefined) return 'its ServerHello is cut short';
    if (hello.isRetry) return undefined;
    const suite = CIPHER_SUITES.get(hello.suite);
    const { version } = hello;
    if (version !== TLS12 && version !== TLS13) {
      return `${version ?? 'a version that we do not know'} is not read, only ${TLS12} and ${TLS13}`;
    }
    if (suite === undefined) {
      const number = hello.suite.toString(16).padStart(4, '0');
      return `cipher suite 0x${number} is not read, only those with AES-GCM or ChaCha20-Poly1305`;
    }
    this.agreed = { version, suite, serverRandom: hello.random };
    if (version === TLS13) for (const side of this.sides) side.stage = 'handshake';
    return undefined;
  }

  private openerOf(direction: Direction, stage: Stage): Opener | undefined {
    const agreed = this.agreed;
    const random = this.clientRandom;
    if (agreed === undefined || stage === 'clear') return undefined;
    if (random === undefined) return this.noKey('its ClientHello was not seen');
    const role = direction === this.client ? 0 : 1;
    const { version, suite, serverRandom } = agreed;
    const label = version === TLS12 ? 'CLIENT_RANDOM' : SECRETS_TLS13[stage][role];
    const secret = this.keys.find(label, random);
    if (secret === undefined) return this.noKey(`no key for client random ${toHex(random)} (${label})`);
    if (version === TLS13) return new Tls13Opener(suite, secret);
    return openersTls12(suite, secret, random, serverRandom)[role];
  }

  private noKey(why: string): undefined {
    this.fail([0, 1], why);
  }

  private tellOpened(): void {
    if (this.openedTold || this.agreed === undefined) return;
    this.openedTold = true;
    this.sink.opened(this.agreed.version, this.agreed.suite.name);
  }

  private failIf(why: string | undefined): void {
    if (why !== undefined) this.fail([0, 1], why);
  }

  /** We have no key for it, and the server may not have taken it either. */
  private passEarlyData(): void {
    if (this.earlyData === 'possible') this.sink.problem('early data of the client is not read');
    this.earlyData = 'told';
  }

  private fail(directions: readonly Direction[], why: string): void {
    for (const direction of directions) {
      this.sides[direction].dead = true;
      this.sides[direction].records.clear();
    }
    this.tell(why);
  }

  private tell(why: string): void {
    if (this.told) return;
    this.told = true;
    this.sink.problem(why);
  }
}

/** The number of a record begins anew behind the handshake, whose records were counted, too. */
function openBehind(opener: Opener, record: TlsRecord, before: number): Opened | undefined {
  for (let number = before; number >= 0 && number >= before - HANDSHAKE_RECORDS_MAX; number--) {
    const opened = opener.open(record, number);
    if (opened !== undefined) return opened;
  }
  return undefined;
}

/**
 * The number of a record begins anew behind each KeyUpdate. Which of the records that look like one are some is not
 * known: most likely all.
 */
function openUpdated(
  opener: Tls13Opener,
  record: TlsRecord,
  { sealed, updates, updatesBefore }: ContinuedSide,
): { readonly opened: Opened; readonly opener: Tls13Opener } | undefined {
  const generations = [opener];
  const most = updatesBefore + updates.length;
  while (generations.length <= Math.min(most, KEY_UPDATE_TRIES_MAX))
    generations.push((generations.at(-1) as Tls13Opener).next());
  let tries = 0;
  for (let last = updates.length - 1; last >= 0; last--) {
    const number = sealed - (updates[last] as number);
    for (let done = updatesBefore + last + 1; done >= 1; done--) {
      const candidate = generations[done];
      if (candidate === undefined || tries++ >= KEY_UPDATE_TRIES_MAX) break;
      const opened = number < 0 ? undefined : candidate.open(record, number);
      if (opened !== undefined) return { opened, opener: candidate };
    }
  }
  return undefined;
}

function newSide(): Side {
  return {
    records: new RecordCutter(),
    handshake: new HandshakeReader(),
    stage: 'clear',
    opener: undefined,
    search: undefined,
    skip: 0,
    before: undefined,
    dead: false,
  };
}
