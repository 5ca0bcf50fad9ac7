/** Goal: the story of a lease says who said what, which message answered, and what the two servers agree on. */
import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analyze/analysis.ts';
import type { LeaseView } from '../../src/analyze/leases.ts';
import { leaseJson, leaseLines } from '../../src/render/lease-story.ts';
import { lineText } from '../../src/render/style.ts';
import { bindingStatus, clientLease, Dialogue, status, u32 } from '../support/dialogue.ts';
import { BEGIN_MILLIS } from '../support/messages.ts';

const BNDUPD = 24;
const BNDREPLY = 25;
const ACTIVE = 1;
const EXPIRED = 2;
const OUTDATED = 16;
const SOON = BEGIN_MILLIS + 4000;

/** Acknowledged as ACTIVE, then refused as EXPIRED. */
function refusedLease(): LeaseView {
  const analysis = new Analysis();
  const dialogue = new Dialogue();
  const lease = (...options: string[]) => clientLease('2001:db8::1', ...options);
  analysis.push(dialogue.say('p', BNDUPD, 1, 0, lease(bindingStatus(ACTIVE), u32(125, 762_944_400))));
  analysis.push(dialogue.say('s', BNDREPLY, 1, 1000, lease(bindingStatus(ACTIVE))));
  analysis.push(dialogue.say('p', BNDUPD, 2, 2000, lease(bindingStatus(EXPIRED))));
  analysis.push(dialogue.say('s', BNDREPLY, 2, 3000, lease(status(OUTDATED))));
  const [view] = [...analysis.leases.all()];
  return view as LeaseView;
}

describe('the story of a lease', () => {
  it('is a heading with what is wrong, and a line for each statement with its answer', () => {
    const [heading, ...statements] = leaseLines(refusedLease(), SOON).map(lineText);
    expect(heading).toMatch(/^2001:db8::1 {2}DIVERGES: secondary refused: /);
    expect(statements).toHaveLength(2);
    expect(statements[0]).toMatch(/^ {2}09:00:00\.0+ {2}#0 .*primary +ACTIVE .* acked by #1$/);
    expect(statements[1]).toMatch(/#2 .*primary +EXPIRED .* rejected \(.+\) by #3$/);
  });

  it('is the same as JSON, with null for what nobody has said', () => {
    const story = JSON.parse(leaseJson(refusedLease(), SOON));
    expect(story).toMatchObject({ lease: '2001:db8::1', kind: 'address', agreed: 'ACTIVE' });
    const [first, second] = story.statements;
    expect(first).toMatchObject({
      by: 'primary',
      index: 0,
      reply_index: 1,
      time: '2024-03-05T09:00:00.000Z',
      client: '0003000102005e200001',
      outcome: 'acked',
      reason: null,
    });
    expect(second).toMatchObject({ index: 2, reply_index: 3, outcome: 'rejected', partner_lifetime: null });
  });
});
