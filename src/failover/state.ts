/**
 * Endpoint states (RFC 8156 §5.5.16) and binding-status (§5.5.1) by name. Names are the RFC's own, because they are what
 * operators, logs and the machine's table say; numbers are for the wire and the store only.
 */
import { BindingStatus as BINDING_STATUS_CODES, ServerState as STATE_CODES } from '../wire/codes.ts';

export { BINDING_STATUS_CODES, STATE_CODES };

/** STARTUP is never sent or stored: the STARTUP flag says it (§5.5.16). */
export type EndpointState = keyof typeof STATE_CODES;

/** The states that are stored and told to the partner: all but STARTUP. */
export type LastingState = Exclude<EndpointState, 'STARTUP'>;

export const ENDPOINT_STATES = Object.keys(STATE_CODES) as readonly EndpointState[];
export const LASTING_STATES = ENDPOINT_STATES.filter((state): state is LastingState => state !== 'STARTUP');

/** The state of an OPTION_F_SERVER_STATE value; `undefined` for STARTUP and for values that nobody defined. */
export function lastingStateOf(code: number): LastingState | undefined {
  return LASTING_STATES.find((state) => STATE_CODES[state] === code);
}

export type BindingStatus = keyof typeof BINDING_STATUS_CODES;

export const BINDING_STATUSES = Object.keys(BINDING_STATUS_CODES) as readonly BindingStatus[];

const STATUS_BY_CODE: readonly (BindingStatus | undefined)[] = [undefined, ...BINDING_STATUSES];

/** The binding-status of an OPTION_F_BINDING_STATUS value (§5.5.1). */
export function bindingStatusOf(code: number): BindingStatus | undefined {
  return STATUS_BY_CODE[code];
}

/** Protocol version that we speak (§5.5.11). */
export const PROTOCOL_VERSION = { major: 1, minor: 0 } as const;
