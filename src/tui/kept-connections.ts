/** The connections of an index of messages: few over TCP, and perhaps as many over UDP as there are messages. */
import type { Connection } from '../base/frame.ts';
import { RecentMap } from '../base/recent-map.ts';

/** Keeps octets outside of memory, or knows where they are. */
export interface OctetKeeper {
  /** Keeps `bytes[start, end)` and says where. */
  put(bytes: Uint8Array, start: number, end: number): number;
  /** The octets of a place, in memory of their own. */
  get(place: number, length: number): Uint8Array;
}

/** Connections over UDP that are kept as objects; others are read again. */
const RECENT_CONNECTIONS = 4_096;

/**
 * Connections by numbers. What is learnt about one over TCP later holds for all its messages, so that is kept as it is;
 * of one over UDP nothing more is learnt, so that is written down.
 */
export class KeptConnections {
  private readonly octets: OctetKeeper;
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();
  private readonly overTcp = new Map<number, Connection>();
  /** By number: where it is kept, and in how many octets. */
  private readonly places: number[] = [];
  private readonly lengths: number[] = [];
  private readonly numbers = new RecentMap<Connection, number>(RECENT_CONNECTIONS);
  private readonly recent = new RecentMap<number, Connection>(RECENT_CONNECTIONS);

  constructor(octets: OctetKeeper) {
    this.octets = octets;
  }

  put(connection: Connection): number {
    const known = this.numbers.get(connection);
    if (known !== undefined) return known;
    const number = this.places.length;
    this.numbers.set(connection, number);
    const inMemory = connection.flow.transport === 'tcp';
    if (inMemory) this.overTcp.set(number, connection);
    const text = inMemory ? '' : JSON.stringify(connection);
    const octets = this.encoder.encode(text);
    this.places.push(inMemory ? 0 : this.octets.put(octets, 0, octets.length));
    this.lengths.push(octets.length);
    return number;
  }

  get(number: number): Connection {
    const known = this.overTcp.get(number) ?? this.recent.get(number);
    if (known !== undefined) return known;
    const octets = this.octets.get(this.places[number] as number, this.lengths[number] as number);
    const connection = JSON.parse(this.decoder.decode(octets)) as Connection;
    this.recent.set(number, connection);
    return connection;
  }
}
