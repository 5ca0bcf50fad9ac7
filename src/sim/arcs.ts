/**
 * The arcs of figure 6 of RFC 8156 and of the text of §8.4–§8.12, typed off the RFC and not off the engine's table: from
 * each state, where one transition may lead.
 */
import { type EndpointState, LASTING_STATES } from '../failover/state.ts';

export const ARCS: Record<EndpointState, readonly EndpointState[]> = {
  STARTUP: LASTING_STATES,
  NORMAL: ['COMMUNICATIONS-INTERRUPTED', 'PARTNER-DOWN'],
  'COMMUNICATIONS-INTERRUPTED': ['NORMAL', 'PARTNER-DOWN', 'POTENTIAL-CONFLICT'],
  'PARTNER-DOWN': ['NORMAL', 'POTENTIAL-CONFLICT'],
  'POTENTIAL-CONFLICT': ['CONFLICT-DONE', 'NORMAL', 'RESOLUTION-INTERRUPTED'],
  RECOVER: ['RECOVER-WAIT', 'POTENTIAL-CONFLICT'],
  'RECOVER-WAIT': ['RECOVER-DONE'],
  'RECOVER-DONE': ['NORMAL', 'COMMUNICATIONS-INTERRUPTED', 'POTENTIAL-CONFLICT'],
  'RESOLUTION-INTERRUPTED': ['POTENTIAL-CONFLICT', 'PARTNER-DOWN'],
  'CONFLICT-DONE': ['NORMAL'],
};
