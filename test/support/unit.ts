/** Units made by hand: enough for tests that do not care what a message says. */

/** A message with its length prefix: type, transaction-id, sent-time 0, and `body` octets of hex after the header. */
export function unit(type: number, transactionId: number, body = ''): Uint8Array {
  const hex = `${hexOf(type, 2)}${hexOf(transactionId, 6)}00000000${body}`;
  return Uint8Array.from(Buffer.from(hexOf(hex.length / 2, 4) + hex, 'hex'));
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
