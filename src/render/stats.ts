/** Statistics as tables for people and as one JSON object for programs. */
import type { ReplyTimes } from '../analyze/reply-times.ts';
import type { ConnectionStatistics, SkewRange, Statistics } from '../analyze/statistics.ts';
import { type Direction, opposite } from '../base/flow.ts';
import { jsonText } from '../base/json-text.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import { primaryDirection } from '../dissect/roles.ts';
import { statusName } from '../dissect/vocabulary.ts';
import { type Line, span } from './style.ts';
import { tableLines } from './table.ts';
import { durationText } from './words.ts';

/** The name of a message type of a protocol. */
export type TypeNames = (protocol: string, type: number) => string;

/** Minutes of the table per minute; what is left out is said. */
const MINUTES_SHOWN_MAX = 60;

export function statisticsLines(statistics: Statistics, typeName: TypeNames): Line[] {
  const blocks = [
    [totalLine(statistics)],
    ...messageBlocks(statistics, typeName),
    replyTimeBlock(statistics, typeName),
    rejectBlock(statistics),
    connectionBlock(statistics),
    minuteBlock(statistics),
  ].filter((block) => block.length > 0);
  return blocks.flatMap((block, at) => (at === 0 ? block : [[], ...block]));
}

function totalLine(statistics: Statistics): Line {
  const { messages, octets, connections } = statistics;
  const first = Math.min(...connections.map((one) => one.firstMillis));
  const last = Math.max(...connections.map((one) => one.lastMillis));
  const text = `${messages} messages, ${octets} octets, ${connections.length} connections`;
  if (connections.length === 0) return [span(text, 'strong')];
  return [
    span(text, 'strong'),
    span(`, ${dateTime(first)} to ${dateTime(last)} UTC (${durationText(last - first)})`),
  ];
}

function dateTime(millis: number): string {
  return new Date(millis).toISOString().slice(0, 19).replace('T', ' ');
}

