/** Limits of this room. What they cut off is told as a problem or a notice, never hidden. */

/** Options inside options and messages inside options together; RFC 8415's 8 relays and their contents need about 25. */
export const NESTING_MAX = 64;

/** A length prefix of two octets cannot say more. */
export const FRAME_OCTETS_MAX = 65_535;

/** Octets in which a lost direction is searched for a frame before the oldest are given up. */
export const RESYNC_WINDOW_OCTETS = 1 << 17;

/** Octets of a direction kept while nobody knows yet what speaks on the flow. */
export const RECOGNIZE_OCTETS_MAX = FRAME_OCTETS_MAX + 2;

/**
 * Memory for what all flows together keep until a message is found or whole; the one that keeps something for longest gives
 * it up. What nobody has recognized by then is not looked at further.
 */
export const WAITING_OCTETS_MAX = 16 * 1024 * 1024;

/** Notices about one flow; a flow that earns more is told no further. */
export const FLOW_NOTICES_MAX = 1000;

/** Flows followed at once; for a further one the oldest is forgotten. */
export const FLOWS_MAX = 65_536;

/** Problems kept for one message. */
export const PROBLEMS_MAX = 100;

/** Ready JSON heads of options kept for codes that no dissector knows. */
export const UNKNOWN_HEADS_MAX = 1024;

/** Places with a plausible header whose frames are awaited at once while a lost direction is searched. */
export const RESYNC_CANDIDATES_MAX = 64;
