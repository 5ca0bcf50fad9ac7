/**
 * The state that each endpoint announced last (STATE, RFC 8156 §6.3), over all connections of a relationship. Enough
 * for conditions such as `while secondary is RECOVER`; what a state means is the analyzer's business.
 */
import type { Direction } from '../base/flow.ts';
import type { Message } from '../dissect/message.ts';
import { stateName } from '../dissect/vocabulary.ts';

export type EndpointName = 'primary' | 'secondary';

/** The endpoint that sends in a direction: the primary opens the connection. */
export const SENDER: readonly [EndpointName, EndpointName] = ['primary', 'secondary'];

/** What a direction is called: by who sends and who receives. */
export const DIRECTION_NAMES = ['p>s', 's>p'] as const;

/** Codes of server-state that may have names. */
const STATE_CODES_MAX = 32;
/** The states that an endpoint can announce, as conditions and expectations name them. */
export const STATE_NAMES: readonly string[] = Array.from({ length: STATE_CODES_MAX }, (_, code) =>
  stateName(code),
).filter((name) => /^[A-Z-]+$/.test(name));

export class WireStates {
  private readonly states: Record<EndpointName, string | null> = { primary: null, secondary: null };

  of(who: EndpointName): string | null {
    return this.states[who];
  }

  /** Takes over what somebody else has heard. */
  assume(states: Readonly<Record<EndpointName, string | null>>): void {
    this.states.primary = states.primary;
    this.states.secondary = states.secondary;
  }

  /** Nothing is known any more, e.g. since the connection was lost. */
  forget(): void {
    this.states.primary = null;
    this.states.secondary = null;
  }

  /** Follows one message; the endpoint whose state has changed with it, if any. */
  follow(message: Message, direction: Direction): EndpointName | undefined {
    if (message.protocol !== 'dhcpv6-failover' || message.msgName !== 'STATE') return undefined;
    const { serverState } = message.facts();
    if (serverState === undefined) return undefined;
    const state = stateName(serverState);
    const who = SENDER[direction];
    if (state === this.states[who]) return undefined;
    this.states[who] = state;
    return who;
  }
}
