/**
 * Proportional allocation of delegable prefixes (RFC 8156 §4.2.2): how many the secondary should have, and which go
 * over. Only the primary moves prefixes; a prefix is the secondary's to give once the update reaches it.
 */
import { addSeconds, isAfter, SAME_TIME_SECONDS } from '../base/time.ts';
import type { Bindings, PoolUse } from './bindings.ts';
import type { EndpointConfig } from './config.ts';
import type { Lease, Resource } from './lease.ts';
import type { Slot } from './slot.ts';

/** Prefixes that move at one go; the rest follows when these are acknowledged. */
const MOVES_AT_ONCE = 256;
/** Resources that are looked at to find them. */
const LOOKS_MAX = 16_384;
/** A prefix whose status changed just now stays: the partner could not tell which change was the later (§7.5.1). */
const SETTLED_SECONDS = 2 * SAME_TIME_SECONDS + 1;

export interface Move {
  /** Where it is on record, if it is. */
  readonly slot: Slot | undefined;
  readonly lease: Lease;
}

/** How many available prefixes the secondary should have, and how many it has. */
export function balance(use: PoolUse, config: EndpointConfig): { target: number; has: number } {
  const available = use.map.size - use.inUse;
  const target = Math.min(Math.floor(available * config.secondaryShare), config.backupPrefixesMax);
  return { target, has: use.backup.size };
}

/** Whether the secondary's share is off by more than the threshold. */
export function isOutOfBalance(use: PoolUse, config: EndpointConfig): boolean {
  const { target, has } = balance(use, config);
  return Math.abs(target - has) > Math.max(1, target * config.rebalanceThreshold);
}

/** The leases that bring a pool into balance, as they shall be from `now` (absolute) on. */
export function moves(
  bindings: Bindings,
  use: PoolUse,
  config: EndpointConfig,
  now: number,
): readonly Move[] {
  const { target, has } = balance(use, config);
  const wanted = Math.min(Math.abs(target - has), MOVES_AT_ONCE);
  return has < target ? toBackup(bindings, use, wanted, now) : toFree(use, wanted, now);
}

/** From the far end of the pool, where the primary's own search seldom comes. */
function toBackup(bindings: Bindings, use: PoolUse, wanted: number, now: number): readonly Move[] {
  const found: Move[] = [];
  const last = Math.max(0, use.map.size - LOOKS_MAX);
  for (let index = use.map.size - 1; index >= last && found.length < wanted; index--) {
    const resource = use.map.at(index);
    const slot = bindings.at(resource);
    const lease = slot?.lease;
    if (lease !== undefined && (lease.status !== 'FREE' || lease.updateNeeded || !settled(lease, now)))
      continue;
    found.push({ slot, lease: moved(lease, resource, 'FREE-BACKUP', now) });
  }
  return found;
}

function toFree(use: PoolUse, wanted: number, now: number): readonly Move[] {
  const found: Move[] = [];
  for (const slot of use.backup) {
    if (found.length === wanted) break;
    const { lease } = slot;
    if (lease.updateNeeded || !settled(lease, now)) continue;
    found.push({ slot, lease: moved(lease, lease, 'FREE', now) });
  }
  return found;
}

function settled(lease: Lease, now: number): boolean {
  return isAfter(now, addSeconds(lease.startTimeOfState, SETTLED_SECONDS));
}

function moved(
  lease: Lease | undefined,
  resource: Resource,
  status: 'FREE' | 'FREE-BACKUP',
  now: number,
): Lease {
  const { kind, address, prefixLength } = resource;
  return {
    ...(lease ?? { kind, address, prefixLength }),
    status,
    startTimeOfState: now,
    updateNeeded: true,
    updateSent: false,
  };
}
