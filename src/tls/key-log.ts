/**
 * The secrets of TLS connections in the NSS key log format (RFC 9850): one line for each secret with its label, the
 * random of the ClientHello, and the secret, all in hex. Lines that are none of these are passed over.
 */
import { fromHex, toHex } from '../base/bytes.ts';
import { formatSocketAddress, type SocketAddress } from '../base/socket-address.ts';
import { type Continued, continuedOf } from './continued.ts';
import { KEY_LOG_LINE_MAX, SECRETS_MAX, SESSIONS_MAX } from './limits.ts';

/** Labels of what a reader needs; a log may hold others. */
export type SecretLabel =
  | 'CLIENT_RANDOM'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0';

const LABELS: ReadonlySet<string> = new Set<SecretLabel>([
  'CLIENT_RANDOM',
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
]);

const LINE = /^([A-Z0-9_]+) ([0-9a-fA-F]{64}) ((?:[0-9a-fA-F]{2}){1,64})$/;

export class KeyLog {
  private readonly secrets = new Map<string, string>();
  private readonly continuedFlows = new Map<string, Continued>();
  private readonly more: () => string;

  /** `more` is asked when a secret is missing: whole lines that came since it was asked last. */
  constructor(more: () => string = () => '') {
    this.more = more;
  }

  /** Secrets that are known; at most SECRETS_MAX, later ones are passed over. */
  get size(): number {
    return this.secrets.size;
  }

  /** Takes the lines of a whole log, or of a part of one that ends with a line. Returns how many told a secret of use. */
  add(text: string): number {
    let taken = 0;
    for (const raw of text.split('\n')) {
      const continued = raw.startsWith('#') ? continuedOf(raw) : undefined;
      if (continued !== undefined) this.continue(continued);
      const match = raw.length > KEY_LOG_LINE_MAX ? null : LINE.exec(raw.trim());
      if (match === null) continue;
      const [, label = '', random = '', secret = ''] = match;
      if (!LABELS.has(label) || this.secrets.size >= SECRETS_MAX) continue;
      this.secrets.set(`${label} ${random.toLowerCase()}`, secret);
      taken++;
    }
    return taken;
  }

  /** What is known of a connection between these ends that began in a recording before. */
  continued([one, other]: readonly [SocketAddress, SocketAddress]): Continued | undefined {
    return this.continuedFlows.get(placeOf(one, other)) ?? this.continuedFlows.get(placeOf(other, one));
  }

  private continue(continued: Continued): void {
    const { client, server } = continued;
    if (this.continuedFlows.size < SESSIONS_MAX) this.continuedFlows.set(placeOf(client, server), continued);
  }

  find(label: SecretLabel, clientRandom: Uint8Array): Uint8Array | undefined {
    const key = `${label} ${toHex(clientRandom)}`;
    if (!this.secrets.has(key)) this.add(this.more());
    const secret = this.secrets.get(key);
    return secret === undefined ? undefined : fromHex(secret);
  }
}

function placeOf(client: SocketAddress, server: SocketAddress): string {
  return `${formatSocketAddress(client)} ${formatSocketAddress(server)}`;
}
