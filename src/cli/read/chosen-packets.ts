/**
 * Which packets of a capture belong to messages that were chosen: of TCP whole connections, handshake and
 * acknowledgements too, so that any tool can read them; of UDP the datagrams themselves, with all their fragments.
 */
import type { TakenPacket } from '../../capture/options.ts';
import type { Message } from '../../dissect/message.ts';
import { xidText } from '../../render/words.ts';

/** Fragmented datagrams whose packets are remembered, and packets with comments. */
const FRAGMENTED_MAX = 100_000;
const COMMENTED_MAX = 100_000;
/** Messages that the comment on one packet tells of. */
const TOLD_MAX = 16;

interface Fragmented {
  readonly flow: number;
  readonly packets: readonly number[];
}

export class ChosenPackets {
  messages = 0;
  private readonly connections = new Set<number>();
  private readonly packets = new NumberSet();
  private readonly fragmented: Fragmented[] = [];
  /** By packet: the messages that it completes. */
  private readonly told = new Map<number, string[]>();
  /** Messages whose packets say nothing of them, because too many packets have a comment. */
  untold = 0;

  /** Chooses what carries a message; the packet that completes it shall say what was found. */
  choose(message: Message, findings: readonly string[]): void {
    const { seen, connection } = message.frame;
    this.messages++;
    if (connection.flow.transport === 'tcp') this.connections.add(connection.flow.id);
    else this.packets.add(seen.packet);
    const told = this.told.get(seen.packet) ?? [];
    if (told.length === 0 && this.told.size >= COMMENTED_MAX) {
      this.untold++;
      return;
    }
    if (told.length === 0) this.told.set(seen.packet, told);
    if (told.length <= TOLD_MAX) told.push(told.length === TOLD_MAX ? '...' : tellingOf(message, findings));
  }

  /** In the round that chooses, every packet. */
  notice({ flow, fragments }: TakenPacket): void {
    if (fragments.length === 0 || flow === null || this.fragmented.length >= FRAGMENTED_MAX) return;
    this.fragmented.push({ flow: flow.id, packets: fragments });
  }

  /** After that round. */
  settle(): void {
    for (const { flow, packets } of this.fragmented) {
      if (!this.connections.has(flow) && !this.packets.has(packets.at(-1) as number)) continue;
      for (const packet of packets) this.packets.add(packet);
    }
  }

  has({ number, flow }: TakenPacket): boolean {
    return this.packets.has(number) || (flow !== null && this.connections.has(flow.id));
  }

  /** What the packet shall say of its messages. */
  commentsOn(packet: number): readonly string[] {
    const told = this.told.get(packet);
    return told === undefined ? [] : [`leasetap: ${told.join(', ')}`];
  }
}

/** `#12 BNDUPD x000001 (unanswered)`. */
function tellingOf({ index, msgName, msgType, transactionId }: Message, findings: readonly string[]): string {
  const found = findings.length === 0 ? '' : ` (${findings.join(', ')})`;
  return `#${index} ${msgName ?? `type ${msgType}`} ${xidText(transactionId)}${found}`;
}

/** Whole numbers in a bit each. */
class NumberSet {
  private bits = new Uint8Array(1 << 12);

  add(number: number): void {
    const at = number >>> 3;
    if (at >= this.bits.length) {
      const larger = new Uint8Array(Math.max(this.bits.length * 2, at + 1));
      larger.set(this.bits);
      this.bits = larger;
    }
    this.bits[at] = (this.bits[at] as number) | (1 << (number & 7));
  }

  has(number: number): boolean {
    return (((this.bits[number >>> 3] ?? 0) >>> (number & 7)) & 1) === 1;
  }
}
