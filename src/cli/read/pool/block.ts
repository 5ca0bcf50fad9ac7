/**
 * Frames on their way to another thread: octets one behind the other, and a row of numbers for each, in buffers that
 * change hands without being copied. What is the same for many frames (connections, resolutions) is told once a block.
 */
import type { Direction } from '../../../base/flow.ts';
import type { Connection, Frame } from '../../../base/frame.ts';
import type { Resolution } from '../../../base/timestamp.ts';
import { MICROSECONDS, NANOSECONDS } from '../../../base/timestamp.ts';
import type { Annotations } from '../../../dissect/annotations.ts';
import { FRAME_OCTETS_MAX } from '../../../dissect/limits.ts';
import type { Message } from '../../../dissect/message.ts';
import { FrameAtHand } from '../../../dissect/message-maker.ts';

/** A block is full when it has this many octets of messages; the last one may go beyond. */
export const BLOCK_OCTETS = 32 * 1024;
/** Or this many messages. */
export const BLOCK_MESSAGES = 512;

const COLUMNS = 15;
const NONE = -1;

export interface Block {
  /** `COLUMNS` numbers for each message. */
  readonly rows: Float64Array<ArrayBuffer>;
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly messages: number;
  readonly connections: readonly Connection[];
  readonly resolutions: readonly Resolution[];
  /** Versions of TLS that were taken off. */
  readonly tls: readonly string[];
}

/** Memory of a block that was used up. */
export interface BlockMemory {
  readonly rows: Float64Array<ArrayBuffer>;
  readonly octets: Uint8Array<ArrayBuffer>;
}

export class BlockWriter {
  readonly #octetsMax: number;
  #memory: BlockMemory;
  #messages = 0;
  #length = 0;
  #connections: Connection[] = [];
  /** The connection object whose last state stands last in `#connections`. */
  #connection: Connection | undefined;
  #resolutions: Resolution[] = [];
  #tls: string[] = [];

  /** `octetsMax` takes the place of `BLOCK_OCTETS`. */
  constructor(memory: BlockMemory = newMemory(), octetsMax = BLOCK_OCTETS) {
    this.#memory = memory;
    this.#octetsMax = octetsMax;
  }

  get isEmpty(): boolean {
    return this.#messages === 0;
  }

  get isFull(): boolean {
    return this.#length >= this.#octetsMax || this.#messages === BLOCK_MESSAGES;
  }

  /** Adds a message with what is known of it; not to a full block. Nothing of it is kept. */
  add(message: Message, notes: Annotations): void {
    const { bytes, start, end, seen, direction, streamOffset, resync, claimed, connection, tls } =
      message.frame;
    const from = this.#length;
    this.#length = from + end - start;
    if (this.#length > this.#memory.octets.length) this.#grow(from);
    const { rows, octets } = this.#memory;
    octets.set(bytes.subarray(start, end), from);
    let at = this.#messages++ * COLUMNS;
    rows[at++] = message.index;
    rows[at++] = this.#connectionNumber(connection);
    rows[at++] = direction;
    rows[at++] = from;
    rows[at++] = this.#length;
    rows[at++] = seen.packet;
    rows[at++] = seen.time.unixSeconds;
    rows[at++] = seen.time.ticks;
    rows[at++] = this.#resolutionNumber(seen.time.resolution);
    rows[at++] = streamOffset;
    rows[at++] = (claimed ?? NONE) * 2 + (resync ? 1 : 0);
    rows[at++] = notes.replyTo ?? NONE;
    rows[at++] = notes.rttMillis ?? Number.NaN;
    rows[at++] = notes.replyIn ?? NONE;
    rows[at] = tls === undefined ? NONE : this.#tlsNumber(tls);
  }

  /** What was added, as a block; afterwards the writer begins anew, in other memory. */
  take(memory: BlockMemory = newMemory()): Block {
    const block: Block = {
      ...this.#memory,
      messages: this.#messages,
      connections: this.#connections,
      resolutions: this.#resolutions,
      tls: this.#tls,
    };
    this.#memory = memory;
    this.#messages = 0;
    this.#length = 0;
    this.#connections = [];
    this.#connection = undefined;
    this.#resolutions = [];
    this.#tls = [];
    return block;
  }

  /** For a frame that is longer than any should be. */
  #grow(used: number): void {
    const octets = new Uint8Array(this.#length);
    octets.set(this.#memory.octets.subarray(0, used));
    this.#memory = { rows: this.#memory.rows, octets };
  }

  /** What is known of a connection may grow from message to message; each message gets what was known with it. */
  #connectionNumber(connection: Connection): number {
    const { index, flow, protocol, dialect, primaryEnd } = connection;
    const last = this.#connections.at(-1);
    if (this.#connection !== connection || last?.dialect !== dialect || last?.primaryEnd !== primaryEnd) {
      this.#connection = connection;
      this.#connections.push({
        index,
        flow: { id: flow.id, transport: flow.transport, ends: flow.ends },
        protocol,
        ...(dialect !== undefined && { dialect }),
        ...(primaryEnd !== undefined && { primaryEnd }),
      });
    }
    return this.#connections.length - 1;
  }

  #resolutionNumber(resolution: Resolution): number {
    if (this.#resolutions.at(-1) !== resolution) this.#resolutions.push(resolution);
    return this.#resolutions.length - 1;
  }

  #tlsNumber(version: string): number {
    if (this.#tls.at(-1) !== version) this.#tls.push(version);
    return this.#tls.length - 1;
  }
}

