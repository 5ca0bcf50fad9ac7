/**
 * What a reader needs of a TLS connection that began in a file before: what was said in the clear, how many records
 * were sealed, which of them may have changed the keys, and how much of the present one is still to come. It is told as
 * a comment among the lines of a key log, where other readers pass over it; src/tls/continued.ts reads it. Sans-IO.
 */
import { toHex } from '../../base/bytes.ts';
import type { Direction } from '../../base/flow.ts';
import { formatSocketAddress, type SocketAddress } from '../../base/socket-address.ts';

const RECORD_HEADER_OCTETS = 5;
const CHANGE_CIPHER_SPEC = 20;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const RECORD_TYPES = { first: 20, last: 24 } as const;
const PREFIX_OCTETS = 2;
/** Clear octets of a handshake that are kept of each direction: hellos, and in TLS 1.2 certificates. */
const CLEAR_OCTETS_MAX = 16 * 1024;

/**
 * A KeyUpdate of TLS 1.3 when it is sealed: five octets, the content type and the tag (RFC 8446 §4.6.3, §5.2). Hardly
 * anything else is so long; the reader, who has the keys, finds out.
 */
const KEY_UPDATE_OCTETS = 22;
/** The last of them that are told each; earlier ones are counted. */
const KEY_UPDATES_KEPT = 8;

/** One direction: messages with a length prefix (STARTTLS, REPLY), then records. */
class Side {
  private readonly header: number[] = [];
  private readonly clear: number[] = [];
  private isTls = false;
  private keeps = false;
  private changed = false;
  private left = 0;
  private sealed = 0;
  private updatesBefore = 0;
  /** Sealed records up to and with each. */
  private readonly updates: number[] = [];

  push(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) {
      if (this.left > 0) {
        const taken = Math.min(this.left, octets.length - at);
        if (this.keeps) this.keep(octets.subarray(at, at + taken));
        this.left -= taken;
        at += taken;
        continue;
      }
      this.header.push(octets[at++] as number);
      this.begin();
    }
  }

  get begun(): boolean {
    return this.isTls;
  }

  /** `CLEAR LEFT HEADER SEALED UPDATES`, hex and numbers, and numbers behind a number; `-` where there is nothing. */
  text(): string {
    const hex = (octets: readonly number[]): string =>
      octets.length === 0 ? '-' : toHex(Uint8Array.from(octets));
    const updates = this.updates.length === 0 ? '-' : `${this.updatesBefore}+${this.updates}`;
    return `${hex(this.clear)} ${this.left} ${hex(this.header)} ${this.sealed} ${updates}`;
  }

  private begin(): void {
    const { header } = this;
    const [first = 0, second = 0] = header;
    this.isTls ||= header.length === 1 && first >= RECORD_TYPES.first && first <= RECORD_TYPES.last;
    if (!this.isTls) {
      if (header.length < PREFIX_OCTETS) return;
      this.left = first * 256 + second;
    } else {
      if (header.length < RECORD_HEADER_OCTETS) return;
      this.left = (header[3] as number) * 256 + (header[4] as number);
      this.count(first);
      if (this.keeps) this.keep(Uint8Array.from(header));
    }
    header.length = 0;
  }

  /** RFC 8446 §5.2, RFC 5246 §7.1: sealed is application data, and in TLS 1.2 whatever follows ChangeCipherSpec. */
  private count(type: number): void {
    this.keeps = type === HANDSHAKE && this.sealed === 0 && !this.changed;
    if (type === CHANGE_CIPHER_SPEC) this.changed = true;
    else if (type === APPLICATION_DATA || this.changed) this.sealed++;
    if (type !== APPLICATION_DATA || this.left !== KEY_UPDATE_OCTETS) return;
    this.updates.push(this.sealed);
    if (this.updates.length <= KEY_UPDATES_KEPT) return;
    this.updates.shift();
    this.updatesBefore++;
  }

  private keep(octets: Uint8Array): void {
    if (this.clear.length + octets.length <= CLEAR_OCTETS_MAX) this.clear.push(...octets);
  }
}

/** One leg: its client is who opened it. */
export class TlsContinuation {
  private readonly sides = [new Side(), new Side()] as const;

  push(direction: Direction, octets: Uint8Array): void {
    this.sides[direction].push(octets);
  }

  /** A line with its newline, for the leg between `client` and `server`; empty if there is no TLS on it. */
  line([client, server]: readonly [SocketAddress, SocketAddress]): string {
    const [fromClient, fromServer] = this.sides;
    if (!fromClient.begun || !fromServer.begun) return '';
    const ends = `${formatSocketAddress(client)} ${formatSocketAddress(server)}`;
    return `# leasetap continues ${ends} ${fromClient.text()} ${fromServer.text()}\n`;
  }
}
