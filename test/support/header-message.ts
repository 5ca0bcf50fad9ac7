/** Reads a live frame by its header alone: enough for the proxy, which does not care what a message says. */
import { toHex } from '../../src/base/bytes.ts';
import type { Frame } from '../../src/base/frame.ts';
import type { Message } from '../../src/dissect/message.ts';
import { handMessage } from './messages.ts';

export function headerMessage(frame: Frame, index: number): Message {
  const body = toHex(frame.bytes, frame.start, Math.min(frame.end, frame.start + 8));
  const message = handMessage({ hex: body.padEnd(16, '0'), index, direction: frame.direction });
  return { ...message, frame, size: frame.end - frame.start, protocol: frame.connection.protocol };
}

/** A message with its length prefix: type, transaction-id, sent-time 0, and `body` octets of hex after the header. */
export function unit(type: number, transactionId: number, body = ''): Uint8Array {
  const hex = `${hexOf(type, 2)}${hexOf(transactionId, 6)}00000000${body}`;
  return Uint8Array.from(Buffer.from(hexOf(hex.length / 2, 4) + hex, 'hex'));
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
