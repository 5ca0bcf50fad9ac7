/**
 * What a proxy sees, as Prometheus text: fed with its events, asked for the whole page. Where relationships have names,
 * every line has the label `relationship`.
 */
import { type Exchange, Exchanges } from '../analyze/exchanges.ts';
import { opposite } from '../base/flow.ts';
import { secondsBetween, toEpoch2000 } from '../base/time.ts';
import {
  exposition,
  type Family,
  family,
  histogramSamples,
  type Labels,
  labelled,
  type Sample,
} from '../control/exposition.ts';
import type { Message } from '../dissect/message.ts';
import { failoverType, MessageType, STATUS_SUCCESS, statusName } from '../dissect/vocabulary.ts';
import type { FaultView, ProxyEvent, ProxyStats } from './events.ts';
import type { RelationshipView } from './group.ts';
import type { ProxyHandle } from './handle.ts';
import { UNNAMED } from './relationship.ts';
import { countUp } from './tally.ts';
import { DIRECTION_NAMES } from './wire-states.ts';

/** Upper ends of the buckets of reply times, in seconds. */
const REPLY_BUCKETS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];
/** Different kinds of rejections that are counted; more are of no use to anybody. */
const REJECTS_MAX = 64;

interface Shown {
  relationships(): readonly RelationshipView[];
  of(name: string): Pick<ProxyHandle, 'stats' | 'listFaults'>;
}

/** Of all relationships of a process. */
export class GroupMetrics {
  private readonly byName = new Map<string, ProxyMetrics>();

  event(event: ProxyEvent): void {
    this.of(event.relationship ?? UNNAMED).event(event);
  }

  /** A relationship that was removed: its counters go. */
  forget(name: string): void {
    this.byName.delete(name);
  }

  /** The page. */
  text(group: Shown): string {
    const served = group.relationships().filter(({ listening }) => listening !== undefined);
    const families = served.flatMap(({ settings: { name } }) => {
      const proxy = group.of(name);
      const own = this.of(name).families(proxy.stats(), proxy.listFaults());
      return name === UNNAMED ? own : own.map((family) => labelled(family, { relationship: name }));
    });
    return exposition(families);
  }

  private of(name: string): ProxyMetrics {
    const known = this.byName.get(name) ?? new ProxyMetrics();
    this.byName.set(name, known);
    return known;
  }
}

class ProxyMetrics {
  private readonly exchanges = new Exchanges();
  /** By type of the answer and status, e.g. `BNDREPLY ConfigurationConflict`. */
  private readonly rejects = new Map<string, number>();
  private readonly skew: [number | undefined, number | undefined] = [undefined, undefined];
  private readonly unanswered: [number, number] = [0, 0];
  /** By direction: how many BNDUPDs its receiver lets be unanswered. */
  private readonly window: [number | undefined, number | undefined] = [undefined, undefined];
  /** By type of the answer. */
  private readonly replies = new Map<string, ReplySeconds>();
  private readonly hits = new Map<string, number>();

  event(event: ProxyEvent): void {
    if (event.kind === 'message' && event.verdict !== 'injected')
      this.message(event.message, event.verdict === 'dropped', event.atMillis);
    else if (event.kind === 'fault-hit') countUp(this.hits, `${event.hit.fault} ${event.hit.action}`);
    else if (event.kind === 'connection-down') this.unanswered.fill(0);
  }

  /** What the page says of one relationship. */
  families(stats: ProxyStats, faults: readonly FaultView[]): readonly Family[] {
    return [...this.ofTraffic(stats), ...this.ofMeaning(stats), ...this.ofFaults(faults)];
  }

  private ofTraffic(stats: ProxyStats): readonly Family[] {
    const { connectionsOpen, connectionsTotal, connectionsRefused } = stats;
    return [
      family('leasetap_connections_open', 'gauge', 'Connections that are relayed now.', one(connectionsOpen)),
      family(
        'leasetap_connections_total',
        'counter',
        'Connections that were relayed.',
        one(connectionsTotal),
      ),
      family(
        'leasetap_connections_refused_total',
        'counter',
        'Connections that could not be relayed: partner absent, over a limit, refused by a fault.',
        one(connectionsRefused),
      ),
      family(
        'leasetap_octets_received_total',
        'counter',
        'Octets from the sender of a direction.',
        byDirection(stats.octetsReceived),
      ),
      family(
        'leasetap_octets_sent_total',
        'counter',
        'Octets to the receiver of a direction.',
        byDirection(stats.octetsSent),
      ),
      family(
        'leasetap_messages_total',
        'counter',
        'Messages by direction, type and what became of them.',
        counted(stats.messages, ['direction', 'type', 'verdict']),
      ),
      family(
        'leasetap_findings_total',
        'counter',
        'Breaches of RFC 8156 by rule, section and sender of the message.',
        counted(stats.findings, ['rule', 'section', 'sender']),
      ),
      family(
        'leasetap_messages_not_judged_total',
        'counter',
        'Messages that were not judged because there were too many.',
        one(stats.messagesNotJudged),
      ),
      family(
        'leasetap_tls_handshakes_total',
        'counter',
        'TLS handshakes of the proxy with one of the servers.',
        counted(stats.tlsHandshakes, ['with', 'outcome']),
      ),
      family(
        'leasetap_tls_records_total',
        'counter',
        'TLS records that passed unread.',
        counted(stats.tlsRecords, ['direction', 'type']),
      ),
    ];
  }

