/** Alerts of TLS in words (RFC 8446 §6): they say why a handshake failed. */

const CLOSE_NOTIFY = 0;

const DESCRIPTIONS: ReadonlyMap<number, string> = new Map([
  [10, 'unexpected_message'],
  [20, 'bad_record_mac'],
  [22, 'record_overflow'],
  [40, 'handshake_failure'],
  [42, 'bad_certificate'],
  [43, 'unsupported_certificate'],
  [44, 'certificate_revoked'],
  [45, 'certificate_expired'],
  [46, 'certificate_unknown'],
  [47, 'illegal_parameter'],
  [48, 'unknown_ca'],
  [49, 'access_denied'],
  [50, 'decode_error'],
  [51, 'decrypt_error'],
  [70, 'protocol_version'],
  [71, 'insufficient_security'],
  [80, 'internal_error'],
  [86, 'inappropriate_fallback'],
  [90, 'user_canceled'],
  [100, 'no_renegotiation'],
  [109, 'missing_extension'],
  [110, 'unsupported_extension'],
  [112, 'unrecognized_name'],
  [113, 'bad_certificate_status_response'],
  [115, 'unknown_psk_identity'],
  [116, 'certificate_required'],
  [120, 'no_application_protocol'],
]);

/** E.g. `fatal unknown_ca (48)`; `undefined` for the end of a connection in order, and for what is no alert. */
export function alertText(octets: Uint8Array): string | undefined {
  const [level, description] = octets;
  if (octets.length !== 2 || level === undefined || description === undefined) return undefined;
  if (description === CLOSE_NOTIFY) return undefined;
  const name = DESCRIPTIONS.get(description) ?? 'alert';
  return `${level === 1 ? 'warning' : 'fatal'} ${name} (${description})`;
}
