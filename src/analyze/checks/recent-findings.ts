/** Which messages break which rules, of the messages found last: what a live view can show of an endless conversation. */
import { RecentMap } from '../../base/recent-map.ts';
import type { Breach } from '../../dissect/annotations.ts';
import type { Message } from '../../dissect/message.ts';
import type { Finding } from './finding.ts';

/** Messages about which something was found. */
const MESSAGES_MAX = 8_192;
/** Findings about one of them: a BNDUPD may carry a thousand leases. */
export const FINDINGS_OF_MESSAGE_MAX = 32;

export class RecentFindings {
  private readonly found = new RecentMap<number, readonly Breach[]>(MESSAGES_MAX);

  add(finding: Finding): void {
    const { index } = finding.message;
    const before = this.found.get(index) ?? NONE;
    if (before.length < FINDINGS_OF_MESSAGE_MAX) this.found.set(index, [...before, finding]);
  }

  /** What was found about a message, in the order in which it was found. */
  of({ protocol, index }: Pick<Message, 'protocol' | 'index'>): readonly Breach[] {
    return protocol === 'dhcpv6-failover' ? (this.found.get(index) ?? NONE) : NONE;
  }
}

const NONE: readonly Breach[] = [];
