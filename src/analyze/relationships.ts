/**
 * Both endpoints of a failover relationship as the wire shows them, across reconnections: who is in which state since
 * when, what they agreed on, how far their clocks are apart, how full the window is. A relationship is told by the name
 * that its user gave it and the addresses of its servers, the primary by who dials (RFC 8156 §6).
 */
import type { Connection } from '../base/frame.ts';
import { EPOCH_2000_UNIX_SECONDS } from '../base/time.ts';
import { timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import type { Facts } from '../dissect/message-facts.ts';
import { primaryDirection } from '../dissect/roles.ts';
import { failoverType, MessageType, STATUS_SUCCESS, stateName } from '../dissect/vocabulary.ts';

export type Role = 'primary' | 'secondary';

export function otherRole(role: Role): Role {
  return role === 'primary' ? 'secondary' : 'primary';
}

/** Sent-times over which the skew is averaged. */
const SKEW_SAMPLES = 16;
/** Relationships that are followed; the one that was silent longest goes when another comes. */
const RELATIONSHIPS_MAX = 256;

/** One server as it looked on the wire. Times are Unix milliseconds by the capture's clock. */
export interface EndpointView {
  readonly role: Role;
  /** RFC 8156 §5.5.16 name; `undefined` before its first STATE. */
  state: string | undefined;
  /** Whether its last STATE had the STARTUP flag (§5.5.15). */
  startup: boolean;
  /** When its last change of state was seen. */
  stateSeenMillis: number | undefined;
  /** START_TIME_OF_STATE as it announced it, absolute seconds since 2000. */
  startTimeOfState: number | undefined;
  /** What it announced in CONNECT or CONNECTREPLY; seconds. */
  keepaliveTime: number | undefined;
  maxUnackedBndupd: number | undefined;
  /** When it was last heard: its partner's receive timer runs from here (§6.5). */
  lastHeardMillis: number | undefined;
  /** Its sent-time minus the capture's clock, averaged over its last messages; seconds, positive if it is ahead. */
  skewSeconds: number | undefined;
  /** Its BNDUPDs that were not answered yet. */
  unacked: number;
  /** When it asked for all or missing updates and got no UPDDONE yet. */
  updateSinceMillis: number | undefined;
}

export interface Relationship {
  readonly key: string;
  /** Of the connection that it is on now or was on last. */
  connection: Connection;
  /** OPTION_F_RELATIONSHIP_NAME of the last CONNECT, made readable; empty if it gave none. */
  readonly name: string;
  up: boolean;
  /** Seconds, as the primary said. */
  mclt: number | undefined;
  readonly primary: EndpointView;
  readonly secondary: EndpointView;
  lastMillis: number;
}

export interface StateChange {
  readonly relationship: Relationship;
  readonly role: Role;
  readonly from: string | undefined;
  readonly to: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Followed {
  readonly view: Mutable<Relationship>;
  readonly skew: Readonly<Record<Role, SkewAverage>>;
}

export class Relationships {
  private readonly byKey = new Map<string, Followed>();
  private readonly byFlow = new Map<number, Followed>();

  /** Takes the next message; returns the change of state that it announces. */
  push(message: Message): StateChange | undefined {
    if (!message.protocol.endsWith('failover')) return undefined;
    const followed = this.follow(message.frame.connection);
    const { view } = followed;
    const role = senderRole(message);
    const now = timestampMillis(message.frame.seen.time);
    const endpoint = view[role];
    view.lastMillis = now;
    endpoint.lastHeardMillis = now;
    if (message.sentTime !== null) {
      endpoint.skewSeconds = followed.skew[role].add(message.sentTime, now);
    }
    return this.learn(message, view, endpoint, message.facts(), now);
  }

  /** Takes a message that has answered another: a BNDREPLY frees a place in the window of its receiver. */
  answered(message: Message): void {
    if (failoverType(message) !== MessageType.BNDREPLY) return;
    const view = this.byFlow.get(message.frame.connection.flow.id)?.view;
    const asker = view?.[otherRole(senderRole(message))];
    if (asker !== undefined && asker.unacked > 0) asker.unacked--;
  }

  /** The connection is gone: timers and windows of its endpoints no longer count. */
  down(flowId: number): void {
    const view = this.byFlow.get(flowId)?.view;
    this.byFlow.delete(flowId);
    if (view === undefined || view.connection.flow.id !== flowId) return;
    view.up = false;
    for (const endpoint of [view.primary, view.secondary]) {
      endpoint.unacked = 0;
      endpoint.updateSinceMillis = undefined;
    }
  }

  /**
   * Takes over what somebody else has seen so far, e.g. a proxy that has been there for longer. Windows are counted from
   * here on: the answers to what was sent before cannot be told from others.
   */
  adopt(known: Relationship): void {
    const { key, connection, up, primary, secondary } = known;
    const followed: Followed = {
      view: { ...known, primary: { ...primary, unacked: 0 }, secondary: { ...secondary, unacked: 0 } },
      skew: {
        primary: new SkewAverage(primary.skewSeconds),
        secondary: new SkewAverage(secondary.skewSeconds),
      },
    };
    this.byKey.set(key, followed);
    if (up) this.byFlow.set(connection.flow.id, followed);
  }

  /** All relationships, the longest silent one first. */
  all(): readonly Relationship[] {
    return [...this.byKey.values()].map((followed) => followed.view);
  }

  /** A name for the two servers of a connection, the same after they reconnected. */
  pairOf(connection: Connection): string {
    return this.follow(connection).view.key;
  }

  private follow(connection: Connection): Followed {
    const known = this.byFlow.get(connection.flow.id);
    if (known !== undefined) return known;
    const key = relationshipKey(connection);
    const followed = this.byKey.get(key) ?? newRelationship(key, connection);
    this.byKey.delete(key);
    if (this.byKey.size >= RELATIONSHIPS_MAX) this.forget(this.byKey.keys().next().value as string);
    this.byKey.set(key, followed);
    this.byFlow.delete(followed.view.connection.flow.id);
    this.byFlow.set(connection.flow.id, followed);
    followed.view.connection = connection;
    followed.view.up = true;
    return followed;
  }

  private forget(key: string): void {
    const gone = this.byKey.get(key);
    if (gone !== undefined) this.byFlow.delete(gone.view.connection.flow.id);
    this.byKey.delete(key);
  }

  private learn(
    message: Message,
    view: Mutable<Relationship>,
    endpoint: EndpointView,
    facts: Facts,
    now: number,
  ): StateChange | undefined {
    const partner = view[otherRole(endpoint.role)];
    switch (failoverType(message)) {
      case MessageType.CONNECT:
      case MessageType.CONNECTREPLY:
        connected(view, endpoint, facts);
        if (facts.relationshipName !== undefined) {
          view.name = nameText(message.frame.bytes.subarray(...facts.relationshipName));
        }
        return undefined;
      case MessageType.BNDUPD:
        endpoint.unacked++;
        return undefined;
      case MessageType.UPDREQ:
      case MessageType.UPDREQALL:
        endpoint.updateSinceMillis = now;
        return undefined;
      case MessageType.UPDDONE:
        partner.updateSinceMillis = undefined;
        return undefined;
      case MessageType.STATE:
        return stateAnnounced(view, endpoint, facts, now);
      default:
        return undefined;
    }
  }
}

const decoder = new TextDecoder();

/** Whoever prints it escapes it. */
function nameText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function connected(view: Mutable<Relationship>, endpoint: EndpointView, facts: Facts): void {
  if ((facts.statusCode ?? STATUS_SUCCESS) !== STATUS_SUCCESS) return;
  if (endpoint.role === 'primary' && facts.mclt !== undefined) view.mclt = facts.mclt;
  view.mclt ??= facts.mclt;
  endpoint.keepaliveTime = facts.keepaliveTime ?? endpoint.keepaliveTime;
  endpoint.maxUnackedBndupd = facts.maxUnackedBndupd ?? endpoint.maxUnackedBndupd;
  endpoint.unacked = 0;
}

const STARTUP_FLAG = 2;

function stateAnnounced(
  view: Relationship,
  endpoint: EndpointView,
  facts: Facts,
  now: number,
): StateChange | undefined {
  if (facts.serverState === undefined) return undefined;
  const from = endpoint.state;
  const to = stateName(facts.serverState, view.connection.protocol);
  const startup = ((facts.serverFlags ?? 0) & STARTUP_FLAG) !== 0;
  const changed = from !== to || endpoint.startup !== startup;
  endpoint.state = to;
  endpoint.startup = startup;
  endpoint.startTimeOfState = facts.startTimeOfState;
  if (!changed) return undefined;
  endpoint.stateSeenMillis = now;
  return { relationship: view, role: endpoint.role, from, to };
}

/** Which server sent the message. */
export function senderRole(message: Message): Role {
  const { connection, direction } = message.frame;
  return direction === primaryDirection(connection) ? 'primary' : 'secondary';
}

/** The same for all connections between two servers in these roles. */
export function relationshipKey(connection: Connection): string {
  const [opener, other] = connection.flow.ends;
  const [primary, secondary] = primaryDirection(connection) === 0 ? [opener, other] : [other, opener];
  // On one machine two relationships may have the same addresses.
  return `${connection.relationship ?? ''} ${primary.address} ${secondary.address} ${secondary.port}`;
}

function newRelationship(key: string, connection: Connection): Followed {
  return {
    view: {
      key,
      connection,
      name: '',
      up: true,
      mclt: undefined,
      primary: newEndpoint('primary'),
      secondary: newEndpoint('secondary'),
      lastMillis: 0,
    },
    skew: { primary: new SkewAverage(), secondary: new SkewAverage() },
  };
}

function newEndpoint(role: Role): EndpointView {
  return {
    role,
    state: undefined,
    startup: false,
    stateSeenMillis: undefined,
    startTimeOfState: undefined,
    keepaliveTime: undefined,
    maxUnackedBndupd: undefined,
    lastHeardMillis: undefined,
    skewSeconds: undefined,
    unacked: 0,
    updateSinceMillis: undefined,
  };
}

const MODULUS = 2 ** 32;

/** Moving average of sent-time minus arrival. A sent-time is cut to whole seconds, half a second on average. */
class SkewAverage {
  private readonly samples: number[];

  /** `first`: the average so far, in seconds. */
  constructor(first?: number) {
    this.samples = first === undefined ? [] : [first];
  }

  add(sentTime: number, arrivedMillis: number): number {
    let seconds = sentTime + 0.5 - (arrivedMillis / 1000 - EPOCH_2000_UNIX_SECONDS);
    seconds -= Math.round(seconds / MODULUS) * MODULUS;
    this.samples.push(seconds);
    if (this.samples.length > SKEW_SAMPLES) this.samples.shift();
    let sum = 0;
    for (const sample of this.samples) sum += sample;
    return sum / this.samples.length;
  }
}
