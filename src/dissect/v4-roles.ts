/**
 * Which end of a DHCPv4 failover connection is the primary. Either side may dial, so the messages have to show it: the
 * primary sends CONNECT, the secondary CONNECTACK, and only the primary makes addresses BACKUP. What one connection has
 * shown holds for the next ones of the same two servers.
 */
import { readU16 } from '../base/bytes.ts';
import { type Direction, type Flow, opposite } from '../base/flow.ts';
import type { Connection } from '../base/frame.ts';
import { RecentMap } from '../base/recent-map.ts';
import { primaryDirection } from './roles.ts';

const BNDUPD = 3;
const CONNECT = 5;
const CONNECTACK = 6;
const BINDING_STATUS = 3;
const BACKUP = 7;
/** Pairs of servers that are remembered. */
const PAIRS_MAX = 1024;

type Followed = Omit<Connection, 'primaryEnd'> & { primaryEnd?: Direction };

export class V4Roles {
  /** Address of the primary by the addresses of both. */
  private readonly primaries = new RecentMap<string, string>(PAIRS_MAX);
  /** Flows for which earlier connections have been asked. */
  private readonly asked = new WeakSet<Flow>();
  /** The last one of them, of which most messages are. */
  private lastAsked: Flow | undefined;

  /**
   * Looks at the next message of a connection and gives it its `primaryEnd` as soon as that is known. `true` if the
   * messages before have been taken the other way round.
   */
  follow(connection: Followed, direction: Direction, bytes: Uint8Array, start: number, end: number): boolean {
    if (connection.primaryEnd !== undefined) return false;
    const { flow } = connection;
    const shown = primaryShownBy(direction, bytes, start, end);
    if (shown !== undefined) {
      const otherwise = this.asked.has(flow) && primaryDirection(connection) !== shown;
      connection.primaryEnd = shown;
      this.primaries.set(pairOf(flow), flow.ends[shown].address);
      return otherwise;
    }
    if (flow === this.lastAsked) return false;
    this.lastAsked = flow;
    if (this.asked.has(flow)) return false;
    this.asked.add(flow);
    const known = this.primaries.get(pairOf(flow));
    if (known !== undefined) connection.primaryEnd = known === flow.ends[0].address ? 0 : 1;
    return false;
  }
}

/** Said where messages were taken for those of the wrong side, with what helps. */
export function rolesTurned({ flow, primaryEnd = 0 }: Connection): string {
  const { address } = flow.ends[primaryEnd];
  return `${address} is the primary, as its messages show; up to here it was taken for the secondary (-2 knows it from the beginning)`;
}

function pairOf({ ends }: Flow): string {
  return ends
    .map(({ address }) => address)
    .sort()
    .join(' ');
}

function primaryShownBy(
  sender: Direction,
  bytes: Uint8Array,
  start: number,
  end: number,
): Direction | undefined {
  const type = bytes[start];
  if (type === CONNECT) return sender;
  if (type === CONNECTACK) return opposite(sender);
  return type === BNDUPD && makesBackup(bytes, start, end) ? sender : undefined;
}

/** Whether an update gives an address the binding-status BACKUP. The payload offset counts the length prefix. */
function makesBackup(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + (bytes[start + 1] ?? 0) - 2; at > start && at + 4 < end; ) {
    const length = readU16(bytes, at + 2);
    if (readU16(bytes, at) === BINDING_STATUS && length === 1) return bytes[at + 4] === BACKUP;
    at += 4 + length;
  }
  return false;
}
