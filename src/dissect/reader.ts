/**
 * From flows to messages: the sink that capture files and live sources feed. It finds by their octets which flows
 * carry which protocol, cuts them into frames, numbers connections and messages, and tells everything else that is
 * worth knowing as notices. Bounded: a flow that is not ours costs nothing after its first octets.
 */
import { readU32 } from '../base/bytes.ts';
import { type Direction, type Flow, type FlowSink, opposite, type Seen, type TlsNews } from '../base/flow.ts';
import type { Connection, ProtocolName } from '../base/frame.ts';
import { DHCPV6_SERVER_PORT } from '../base/ports.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import type { Dissectors } from './compile.ts';
import { ConnectionNumbers } from './connection-numbers.ts';
import { DatagramConnections, datagramProtocol } from './datagrams.ts';
import { dialectShownBy, falseOffsetsOf } from './dialects.ts';
import { type FlowOwner, FlowState } from './flow-state.ts';
import {
  type FrameTests,
  frameTests,
  protocolOfSpeaker,
  REPLY,
  type Speaker,
  STARTTLS,
} from './frame-tests.ts';
import type { CutFrame } from './framing.ts';
import { FLOW_NOTICES_MAX, FLOWS_MAX, WAITING_OCTETS_MAX } from './limits.ts';
import type { Message } from './message.ts';
import { type FrameAtHand, MessageMaker } from './message-maker.ts';
import type { Notice, NoticeKind } from './notice.ts';
import type { DialectFound } from './recognize.ts';
import { rolesTurned, V4Roles } from './v4-roles.ts';
import { WaitingFlows } from './waiting-flows.ts';
import { EMPTY_SPACE } from './walk.ts';

export interface ReaderEvents {
  onMessage(message: Message): void;
  onNotice?(notice: Notice): void;
}

/** Treats a port as one protocol, whatever its octets look like. */
export interface DecodeAs {
  readonly port: number;
  readonly protocol: ProtocolName;
}

export interface ReaderOptions {
  /** Further TCP ports on which failover is expected, so that less proof is wanted there. */
  readonly ports?: readonly number[];
  readonly decodeAs?: readonly DecodeAs[];
  /** A stage before this reader takes TLS off: what comes behind STARTTLS is clear, or does not come. */
  readonly tlsTakenOff?: boolean;
  /**
   * Hands out one message with one frame again and again, overwritten by the next, which is several times as fast.
   * Only for listeners that keep neither; what they read from it they may keep.
   */
  readonly overwrite?: boolean;
  /** What an earlier reading of the same capture has learnt. */
  readonly v4Roles?: V4Roles;
}

const FAILOVER_PORT = 647;
const FAILOVER: readonly Speaker[] = ['dhcpv6-failover', 'dhcpv4-failover'];

/** What is known of a flow: small, because a flood of flows that carry nothing has as many of these. */
class Following {
  /** Of UDP there is none. */
  readonly state: FlowState | undefined;
  readonly forced: ProtocolName | undefined;
  connection: (Connection & { dialect?: string; primaryEnd?: Direction }) | undefined;
  datagrams: DatagramConnections | undefined;
  /** Whether STARTTLS was seen, and the version of TLS that is taken off. */
  tlsAsked = false;
  tlsVersion: string | undefined;
  /** How many notices there were about it. */
  notices = 0;
  private ended: 0 | 1 | 2 | 3 = 0;

  constructor(state: FlowState | undefined, forced: ProtocolName | undefined) {
    this.state = state;
    this.forced = forced;
  }

  /** Both directions have ended. */
  get isOver(): boolean {
    return this.ended === 3;
  }

  /** Whether a direction ends now, and has not before. */
  end(direction: Direction): boolean {
    const bit = direction === 0 ? 1 : 2;
    if ((this.ended & bit) !== 0) return false;
    this.ended |= bit;
    return true;
  }
}

