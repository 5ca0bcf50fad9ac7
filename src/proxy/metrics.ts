/**
 * What a proxy sees, as Prometheus text: fed with its events, asked for the whole page. Where relationships have names,
 * every line has the label `relationship`.
 */

import { Exchanges } from '../analyze/exchanges.ts';
import type { Direction } from '../base/flow.ts';
import { secondsBetween, toEpoch2000 } from '../base/time.ts';
import type { Message } from '../dissect/message.ts';
import { statusName } from '../dissect/vocabulary.ts';
import type { FaultView, ProxyEvent, ProxyStats } from './events.ts';
import type { ProxyGroup } from './group.ts';
import { UNNAMED } from './relationship.ts';

/** Upper ends of the buckets of reply times, in seconds. */
export const REPLY_BUCKETS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];
/** Different status codes that are counted; more are of no use to anybody. */
const STATUS_CODES_MAX = 64;

const DIRECTIONS = ['p>s', 's>p'] as const;
const BNDUPD = 'BNDUPD';
const BNDREPLY = 'BNDREPLY';

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
  text(group: ProxyGroup): string {
    const served = group.relationships().filter(({ listening }) => listening !== undefined);
    return page(
      served.map(({ settings: { name } }) => {
        const proxy = group.of(name);
        const labels = name === UNNAMED ? '' : `relationship="${label(name)}"`;
        return [labels, this.of(name).families(proxy.stats(), proxy.listFaults())];
      }),
    );
  }

  private of(name: string): ProxyMetrics {
    const known = this.byName.get(name) ?? new ProxyMetrics();
    this.byName.set(name, known);
    return known;
  }
}

class ProxyMetrics {
  private readonly exchanges = new Exchanges();
  private readonly rejects = new Map<string, number>();
  private readonly skew: [number | undefined, number | undefined] = [undefined, undefined];
  private readonly unanswered: [number, number] = [0, 0];
  private readonly buckets = REPLY_BUCKETS.map(() => 0);
  private replies = 0;
  private replySeconds = 0;
  private readonly hits = new Map<string, number>();

  event(event: ProxyEvent): void {
    if (event.kind === 'message' && event.verdict !== 'injected')
      this.message(event.message, event.verdict === 'dropped', event.atMillis);
    else if (event.kind === 'fault-hit') this.count(this.hits, `${event.hit.fault} ${event.hit.action}`);
    else if (event.kind === 'connection-down') this.unanswered.fill(0);
  }

  /** What the page says of one relationship. */
  families(stats: ProxyStats, faults: readonly FaultView[]): readonly Family[] {
    return [
      family('leasetap_connections_open', 'gauge', [['', stats.connectionsOpen]]),
      family('leasetap_connections_total', 'counter', [['', stats.connectionsTotal]]),
      family('leasetap_connections_refused_total', 'counter', [['', stats.connectionsRefused]]),
      family('leasetap_octets_received_total', 'counter', byDirection(stats.octetsReceived)),
      family('leasetap_octets_sent_total', 'counter', byDirection(stats.octetsSent)),
      family(
        'leasetap_tls_handshakes_total',
        'counter',
        Object.entries(stats.tlsHandshakes).map((each) => pairSample(each, 'with', 'outcome')),
      ),
      family('leasetap_messages_total', 'counter', Object.entries(stats.messages).map(messageSample)),
      family(
        'leasetap_tls_records_total',
        'counter',
        Object.entries(stats.tlsRecords).map((each) => pairSample(each, 'direction', 'type')),
      ),
      family(
        'leasetap_rejects_total',
        'counter',
        [...this.rejects].map(([status, count]) => [`status="${label(status)}"`, count]),
      ),
      family('leasetap_bndupd_unanswered', 'gauge', byDirection(this.unanswered)),
      family('leasetap_skew_seconds', 'gauge', byDirection(this.skew)),
      this.histogram(),
      family('leasetap_endpoint_state', 'gauge', states(stats)),
      family(
        'leasetap_fault_hits_total',
        'counter',
        [...this.hits].map(([key, count]) => [faultLabels(key), count]),
      ),
      family('leasetap_faults_armed', 'gauge', [['', faults.length]]),
      family(
        'leasetap_fault_held_octets',
        'gauge',
        faults.map(({ id, heldOctets }) => [`fault="${label(id)}"`, heldOctets]),
      ),
    ];
  }

