/**
 * The names and numbers of RFC 8156: endpoint states (§5.5.16), binding-status (§5.5.1), status codes (§5.6) and flag
 * bits. Names are the RFC's own, because they are what operators, logs and the machine's table say; the numbers are
 * only for the wire and the store.
 */

/** OPTION_F_SERVER_STATE values. STARTUP is never sent: the STARTUP flag says it (§5.5.16). */
export const STATE_CODES = {
  STARTUP: 1,
  NORMAL: 2,
  'COMMUNICATIONS-INTERRUPTED': 3,
  'PARTNER-DOWN': 4,
  'POTENTIAL-CONFLICT': 5,
  RECOVER: 6,
  'RECOVER-WAIT': 7,
  'RECOVER-DONE': 8,
  'RESOLUTION-INTERRUPTED': 9,
  'CONFLICT-DONE': 10,
} as const;

export type EndpointState = keyof typeof STATE_CODES;

/** The states that are stored and told to the partner: all but STARTUP. */
export type LastingState = Exclude<EndpointState, 'STARTUP'>;

export const ENDPOINT_STATES = Object.keys(STATE_CODES) as readonly EndpointState[];
export const LASTING_STATES = ENDPOINT_STATES.filter((state): state is LastingState => state !== 'STARTUP');

/** The state of an OPTION_F_SERVER_STATE value; `undefined` for STARTUP and for values that nobody defined. */
export function lastingStateOf(code: number): LastingState | undefined {
  return LASTING_STATES.find((state) => STATE_CODES[state] === code);
}

/** OPTION_F_BINDING_STATUS values. */
export const BINDING_STATUS_CODES = {
  ACTIVE: 1,
  EXPIRED: 2,
  RELEASED: 3,
  'PENDING-FREE': 4,
  FREE: 5,
  'FREE-BACKUP': 6,
  ABANDONED: 7,
  RESET: 8,
} as const;

export type BindingStatus = keyof typeof BINDING_STATUS_CODES;

export const BINDING_STATUSES = Object.keys(BINDING_STATUS_CODES) as readonly BindingStatus[];

const STATUS_BY_CODE: readonly (BindingStatus | undefined)[] = [undefined, ...BINDING_STATUSES];

export function bindingStatusOf(code: number): BindingStatus | undefined {
  return STATUS_BY_CODE[code];
}

/** OPTION_F_SERVER_FLAGS bits (§5.5.15). */
export const SERVER_FLAGS = { COMMUNICATED: 1, STARTUP: 2, ACK_STARTUP: 4 } as const;

/** OPTION_F_CONNECT_FLAGS bits (§5.5.2). */
export const CONNECT_FLAGS = { FIXED_PD_LENGTH: 1 } as const;

/** Protocol version that we speak (§5.5.11). */
export const PROTOCOL_VERSION = { major: 1, minor: 0 } as const;