export class MessageReader implements FlowSink {
  private readonly dissectors: Dissectors;
  private readonly events: ReaderEvents;
  private readonly options: ReaderOptions;
  private readonly flows = new Map<Flow, Following>();
  private readonly messages: MessageMaker;
  private readonly v4Roles: V4Roles;
  private readonly numbers = new ConnectionNumbers();
  private readonly owner: FlowOwner;
  private readonly tests: FrameTests;
  private readonly falseOffsets: ReadonlyMap<number, string>;
  /** The flow that was looked up last: hardly any capture changes it with every packet. */
  private lastFlow: Flow | undefined;
  private lastFollowing: Following | undefined;
  private limitTold = false;

  constructor(dissectors: Dissectors, events: ReaderEvents, options: ReaderOptions = {}) {
    this.dissectors = dissectors;
    this.events = events;
    this.options = options;
    this.messages = new MessageMaker(dissectors, options.overwrite === true);
    this.v4Roles = options.v4Roles ?? new V4Roles();
    this.owner = this.makeOwner();
    this.falseOffsets = falseOffsetsOf(dissectors.protocols.get('dhcpv4-failover'));
    this.tests = frameTests(
      (protocol) => dissectors.protocols.get(protocol)?.space ?? EMPTY_SPACE,
      this.falseOffsets,
    );
  }

  open(flow: Flow, seen: Seen, midStream: boolean): void {
    if (this.flows.size >= FLOWS_MAX) this.forgetOldest(seen);
    const forced = this.forcedProtocol(flow);
    const state =
      flow.transport === 'tcp'
        ? new FlowState(flow, seen, midStream, this.expected(flow), this.tests, this.owner)
        : undefined;
    this.flows.set(flow, new Following(state, forced));
    if (state?.expected === FAILOVER) this.numbers.await(state);
    if (state !== undefined && forced !== undefined && forced !== 'dhcpv6') state.force(forced, seen);
  }

  data(flow: Flow, direction: Direction, bytes: Uint8Array, start: number, end: number, seen: Seen): void {
    const following = this.following(flow, seen);
    if (following.state !== undefined) following.state.data(direction, bytes, start, end, seen);
    else this.datagram(following, flow, direction, bytes, start, end, seen);
  }

  gap(flow: Flow, direction: Direction, missing: number, seen: Seen): void {
    const following = this.following(flow, seen);
    following.state?.gap(direction, missing, seen);
    if (following.connection === undefined) return;
    const text = `${missing} octets are missing ${this.towards(flow, direction)}`;
    this.notice('gap', text, flow, seen, { direction, octets: missing });
  }

  close(flow: Flow, direction: Direction, how: 'fin' | 'reset' | 'lost', seen: Seen): void {
    const following = this.flows.get(flow);
    if (following === undefined) return;
    const directions: readonly Direction[] = how === 'fin' ? [direction] : [0, 1];
    for (const ended of directions) {
      if (!following.end(ended)) continue;
      following.state?.finish(ended, seen);
      const octets = following.state?.pending(ended) ?? 0;
      if (octets === 0 || following.connection === undefined) continue;
      const text = `${octets} octets ${this.towards(flow, ended)} are no whole message at the end`;
      this.notice('cut', text, flow, seen, { direction: ended, octets });
    }
    if (!following.isOver) return;
    this.flows.delete(flow);
    this.lastFlow = undefined;
    const { state } = following;
    if (state === undefined) return;
    this.numbers.forget(state);
    state.forget();
  }

  tls(flow: Flow, news: TlsNews, seen: Seen): void {
    const following = this.following(flow, seen);
    const { tlsAsked, state, connection } = following;
    if (news.kind === 'opened') {
      following.tlsVersion = news.version;
      this.notice(
        'decrypted',
        `${this.name(flow)} is ${news.version} (${news.suite}), decrypted`,
        flow,
        seen,
      );
    }
    // What goes on in TLS that nobody expected to be ours is nobody's business.
    if (connection === undefined && (state?.expected.length ?? 0) === 0) return;
    if (news.kind === 'problem') {
      const since = tlsAsked ? 'is TLS from here on (RFC 7653 §8.2)' : 'is not read: it begins with TLS';
      this.notice('encrypted', `${this.name(flow)} ${since}; ${news.message}`, flow, seen);
    } else if (news.kind === 'alert') {
      const text = `TLS alert ${this.towards(flow, news.direction)}: ${news.message}`;
      this.notice('encrypted', text, flow, seen, { direction: news.direction });
    }
  }

