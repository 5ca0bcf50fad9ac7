/** A failover conversation written by hand: who says what, when; octets and indices follow. */

import { toHex } from '../../src/base/bytes.ts';
import type { Connection } from '../../src/base/frame.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import { EPOCH_2000_UNIX_SECONDS } from '../../src/base/time.ts';
import type { Message } from '../../src/dissect/message.ts';
import { BEGIN_MILLIS, failoverConnection, handMessage, option } from './messages.ts';

const hex = (value: number, octets: number): string => value.toString(16).padStart(octets * 2, '0');

export class Dialogue {
  private index = 0;
  /** Seconds that each server's clock is ahead. */
  readonly ahead = { p: 0, s: 0 };

  readonly connection: Connection;

  constructor(connection = failoverConnection()) {
    this.connection = connection;
  }

  /** `from` says a message of this type, `atMillis` after the beginning. */
  say(from: 'p' | 's', msgType: number, xid: number, atMillis: number, ...options: string[]): Message {
    const now = Math.floor((BEGIN_MILLIS + atMillis) / 1000) - EPOCH_2000_UNIX_SECONDS + this.ahead[from];
    return handMessage({
      hex: `${hex(msgType, 1)}${hex(xid, 3)}${hex(now, 4)}${options.join('')}`,
      index: this.index++,
      direction: from === 'p' ? 0 : 1,
      connection: this.connection,
      atMillis,
    });
  }
}

export const bindingStatus = (status: number): string => option(114, hex(status, 1));
export const status = (code: number, text = ''): string =>
  option(13, hex(code, 2), toHex(new TextEncoder().encode(text)));
export const serverState = (state: number, flags = 1): string =>
  option(132, hex(state, 1)) + option(131, hex(flags, 1)) + option(133, '2d799b90');
export const u32 = (code: number, value: number): string => option(code, hex(value, 4));

/** CLIENT_DATA of one client (DUID-LL ...01) with one IA_NA and one address. */
export function clientLease(address: string, ...options: string[]): string {
  const octets = toHex(parseIpv6(address) as Uint8Array);
  const lease = option(5, octets, '00000bb8', '00000e10', ...options);
  return option(45, option(1, '0003000102005e200001'), option(3, '0a000001', '00000708', '00000b40', lease));
}
