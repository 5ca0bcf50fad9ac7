/** Every bound of the TLS room, by name: what is read was written by strangers. */

/** TLSCiphertext.length at most: 2^14 and 2048 octets of expansion (RFC 5246 §6.2.3; RFC 8446 §5.2 allows 256). */
export const RECORD_OCTETS_MAX = 16_384 + 2048;
/** A ClientHello or ServerHello, which are kept whole. */
export const HELLO_OCTETS_MAX = 65_536;
/** TLS connections that are followed at the same time. */
export const SESSIONS_MAX = 1024;
/** Secrets of all key logs together: those of some 40,000 connections. */
export const SECRETS_MAX = 200_000;
/** Sealed records of a handshake: the numbers of those behind it begin anew (RFC 8446 §5.3). */
export const HANDSHAKE_RECORDS_MAX = 64;
/** Attempts to open a record behind KeyUpdates that were in a recording before. */
export const KEY_UPDATE_TRIES_MAX = 256;
/** Attempts to open a record behind octets that never came. */
export const SEARCH_TRIES_MAX = 4096;
/** The longest line of a key log that is looked at. */
export const KEY_LOG_LINE_MAX = 1024;