  /** What is known of a flow; one that had to be forgotten is met again in the middle. */
  private following(flow: Flow, seen: Seen): Following {
    if (flow !== this.lastFlow && !this.flows.has(flow)) this.open(flow, seen, true);
    return this.known(flow) as Following;
  }

  private known(flow: Flow): Following | undefined {
    if (flow === this.lastFlow) return this.lastFollowing;
    const following = this.flows.get(flow);
    if (following === undefined) return undefined;
    this.lastFollowing = following;
    this.lastFlow = flow;
    return following;
  }

  private forgetOldest(seen: Seen): void {
    const [oldest] = this.flows.keys();
    if (oldest === undefined) return;
    const text = `more than ${FLOWS_MAX} flows at once: those that were opened first are forgotten`;
    if (!this.limitTold) this.notice('limit', text, oldest, seen);
    this.limitTold = true;
    this.close(oldest, 0, 'lost', seen);
  }

  private expected(flow: Flow): readonly Speaker[] {
    const ports = flow.ends.map((end) => end.port);
    if (ports.some((port) => port === FAILOVER_PORT || this.options.ports?.includes(port))) return FAILOVER;
    return ports.includes(DHCPV6_SERVER_PORT) ? ['dhcpv6-leasequery'] : [];
  }

  private forcedProtocol(flow: Flow): ProtocolName | undefined {
    const ports = flow.ends.map((end) => end.port);
    return this.options.decodeAs?.find(({ port }) => ports.includes(port))?.protocol;
  }

  private makeOwner(): FlowOwner {
    return {
      waiting: new WaitingFlows((flow, seen) => {
        const text = `more than ${WAITING_OCTETS_MAX} octets of flows wait for a message, or for the rest of one: what waits for longest is given up`;
        this.notice('limit', text, flow, seen);
      }),
      recognized: (state, speaker, why, dialect, seen) =>
        this.recognized(state, protocolOfSpeaker(speaker), why, dialect, seen),
      frame: (state, direction, cut, seen) => this.frame(state, direction, cut, seen),
      lost: (state, direction, streamOffset, seen) => {
        const text = `octets ${this.towards(state.flow, direction)} are no message from offset ${streamOffset} on`;
        this.notice('undissectable', text, state.flow, seen, { direction, streamOffset });
      },
      found: (state, direction, streamOffset, skipped, seen) => {
        if (streamOffset === 0) return;
        const passed = skipped === 0 ? '' : `, ${skipped} octets passed over`;
        const text = `picked up again at offset ${streamOffset} ${this.towards(state.flow, direction)}${passed}`;
        this.notice('resync', text, state.flow, seen, { direction, octets: skipped, streamOffset });
      },
      windowFull: (state, direction, dropped, seen) => {
        const text = `no message found in ${dropped} octets ${this.towards(state.flow, direction)}`;
        this.notice('undissectable', text, state.flow, seen, { direction, octets: dropped });
      },
      strange: (state, why, encrypted, seen) => {
        const text = `${this.name(state.flow)} is not read: ${why}`;
        this.notice(encrypted ? 'encrypted' : 'undissectable', text, state.flow, seen);
      },
    };
  }

  private recognized(
    state: FlowState,
    protocol: ProtocolName,
    why: string,
    dialect: DialectFound | undefined,
    seen: Seen,
  ): void {
    const { flow, midStream } = state;
    const following = this.flows.get(flow);
    if (following === undefined) return;
    const index = this.numbers.of(state, protocol, seen);
    following.connection = { index, flow, protocol, ...(dialect !== undefined && { dialect: dialect.name }) };
    const title = this.dissectors.protocols.get(protocol)?.title ?? protocol;
    const how = midStream ? `${why}; its beginning was not seen` : why;
    this.notice('connection', `${this.name(flow)} is ${title}: ${how}`, flow, seen, { midStream });
    if (dialect !== undefined) this.notice('dialect', `dialect ${dialect.name}: ${dialect.why}`, flow, seen);
  }