/** Counts by type and by who sent: [opener or primary or client, the other]. */
function countsOf(statistics: Statistics, protocol: string): Map<number, [number, number]> {
  const counts = new Map<number, [number, number]>();
  for (const one of statistics.connections) {
    if (one.connection.protocol !== protocol) continue;
    const first = firstDirection(one);
    for (const direction of [0, 1] as const) {
      one.messages[direction].forEach((count, type) => {
        if (count === 0) return;
        const pair = counts.get(type) ?? [0, 0];
        pair[direction === first ? 0 : 1] += count;
        counts.set(type, pair);
      });
    }
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}

function firstDirection(one: ConnectionStatistics): Direction {
  return one.connection.protocol.endsWith('failover') ? primaryDirection(one.connection) : 0;
}

function protocolsOf(statistics: Statistics): string[] {
  return [...new Set(statistics.connections.map((one) => one.connection.protocol))];
}

function messageBlocks(statistics: Statistics, typeName: TypeNames): Line[][] {
  return protocolsOf(statistics).map((protocol) => {
    const failover = protocol.endsWith('failover');
    const rows = [...countsOf(statistics, protocol)].map(([type, [there, back]]) => [
      typeName(protocol, type),
      `${there}`,
      `${back}`,
    ]);
    const columns = [
      { title: protocol, style: 'strong' },
      { title: failover ? 'p>s' : 'there', right: true },
      { title: failover ? 's>p' : 'back', right: true },
    ] as const;
    return tableLines(columns, rows);
  });
}

function replyTimeBlock(statistics: Statistics, typeName: TypeNames): Line[] {
  if (statistics.replyTimes.size === 0) return [];
  const text = (millis: number | undefined): string => (millis === undefined ? '-' : durationText(millis));
  const rows = [...statistics.replyTimes].map(([type, times]) => [
    typeName('dhcpv6-failover', type),
    `${times.count}`,
    ...[times.mean, times.quantile(0.5), times.quantile(0.95), times.quantile(0.99), times.most].map(text),
  ]);
  const right = (title: string) => ({ title, right: true });
  const columns = [
    { title: 'reply times', style: 'strong' } as const,
    ...['count', 'mean', 'p50', 'p95', 'p99', 'most'].map(right),
  ];
  return tableLines(columns, rows);
}

function rejectBlock(statistics: Statistics): Line[] {
  if (statistics.rejects.size === 0) return [];
  const rows = [...statistics.rejects].flatMap(([protocol, counts]) =>
    [...counts]
      .sort(([a], [b]) => a - b)
      .map(([code, count]) => [statusName(code, protocol), `${code}`, `${count}`]),
  );
  const columns = [
    { title: 'rejections', style: 'bad' },
    { title: 'code', right: true },
    { title: 'count', right: true },
  ] as const;
  return tableLines(columns, rows);
}

function connectionBlock(statistics: Statistics): Line[] {
  const rows = statistics.connections.map((one) => {
    const first = firstDirection(one);
    const other = opposite(first);
    const { dialect, flow } = one.connection;
    const [opener, listener] = flow.ends;
    const sum = (direction: Direction): number =>
      one.messages[direction].reduce((total, count) => total + count, 0);
    return [
      `${one.connection.index}`,
      `${formatSocketAddress(opener)} > ${formatSocketAddress(listener)}${dialect === undefined ? '' : ` (${dialect})`}`,
      `${sum(first)} / ${sum(other)}`,
      `${one.octets[first]} / ${one.octets[other]}`,
      `${one.unackedMost[first]} / ${one.unackedMost[other]}`,
      `${skewText(one.skew[first])} / ${skewText(one.skew[other])}`,
    ];
  });
  if (rows.length === 0) return [];
  const columns = [
    { title: 'conn', right: true },
    { title: 'from > to', style: 'address' },
    { title: 'messages p>s / s>p', right: true },
    { title: 'octets', right: true },
    { title: 'most unacked', right: true },
    { title: 'skew in s' },
  ] as const;
  return tableLines(columns, rows);
}

/** `0`, or `-4..3` where it varied. */
function skewText(skew: SkewRange): string {
  if (skew.count === 0) return '-';
  return skew.least === skew.most ? `${skew.least}` : `${skew.least}..${skew.most}`;
}

function minuteBlock(statistics: Statistics): Line[] {
  const { minutes } = statistics;
  if (minutes.length < 2) return [];
  const shown = minutes.slice(0, MINUTES_SHOWN_MAX);
  const rows = shown.map(({ minute, messages, octets, rejects }) => [
    dateTime(minute * 60_000).slice(0, 16),
    `${messages}`,
    `${octets}`,
    `${rejects}`,
  ]);
  const columns = [
    { title: 'minute (UTC)' },
    { title: 'messages', right: true },
    { title: 'octets', right: true },
    { title: 'rejections', right: true },
  ] as const;
  const more = minutes.length - shown.length;
  const rest: Line[] = more > 0 ? [[span(`and ${more} more minutes; -T jsonl has them all`, 'dim')]] : [];
  return [...tableLines(columns, rows), ...rest];
}

/** Everything as one JSON object in one line; times in seconds. */
export function statisticsJson(statistics: Statistics, typeName: TypeNames): string {
  const { messages, octets } = statistics;
  return jsonText({
    messages,
    octets,
    types: protocolsOf(statistics).flatMap((protocol) =>
      [...countsOf(statistics, protocol)].map(([type, [there, back]]) => ({
        protocol,
        msg_type: type,
        msg_name: typeName(protocol, type),
        there,
        back,
      })),
    ),
    reply_times: [...statistics.replyTimes].map(([type, times]) => ({
      msg_type: type,
      msg_name: typeName('dhcpv6-failover', type),
      ...replyTimesJson(times),
    })),
    rejects: [...statistics.rejects].flatMap(([protocol, counts]) =>
      [...counts].map(([code, count]) => ({
        protocol,
        status_code: code,
        name: statusName(code, protocol),
        count,
      })),
    ),
    connections: statistics.connections.map(connectionJson),
    minutes: statistics.minutes.map(({ minute, ...counts }) => ({
      time: new Date(minute * 60_000).toISOString(),
      ...counts,
    })),
  });
}

function replyTimesJson(times: ReplyTimes): Record<string, number> {
  const seconds = (millis: number | undefined): number => Math.round((millis ?? 0) * 1000) / 1e6;
  return {
    count: times.count,
    mean: seconds(times.mean),
    p50: seconds(times.quantile(0.5)),
    p95: seconds(times.quantile(0.95)),
    p99: seconds(times.quantile(0.99)),
    most: seconds(times.most),
  };
}

function connectionJson(one: ConnectionStatistics): Record<string, unknown> {
  const first = firstDirection(one);
  const both = <T>(pair: readonly [T, T]): [T, T] => [pair[first], pair[opposite(first)]];
  const skew = ({ count, sum, least, most }: SkewRange) =>
    count === 0 ? null : { mean: sum / count, least, most };
  const [opener, listener] = one.connection.flow.ends;
  return {
    connection: one.connection.index,
    protocol: one.connection.protocol,
    dialect: one.connection.dialect,
    from: formatSocketAddress(opener),
    to: formatSocketAddress(listener),
    messages: both(one.messages).map((counts) => counts.reduce((total, count) => total + count, 0)),
    octets: both(one.octets),
    unacked_most: both(one.unackedMost),
    skew: both(one.skew).map(skew),
  };
}