  private message(message: Message, lost: boolean, atMillis: number): void {
    const { direction } = message.frame;
    if (message.sentTime !== null)
      this.skew[direction] = secondsBetween(toEpoch2000(atMillis), message.sentTime);
    const exchange = this.exchanges.push(message);
    if (message.msgName === BNDUPD) this.unanswered[direction]++;
    if (exchange === undefined) return;
    this.observe(exchange.rttMillis / 1000);
    if (message.msgName !== BNDREPLY) return;
    const asked: Direction = direction === 0 ? 1 : 0;
    if (!lost) this.unanswered[asked] = Math.max(0, this.unanswered[asked] - 1);
    const { statusCode } = message.facts();
    if (statusCode !== undefined && statusCode !== 0 && this.rejects.size < STATUS_CODES_MAX)
      this.count(this.rejects, statusName(statusCode));
  }

  private observe(seconds: number): void {
    this.replies++;
    this.replySeconds += seconds;
    REPLY_BUCKETS.forEach((end, index) => {
      if (seconds <= end) this.buckets[index] = (this.buckets[index] ?? 0) + 1;
    });
  }

  private histogram(): Family {
    const name = 'leasetap_reply_seconds';
    const buckets = REPLY_BUCKETS.map((end, index) => [`le="${end}"`, this.buckets[index] ?? 0] as const);
    return {
      name,
      type: 'histogram',
      samples: [
        ...buckets.map(([labels, count]) => [labels, count, '_bucket'] as const),
        ['le="+Inf"', this.replies, '_bucket'],
        ['', this.replySeconds, '_sum'],
        ['', this.replies, '_count'],
      ],
    };
  }

  private count(map: Map<string, number>, key: string): void {
    map.set(key, (map.get(key) ?? 0) + 1);
  }
}

/** `suffix` comes behind the name of the family. */
type Sample = readonly [labels: string, value: number, suffix?: string];

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

function family(name: string, type: Family['type'], samples: readonly Sample[]): Family {
  return { name, type, samples };
}

/** All lines of one name stand together, as the format demands. */
function page(parts: readonly (readonly [labels: string, families: readonly Family[]])[]): string {
  const lines = new Map<string, string[]>();
  for (const [common, families] of parts) {
    for (const { name, type, samples } of families) {
      if (samples.length === 0) continue;
      const together = lines.get(name) ?? [`# TYPE ${name} ${type}`];
      lines.set(name, together);
      for (const [own, value, suffix = ''] of samples) {
        const labels = [common, own].filter((each) => each !== '').join(',');
        together.push(`${name}${suffix}${labels === '' ? '' : `{${labels}}`} ${value}`);
      }
    }
  }
  return `${[...lines.values()].flat().join('\n')}\n`;
}

function byDirection(values: readonly (number | undefined)[]): Sample[] {
  return DIRECTIONS.flatMap((direction, index) => {
    const value = values[index];
    return value === undefined ? [] : [[`direction="${direction}"`, value] as const];
  });
}

function messageSample([key, count]: readonly [string, number]): Sample {
  const [direction = '', type = '', verdict = ''] = key.split(' ');
  return [`direction="${direction}",type="${label(type)}",verdict="${verdict}"`, count];
}

function states({ states: { primary, secondary } }: ProxyStats): Sample[] {
  const known: readonly (readonly [string, string | null])[] = [
    ['primary', primary],
    ['secondary', secondary],
  ];
  return known.flatMap(([who, state]) =>
    state === null ? [] : [[`endpoint="${who}",state="${label(state)}"`, 1] as const],
  );
}

/** A count by a key of two words. */
function pairSample([key, count]: readonly [string, number], first: string, second: string): Sample {
  const [one = '', ...rest] = key.split(' ');
  return [`${first}="${label(one)}",${second}="${label(rest.join(' '))}"`, count];
}

function faultLabels(key: string): string {
  const [fault = '', action = ''] = key.split(' ');
  return `fault="${label(fault)}",action="${label(action)}"`;
}

/** What the text format demands to be escaped. */
function label(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}