function newMemory(): BlockMemory {
  return {
    rows: new Float64Array(BLOCK_MESSAGES * COLUMNS),
    octets: new Uint8Array(BLOCK_OCTETS + FRAME_OCTETS_MAX),
  };
}

/**
 * Calls `tell` for each frame of a block, in order, with the index of its message and what is known of it. There is one
 * frame, and it is overwritten by the next.
 */
export function readBlock(
  block: Block,
  tell: (frame: Frame, index: number, notes: Annotations) => void,
): void {
  const { rows } = block;
  const resolutions = block.resolutions.map(wellKnown);
  const time = { unixSeconds: 0, ticks: 0, resolution: MICROSECONDS };
  const seen = { packet: 0, time };
  const frame = new FrameAtHand(block.connections[0] as Connection, seen);
  frame.bytes = block.octets;
  for (let message = 0, at = 0; message < block.messages; message++, at += COLUMNS) {
    frame.connection = block.connections[rows[at + 1] as number] as Connection;
    frame.direction = rows[at + 2] as Direction;
    frame.start = rows[at + 3] as number;
    frame.end = rows[at + 4] as number;
    seen.packet = rows[at + 5] as number;
    time.unixSeconds = rows[at + 6] as number;
    time.ticks = rows[at + 7] as number;
    time.resolution = resolutions[rows[at + 8] as number] as Resolution;
    frame.streamOffset = rows[at + 9] as number;
    const claimed = Math.floor((rows[at + 10] as number) / 2);
    frame.resync = (rows[at + 10] as number) !== 2 * claimed;
    frame.claimed = claimed === NONE ? undefined : claimed;
    frame.tls = block.tls[rows[at + 14] as number];
    const notes = notesOf(rows[at + 11] as number, rows[at + 12] as number, rows[at + 13] as number);
    tell(frame, rows[at] as number, notes);
  }
}

const NO_NOTES: Annotations = {};

function notesOf(replyTo: number, rttMillis: number, replyIn: number): Annotations {
  if (replyTo === NONE && replyIn === NONE && Number.isNaN(rttMillis)) return NO_NOTES;
  return {
    ...(replyTo !== NONE && { replyTo }),
    ...(!Number.isNaN(rttMillis) && { rttMillis }),
    ...(replyIn !== NONE && { replyIn }),
  };
}

/** Resolutions that are compared by identity are the same objects in every thread. */
function wellKnown(resolution: Resolution): Resolution {
  for (const known of [MICROSECONDS, NANOSECONDS]) {
    if (known.ticksPerSecond === resolution.ticksPerSecond && known.digits === resolution.digits)
      return known;
  }
  return resolution;
}
