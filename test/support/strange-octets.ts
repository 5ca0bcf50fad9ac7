/**
 * Failover messages and DHCPv6 packets as the tests' other vendor writes and reads them: straight from the figures of
 * RFC 8415, RFC 5007 and RFC 8156, and sharing nothing with src, so that a server that misreads the RFC is not understood.
 */

/** An option as it goes out: its code, and octets and options one after the other. */
export type Out = readonly [code: number, ...parts: (Buffer | Out)[]];

/** An option as it came: the fixed octets in front, and the options behind them, if this option holds any. */
export interface In {
  readonly code: number;
  readonly fixed: Buffer;
  readonly inner: readonly In[];
}

export interface StrangeMessage {
  readonly type: number;
  readonly xid: number;
  readonly sent: number;
  readonly options: readonly In[];
}

export const u8 = (value: number): Buffer => Buffer.of(value & 0xff);
export function u16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value & 0xffff);
  return octets;
}
export function u32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value >>> 0);
  return octets;
}
export const text = (value: string): Buffer => Buffer.from(value, 'utf8');
export const hex = (value: string): Buffer => Buffer.from(value.replaceAll(/[\s:]/g, ''), 'hex');

/** `2001:db8::1` as 16 octets. */
export function ip(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = new Array<number>(8 - front.length - back.length).fill(0);
  return Buffer.concat([...front, ...middle, ...back].map(u16));
}

export function encodeOption([code, ...parts]: Out): Buffer {
  const body = Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : encodeOption(part))));
  return Buffer.concat([u16(code), u16(body.length), body]);
}

export const encodeOptions = (options: readonly Out[]): Buffer => Buffer.concat(options.map(encodeOption));

/** Octets in front of the options that an option holds. What is not here holds none. */
const FIXED_OCTETS: Readonly<Record<number, number>> = { 3: 12, 4: 4, 5: 24, 25: 12, 26: 25, 45: 0 };

export function decodeOptions(octets: Buffer): readonly In[] {
  const options: In[] = [];
  for (let at = 0; at < octets.length; ) {
    if (at + 4 > octets.length)
      throw new Error(`half an option header at ${at} of ${octets.toString('hex')}`);
    const code = octets.readUInt16BE(at);
    const end = at + 4 + octets.readUInt16BE(at + 2);
    if (end > octets.length) throw new Error(`option ${code} goes past the end of ${octets.toString('hex')}`);
    const body = octets.subarray(at + 4, end);
    const fixed = FIXED_OCTETS[code];
    options.push({
      code,
      fixed: body.subarray(0, fixed ?? body.length),
      inner: fixed === undefined ? [] : decodeOptions(body.subarray(fixed)),
    });
    at = end;
  }
  return options;
}

/** RFC 8156 §5.2 in the frame of RFC 5460 §5.1. */
export function encodeFrame(type: number, xid: number, sent: number, options: readonly Out[]): Buffer {
  const body = Buffer.concat([u8(type), u32(xid).subarray(1), u32(sent), encodeOptions(options)]);
  return Buffer.concat([u16(body.length), body]);
}

/** A failover message, or one of those of RFC 7653, which carry no sent-time. */
export function decodeMessage(octets: Buffer): StrangeMessage {
  const type = octets.readUInt8(0);
  const header = type < 24 ? 4 : 8;
  return {
    type,
    xid: octets.readUIntBE(1, 3),
    sent: header === 8 ? octets.readUInt32BE(4) : 0,
    options: decodeOptions(octets.subarray(header)),
  };
}

/** The option at the end of this path of codes, the first of its kind at each step. */
export function find(options: readonly In[], ...path: readonly number[]): In | undefined {
  let found: In | undefined;
  let among = options;
  for (const code of path) {
    found = among.find((option) => option.code === code);
    if (found === undefined) return undefined;
    among = found.inner;
  }
  return found;
}

/** The number in the option at the end of this path. */
export function number(options: readonly In[], ...path: readonly number[]): number | undefined {
  const found = find(options, ...path)?.fixed;
  return found === undefined ? undefined : found.readUIntBE(0, Math.min(found.length, 4));
}

/** Seconds since 2000, now or at this time of Node's. */
export const since2000 = (millis = Date.now()): number => Math.floor(millis / 1000) - 946_684_800;
