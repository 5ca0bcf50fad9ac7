import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analyze/analysis.ts';
import { divergenceOf, type LeaseView } from '../../src/analyze/leases.ts';
import { timersOf } from '../../src/analyze/timers.ts';
import { bindingStatus, clientLease, Dialogue, serverState, status, u32 } from '../support/dialogue.ts';
import { BEGIN_MILLIS } from '../support/messages.ts';

const BNDUPD = 24;
const BNDREPLY = 25;
const CONNECT = 31;
const CONNECTREPLY = 32;
const STATE = 34;

const ADDRESS = '2001:db8:1::42';

function leaseOf(analysis: Analysis): LeaseView {
  const [lease] = [...analysis.leases.all()];
  if (lease === undefined) throw new Error('no lease is followed');
  return lease;
}

describe('exchanges', () => {
  it('join a reply with its request by direction and transaction-id, and only by fitting types', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    analysis.push(say('p', BNDUPD, 7, 0, clientLease(ADDRESS)));
    analysis.push(say('s', BNDUPD, 7, 1, clientLease('2001:db8:1::44')));
    // A CONNECTREPLY with the same transaction-id answers no BNDUPD.
    expect(analysis.push(say('s', CONNECTREPLY, 7, 2))).toEqual([]);
    const [event] = analysis.push(say('s', BNDREPLY, 7, 5, clientLease(ADDRESS)));
    expect(event).toMatchObject({ kind: 'exchange', exchange: { request: { index: 0 }, rttMillis: 5 } });
    // The second reply with this transaction-id in this direction answers nothing any more.
    expect(analysis.push(say('s', BNDREPLY, 7, 6, clientLease(ADDRESS)))).toEqual([]);
  });
});

describe('endpoints', () => {
  it('have the states that they announce, and tell each change once', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    const changes = [
      ...analysis.push(say('p', STATE, 1, 0, serverState(4))),
      ...analysis.push(say('s', STATE, 1, 10, serverState(6))),
      ...analysis.push(say('p', STATE, 2, 20, serverState(4))),
      ...analysis.push(say('p', STATE, 3, 30, serverState(2))),
    ].map((event) => (event.kind === 'state' ? [event.change.role, event.change.from, event.change.to] : []));
    expect(changes).toEqual([
      ['primary', undefined, 'PARTNER-DOWN'],
      ['secondary', undefined, 'RECOVER'],
      ['primary', 'PARTNER-DOWN', 'NORMAL'],
    ]);
    const [relationship] = analysis.relationships();
    expect(relationship?.primary).toMatchObject({ state: 'NORMAL', stateSeenMillis: BEGIN_MILLIS + 30 });
    expect(relationship?.secondary).toMatchObject({ state: 'RECOVER', startTimeOfState: 762_944_400 });
  });

  it('are apart by the skew of their sent-times', () => {
    const analysis = new Analysis();
    const dialogue = new Dialogue();
    dialogue.ahead.s = 4;
    for (let at = 0; at < 20; at++) {
      analysis.push(dialogue.say('p', 35, at, at * 1000 + 500));
      analysis.push(dialogue.say('s', 35, at, at * 1000 + 500));
    }
    const [relationship] = analysis.relationships();
    expect(relationship?.primary.skewSeconds).toBeCloseTo(0, 6);
    expect(relationship?.secondary.skewSeconds).toBeCloseTo(4, 6);
  });

  it('use the window that the partner grants', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    analysis.push(say('p', CONNECT, 1, 0, u32(121, 10), u32(122, 3600), u32(128, 60)));
    analysis.push(say('s', CONNECTREPLY, 1, 1, u32(121, 20), u32(122, 3600), u32(128, 40)));
    for (let xid = 2; xid < 5; xid++) analysis.push(say('p', BNDUPD, xid, xid, clientLease(ADDRESS)));
    analysis.push(say('s', BNDREPLY, 3, 8, clientLease(ADDRESS)));
    const [relationship] = analysis.relationships();
    expect(relationship?.primary.unacked).toBe(2);
    expect(relationship?.secondary.maxUnackedBndupd).toBe(20);
  });

  it('have timers that end when RFC 8156 §6.6 says', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    analysis.push(say('p', CONNECT, 1, 0, u32(122, 3600), u32(128, 60)));
    analysis.push(say('s', CONNECTREPLY, 1, 1000, u32(122, 3600), u32(128, 40)));
    const [relationship] = analysis.relationships();
    if (relationship === undefined) throw new Error('no relationship');
    expect(
      timersOf(relationship).map(({ role, what, atMillis }) => [
        role,
        what,
        (atMillis - BEGIN_MILLIS) / 1000,
      ]),
    ).toEqual([
      // The secondary hears the primary's last word at 0 s and gives it 40 s; a quarter of that is 10 s.
      ['primary', 'CONTACT', 10],
      // The primary announced 60 s: the secondary, who spoke at 1 s, sends after 15 s of silence.
      ['secondary', 'CONTACT', 16],
      ['secondary', 'drops the connection', 40],
      ['primary', 'drops the connection', 61],
    ]);
  });
});

