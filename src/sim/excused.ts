/** Invariants that cannot hold in some runs, by name, and why. Data only. */

export const NO_TWO_CLIENTS = 'no two clients hold the same';
export const FUNDAMENTAL_RELATIONSHIP = 'fundamental relationship (§4.4)';
export const OWN_POOL_ONLY = 'own pool only (§4.2)';
export const RECOVER_WAIT = 'RECOVER-WAIT lasts until the MCLT has passed (§8.6.2)';
export const DISSECTS = 'every message dissects';
export const CONVERGENCE = 'both NORMAL with equal bindings after healing';

/**
 * Two servers that are both told that the other is down give out the same; two that have both lost their disks take it
 * for their first day, on which nobody waits.
 */
export const WHERE_OPERATORS_ERR: readonly string[] = [NO_TWO_CLIENTS, RECOVER_WAIT];

/**
 * A server that is told what its partner never said, or in another order, acts upon it, and nothing repairs it. Its answers
 * echo what is malformed (seed 8336).
 */
export const WHERE_MESSAGES_ARE_FORGED: readonly string[] = [
  NO_TWO_CLIENTS,
  FUNDAMENTAL_RELATIONSHIP,
  OWN_POOL_ONLY,
  RECOVER_WAIT,
  CONVERGENCE,
  DISSECTS,
];