  private dialect(dialect: DialectFound, flow: Flow, seen: Seen): void {
    this.notice('dialect', `${this.name(flow)}: dialect ${dialect.name}: ${dialect.why}`, flow, seen);
  }

  private frame(state: FlowState, direction: Direction, cut: CutFrame, seen: Seen): void {
    const following = this.known(state.flow);
    const connection = following?.connection;
    if (following === undefined || connection === undefined) return;
    const { bytes, start, end } = cut;
    const isV4 = connection.protocol === 'dhcpv4-failover';
    if (isV4 && this.v4Roles.follow(connection, direction, bytes, start, end))
      this.notice('dialect', rolesTurned(connection), state.flow, seen);
    const dialect =
      isV4 && connection.dialect === undefined
        ? dialectShownBy(bytes, start, end, this.falseOffsets)
        : undefined;
    if (dialect !== undefined) connection.dialect = dialect.name;
    const frame = this.messages.frame(connection, direction, bytes, start, end, seen);
    frame.streamOffset = cut.streamOffset;
    frame.resync = cut.resync;
    frame.claimed = cut.claimed;
    // What is said before TLS, and only there, may be read when TLS is open already.
    const before = bytes[start] === STARTTLS || bytes[start] === REPLY;
    frame.tls = before ? undefined : following.tlsVersion;
    const message = this.tell(frame);
    if (isV4 && end - start >= 6) state.lastTime = readU32(bytes, start + 2);
    else if (connection.protocol === 'dhcpv6-failover' && end - start >= 8)
      state.lastTime = readU32(bytes, start + 4);
    if (dialect !== undefined) this.dialect(dialect, state.flow, seen);
    if (message.msgType === STARTTLS) following.tlsAsked = true;
    if (this.options.tlsTakenOff === true) return;
    if (message.msgType === REPLY && following.tlsAsked && !isRefused(message)) {
      const text = `${this.name(state.flow)} is TLS from here on (RFC 7653 §8.2)`;
      this.notice('encrypted', text, state.flow, seen);
      state.ignore();
    }
  }

  private datagram(
    following: Following,
    flow: Flow,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    seen: Seen,
  ): void {
    const protocol = following.forced ?? datagramProtocol(flow, start < end ? bytes[start] : undefined);
    if (protocol === undefined) return;
    following.datagrams ??= new DatagramConnections();
    const connection = following.datagrams.of(flow, protocol, this.numbers.next);
    following.connection = connection;
    this.tell(this.messages.frame(connection, direction, bytes, start, end, seen));
  }

  private tell(frame: FrameAtHand): Message {
    const message = this.messages.message(frame);
    this.events.onMessage(message);
    return message;
  }

  private notice(
    kind: NoticeKind,
    message: string,
    flow: Flow,
    seen: Seen,
    more: Pick<Notice, 'direction' | 'octets' | 'streamOffset' | 'midStream'> = {},
  ): void {
    const following = this.flows.get(flow);
    const connection = following?.connection;
    if (following !== undefined && ++following.notices > FLOW_NOTICES_MAX) {
      if (following.notices > FLOW_NOTICES_MAX + 1) return;
      const last = `${this.name(flow)}: more than ${FLOW_NOTICES_MAX} remarks; further ones are not told`;
      this.events.onNotice?.({ kind: 'limit', message: last, flow, seen });
      return;
    }
    this.events.onNotice?.({
      kind,
      message,
      flow,
      seen,
      ...(connection !== undefined && { connection }),
      ...more,
    });
  }

  private name(flow: Flow): string {
    const [a, b] = flow.ends;
    return `${formatSocketAddress(a)} to ${formatSocketAddress(b)}`;
  }

  private towards(flow: Flow, direction: Direction): string {
    const end = flow.ends[opposite(direction)];
    return `towards ${formatSocketAddress(end)}`;
  }
}

function isRefused(message: Message): boolean {
  const status = message
    .tree()
    .children.find((child) => child.name === 'OPTION_STATUS_CODE')
    ?.fields.find((field) => field.name === 'status-code');
  return status !== undefined && status.value !== 0;
}
