/** Goal: a comment on a packet names its messages, and not more of them than anybody reads. */
import { describe, expect, it } from 'vitest';
import { ChosenPackets } from '../../../src/cli/read/chosen-packets.ts';
import { bindingStatus, clientLease, Dialogue } from '../../support/dialogue.ts';

/** So many BNDUPDs that all were complete with packet 1. */
function chosen(count: number): string {
  const dialogue = new Dialogue();
  const packets = new ChosenPackets();
  for (let at = 0; at < count; at++) {
    const message = dialogue.say('p', 24, at, 0, clientLease('2001:db8::1', bindingStatus(1)));
    const seen = { ...message.frame.seen, packet: 1 };
    packets.choose({ ...message, frame: { ...message.frame, seen } }, at === 0 ? ['unanswered'] : []);
  }
  expect(packets.commentsOn(2)).toEqual([]);
  return packets.commentsOn(1).join('\n');
}

describe('the comment on a packet', () => {
  it('names each message with what was found', () => {
    expect(chosen(2)).toBe('leasetap: #0 BNDUPD x000000 (unanswered), #1 BNDUPD x000001');
  });

  it('stops at sixteen of them', () => {
    const names = chosen(40).split(', ');
    expect(names).toHaveLength(17);
    expect(names.slice(-2)).toEqual(['#15 BNDUPD x00000f', '...']);
  });

  it('is on the first hundred thousand packets that have one, and it is counted what no comment tells', () => {
    const message = new Dialogue().say('p', 24, 0, 0, clientLease('2001:db8::1', bindingStatus(1)));
    const packets = new ChosenPackets();
    for (let packet = 1; packet <= 100_003; packet++) {
      const seen = { ...message.frame.seen, packet };
      packets.choose({ ...message, frame: { ...message.frame, seen } }, []);
    }
    expect(packets.commentsOn(100_000)).toHaveLength(1);
    expect(packets.commentsOn(100_001)).toEqual([]);
    expect([packets.messages, packets.untold]).toEqual([100_003, 3]);
  });
});