describe('leases', () => {
  it('are agreed on once the partner has acknowledged', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    analysis.push(say('p', BNDUPD, 7, 0, clientLease(ADDRESS, bindingStatus(1))));
    expect(leaseOf(analysis).acked).toBeUndefined();
    analysis.push(say('s', BNDREPLY, 7, 4, clientLease(ADDRESS, bindingStatus(1))));
    const lease = leaseOf(analysis);
    expect(lease).toMatchObject({
      text: ADDRESS,
      kind: 'address',
      statements: [
        {
          by: 'primary',
          bindingStatus: 'ACTIVE',
          outcome: 'acked',
          client: '0003000102005e200001',
          replyIndex: 1,
        },
      ],
      acked: { messageIndex: 0 },
    });
    expect(divergenceOf(lease, BEGIN_MILLIS + 60_000)).toBeUndefined();
  });

  it('diverge when the partner refuses, with its reason', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    analysis.push(say('p', BNDUPD, 7, 0, clientLease(ADDRESS, bindingStatus(1))));
    analysis.push(say('s', BNDREPLY, 7, 4, clientLease(ADDRESS, status(19))));
    expect(divergenceOf(leaseOf(analysis), BEGIN_MILLIS)).toBe(
      'secondary refused: OutdatedBindingInformation',
    );
  });

  it('agree where updates crossed and the server that was refused has accepted the other one', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    analysis.push(say('p', BNDUPD, 7, 0, clientLease(ADDRESS, bindingStatus(5))));
    analysis.push(say('s', BNDUPD, 8, 1, clientLease(ADDRESS, bindingStatus(2))));
    analysis.push(say('s', BNDREPLY, 7, 4, clientLease(ADDRESS, bindingStatus(5))));
    analysis.push(say('p', BNDREPLY, 8, 5, clientLease(ADDRESS, status(19))));
    expect(divergenceOf(leaseOf(analysis), BEGIN_MILLIS)).toBeUndefined();
    analysis.push(say('s', BNDUPD, 9, 6, clientLease(ADDRESS, bindingStatus(2))));
    analysis.push(say('p', BNDREPLY, 9, 7, clientLease(ADDRESS, status(19))));
    expect(divergenceOf(leaseOf(analysis), BEGIN_MILLIS)).toContain('primary refused');
  });

  it('are refused as a whole by a reply that names none of them', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    analysis.push(say('s', BNDUPD, 7, 0, clientLease(ADDRESS, bindingStatus(1))));
    analysis.push(say('p', BNDREPLY, 7, 4, status(18)));
    expect(divergenceOf(leaseOf(analysis), BEGIN_MILLIS)).toBe('primary refused: MissingBindingInformation');
  });

  it('diverge when an update or its reply was lost, or nobody answers', () => {
    const analysis = new Analysis();
    const { say } = bound(new Dialogue());
    analysis.push(say('p', BNDUPD, 7, 0, clientLease(ADDRESS, bindingStatus(1))), false);
    expect(divergenceOf(leaseOf(analysis), BEGIN_MILLIS)).toBe('update to the secondary was lost');
    analysis.push(say('p', BNDUPD, 8, 1000, clientLease(ADDRESS, bindingStatus(1))));
    expect(divergenceOf(leaseOf(analysis), BEGIN_MILLIS + 2000)).toBeUndefined();
    expect(divergenceOf(leaseOf(analysis), BEGIN_MILLIS + 6001)).toBe('no answer from the secondary');
    analysis.push(say('s', BNDREPLY, 8, 2000, clientLease(ADDRESS)), false);
    expect(divergenceOf(leaseOf(analysis), BEGIN_MILLIS)).toBe('secondary has it, its reply was lost');
  });

  it('are not followed at all with a limit of none', () => {
    const analysis = new Analysis(0);
    const { say } = bound(new Dialogue());
    expect(analysis.push(say('p', BNDUPD, 1, 0, clientLease(ADDRESS)))).toEqual([]);
    expect(analysis.leases.size).toBe(0);
  });

  it('are followed up to a limit, the longest silent one going first', () => {
    const analysis = new Analysis(2);
    const { say } = bound(new Dialogue());
    for (const [xid, last] of ['1', '2', '1', '3'].entries()) {
      analysis.push(say('p', BNDUPD, xid, xid, clientLease(`2001:db8::${last}`)));
    }
    expect([...analysis.leases.all()].map((lease) => lease.text)).toEqual(['2001:db8::1', '2001:db8::3']);
  });
});

function bound(dialogue: Dialogue): { say: Dialogue['say'] } {
  return { say: dialogue.say.bind(dialogue) };
}