  private ofMeaning({ states }: ProxyStats): readonly Family[] {
    return [
      family(
        'leasetap_rejects_total',
        'counter',
        'Answers that rejected something, by status code.',
        counted(this.rejects, ['type', 'status']),
      ),
      family(
        'leasetap_updates_unacked',
        'gauge',
        'BNDUPDs of a direction that are not answered.',
        byDirection(this.unanswered),
      ),
      family(
        'leasetap_updates_unacked_max',
        'gauge',
        'BNDUPDs of a direction that its receiver lets be unanswered (MAX_UNACKED_BNDUPD).',
        byDirection(this.window),
      ),
      family(
        'leasetap_skew_seconds',
        'gauge',
        "Clock of the sender of a direction minus the proxy's, by its last message.",
        byDirection(this.skew),
      ),
      family(
        'leasetap_reply_seconds',
        'histogram',
        'Time from a request to its answer, as the proxy sees both.',
        [...this.replies].flatMap(([type, times]) => times.samples(type)),
      ),
      family('leasetap_endpoint_state', 'gauge', '1 for the state that an endpoint announced last.', [
        ...stateSample('primary', states.primary),
        ...stateSample('secondary', states.secondary),
      ]),
    ];
  }

  private ofFaults(faults: readonly FaultView[]): readonly Family[] {
    return [
      family(
        'leasetap_fault_hits_total',
        'counter',
        'Applications of a fault.',
        counted(this.hits, ['fault', 'action']),
      ),
      family('leasetap_faults_armed', 'gauge', 'Faults that are armed now.', one(faults.length)),
      family(
        'leasetap_fault_held_octets',
        'gauge',
        'Octets that a fault holds back now.',
        faults.map(({ id, heldOctets }) => ({ labels: { fault: id }, value: heldOctets })),
      ),
    ];
  }

  private message(message: Message, lost: boolean, atMillis: number): void {
    const { direction } = message.frame;
    const type = failoverType(message);
    if (message.sentTime !== null)
      this.skew[direction] = secondsBetween(toEpoch2000(atMillis), message.sentTime);
    if (type === MessageType.BNDUPD) this.unanswered[direction]++;
    if (type === MessageType.CONNECT || type === MessageType.CONNECTREPLY)
      this.window[opposite(direction)] = message.facts().maxUnackedBndupd ?? this.window[opposite(direction)];
    const exchange = this.exchanges.push(message);
    if (exchange !== undefined) this.answered(exchange, type, lost);
  }

  private answered({ reply, rttMillis }: Exchange, type: number, lost: boolean): void {
    const name = reply.msgName ?? String(reply.msgType);
    const times = this.replies.get(name) ?? new ReplySeconds();
    this.replies.set(name, times);
    times.add(rttMillis / 1000);
    if (type === MessageType.BNDREPLY && !lost) {
      const asked = opposite(reply.frame.direction);
      this.unanswered[asked] = Math.max(0, this.unanswered[asked] - 1);
    }
    const status = reply.statusCode();
    if (status <= STATUS_SUCCESS) return;
    const key = `${name} ${statusName(status, reply.protocol)}`;
    if (this.rejects.has(key) || this.rejects.size < REJECTS_MAX) countUp(this.rejects, key);
  }
}

/** How long answers of one type took. */
class ReplySeconds {
  private readonly counts = REPLY_BUCKETS.map(() => 0);
  private count = 0;
  private sum = 0;

  add(seconds: number): void {
    this.count++;
    this.sum += seconds;
    REPLY_BUCKETS.forEach((end, at) => {
      if (seconds <= end) this.counts[at] = (this.counts[at] ?? 0) + 1;
    });
  }

  samples(type: string): readonly Sample[] {
    const samples = histogramSamples(REPLY_BUCKETS, this.counts, this.sum, this.count);
    return samples.map((sample) => ({ ...sample, labels: { type, ...sample.labels } }));
  }
}

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}

function byDirection(values: readonly (number | undefined)[]): readonly Sample[] {
  return DIRECTION_NAMES.flatMap((direction, index) => {
    const value = values[index];
    return value === undefined ? [] : [{ labels: { direction }, value }];
  });
}

function stateSample(endpoint: string, state: string | null): readonly Sample[] {
  return state === null ? [] : [{ labels: { endpoint, state }, value: 1 }];
}

/** Counts by keys of as many words as there are names; the last one takes the rest. */
function counted(
  counts: Readonly<Record<string, number>> | ReadonlyMap<string, number>,
  names: readonly string[],
): readonly Sample[] {
  const entries = counts instanceof Map ? [...counts] : Object.entries(counts);
  return entries.map(([key, value]) => {
    const words = key.split(' ');
    const last = words.slice(names.length - 1).join(' ');
    const labels: Labels = Object.fromEntries(
      names.map((name, at) => [name, at === names.length - 1 ? last : (words[at] ?? '')]),
    );
    return { labels, value };
  });
}
