/**
 * What all flows share: limits, and counts that end up in the summary (packets passed over by reason, limits by name,
 * what TCP went through).
 */
import type { CaptureLimitName, CaptureLimits } from './limits.ts';
import { RecentData } from './recent-data.ts';
import type { SkippedPackets, TcpCounts } from './summary.ts';

/** Reasons beyond this many are counted together: link types and the like come from the file. */
const REASONS_MAX = 64;

export class Tally {
  readonly limits: CaptureLimits;
  readonly tcp: TcpCounts = {
    retransmittedSegments: 0,
    keepAliveProbes: 0,
    outOfOrderSegments: 0,
    conflictingOctets: 0,
    missingOctets: 0,
  };
  /** Memory of what is held out of order for all flows at this moment. */
  heldOctets = 0;
  /** Streams that wait for something at this moment. */
  waiting = 0;
  readonly recent = new RecentData();
  private readonly hits = new Map<CaptureLimitName, number>();
  private readonly reasons = new Map<string, { code: string; reason: string; packets: number }>();

  constructor(limits: CaptureLimits) {
    this.limits = limits;
  }

  hit(limit: CaptureLimitName, times = 1): void {
    if (times > 0) this.hits.set(limit, (this.hits.get(limit) ?? 0) + times);
  }

  skip(code: string, reason: string, packets = 1): void {
    if (packets === 0) return;
    const key = this.reasons.has(reason) || this.reasons.size < REASONS_MAX ? reason : 'other reasons';
    const known = this.reasons.get(key);
    if (known === undefined) this.reasons.set(key, { code, reason: key, packets });
    else known.packets += packets;
  }

  skipped(): SkippedPackets[] {
    return [...this.reasons.values()];
  }

  limitsHit(): { limit: CaptureLimitName; hits: number }[] {
    return [...this.hits].map(([limit, hits]) => ({ limit, hits }));
  }
}
