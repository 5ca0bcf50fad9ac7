/** What a proxy sees, as Prometheus text: fed with its events, asked for the whole page. */

import { Exchanges } from '../analyze/exchanges.ts';
import type { Direction } from '../base/flow.ts';
import { secondsBetween, toEpoch2000 } from '../base/time.ts';
import { readFacts } from '../dissect/facts.ts';
import type { Message } from '../dissect/message.ts';
import { statusName } from '../dissect/vocabulary.ts';
import type { FaultView, ProxyEvent, ProxyStats } from './events.ts';

/** Upper ends of the buckets of reply times, in seconds. */
export const REPLY_BUCKETS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];
/** Different status codes that are counted; more are of no use to anybody. */
const STATUS_CODES_MAX = 64;

const DIRECTIONS = ['p>s', 's>p'] as const;
const BNDUPD = 'BNDUPD';
const BNDREPLY = 'BNDREPLY';

export class ProxyMetrics {
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
    else if (event.kind === 'connection-down') {
      this.exchanges.close(event.connection.flow.id);
      this.unanswered.fill(0);
    }
  }

  /** The page. */
  text(stats: ProxyStats, faults: readonly FaultView[]): string {
    return [
      ...family('leasetap_connections_open', 'gauge', [['', stats.connectionsOpen]]),
      ...family('leasetap_connections_total', 'counter', [['', stats.connectionsTotal]]),
      ...family('leasetap_connections_refused_total', 'counter', [['', stats.connectionsRefused]]),
      ...family('leasetap_octets_received_total', 'counter', byDirection(stats.octetsReceived)),
      ...family('leasetap_octets_sent_total', 'counter', byDirection(stats.octetsSent)),
      ...family('leasetap_messages_total', 'counter', Object.entries(stats.messages).map(messageSample)),
      ...family(
        'leasetap_rejects_total',
        'counter',
        [...this.rejects].map(([status, count]) => [`status="${label(status)}"`, count]),
      ),
      ...family('leasetap_bndupd_unanswered', 'gauge', byDirection(this.unanswered)),
      ...family('leasetap_skew_seconds', 'gauge', byDirection(this.skew)),
      ...this.histogram(),
      ...family('leasetap_endpoint_state', 'gauge', states(stats)),
      ...family(
        'leasetap_fault_hits_total',
        'counter',
        [...this.hits].map(([key, count]) => [faultLabels(key), count]),
      ),
      ...family('leasetap_faults_armed', 'gauge', [['', faults.length]]),
      ...family(
        'leasetap_fault_held_octets',
        'gauge',
        faults.map(({ id, heldOctets }) => [`fault="${label(id)}"`, heldOctets]),
      ),
      '',
    ].join('\n');
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
    const { statusCode } = readFacts(message);
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

  private histogram(): string[] {
    const name = 'leasetap_reply_seconds';
    const counts = REPLY_BUCKETS.map((end, index) => `${name}_bucket{le="${end}"} ${this.buckets[index]}`);
    return [
      `# TYPE ${name} histogram`,
      ...counts,
      `${name}_bucket{le="+Inf"} ${this.replies}`,
      `${name}_sum ${this.replySeconds}`,
      `${name}_count ${this.replies}`,
    ];
  }

  private count(map: Map<string, number>, key: string): void {
    map.set(key, (map.get(key) ?? 0) + 1);
  }
}

type Sample = readonly [labels: string, value: number];

function family(name: string, type: 'counter' | 'gauge', samples: readonly Sample[]): string[] {
  if (samples.length === 0) return [];
  return [
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`),
  ];
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

function faultLabels(key: string): string {
  const [fault = '', action = ''] = key.split(' ');
  return `fault="${label(fault)}",action="${label(action)}"`;
}

/** What the text format demands to be escaped. */
function label(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}
