import { describe, expect, it } from 'vitest';
import type { Binding } from '../../../src/analyze/checks/bindings.ts';
import type { Said } from '../../../src/analyze/checks/finding.ts';
import { LeaseHistories } from '../../../src/analyze/checks/lease-history.ts';

const ACTIVE = 1;

function said(index: number): Said {
  return {
    index,
    packet: index + 1,
    connection: 0,
    role: 'primary',
    type: 24,
    name: 'BNDUPD',
    transactionId: index,
    sentTime: 0,
    atMillis: 0,
  };
}

/** What a BNDUPD, or the BNDREPLY to it, says of a lease. */
function binding(lease: string, partnerLifetimeSent?: number, refusedBy = 0): Binding {
  const node = {
    kind: 'option',
    name: null,
    code: 5,
    encapsulates: true,
    start: 0,
    end: 0,
    fields: [],
    children: [],
    problems: [],
  } as const;
  return {
    lease,
    isAddress: true,
    odd: true,
    client: '0003000102005e200001',
    bindingStatus: ACTIVE,
    startTimeOfState: 1000,
    stateExpirationTime: 4600,
    partnerLifetime: 9000,
    partnerLifetimeSent,
    expirationTime: 0,
    partnerRawCltTime: undefined,
    clientTime: 1000,
    preferredLifetime: 3000,
    validLifetime: 3600,
    refusedBy,
    node,
    ia: node,
  };
}

describe('what is known of a lease', () => {
  it('is agreed when the partner has accepted it, and not when it has refused', () => {
    const histories = new LeaseHistories();
    histories.stated('primary', binding('a'), said(1), true);
    expect(histories.of('a')).toMatchObject({ agreed: undefined, pending: { primary: { index: 1 } } });
    histories.replied('primary', binding('a', 9000, 19), 1);
    expect(histories.of('a')).toMatchObject({ agreed: undefined, acknowledged: undefined });
    histories.stated('primary', binding('a'), said(2), true);
    histories.replied('primary', binding('a', 9000), 2);
    expect(histories.of('a')).toMatchObject({ agreed: { index: 2 }, acknowledged: 9000 });
  });

  it('is in doubt when the connection ended before the answer', () => {
    const histories = new LeaseHistories();
    histories.stated('primary', binding('a'), said(1), true);
    histories.replied('primary', binding('a', 9000), 1);
    histories.stated('primary', binding('a'), said(2), false);
    histories.reconnected();
    expect(histories.of('a')).toMatchObject({ agreed: undefined, pending: { primary: undefined } });
  });

  it('is forgotten when there is too much of it, and what comes again is no new lease', () => {
    const histories = new LeaseHistories();
    for (let lease = 0; lease < 70_000; lease++)
      histories.stated('primary', binding(`lease ${lease}`), said(lease), true);
    expect(histories.of('lease 0')).toBeUndefined();
    expect(histories.of('lease 69999')?.older).toBe(true);
    histories.stated('primary', binding('lease 0'), said(1), true);
    expect(histories.of('lease 0')?.older).toBe(true);
  });

  it('begins anew after lost messages, with an unknown past', () => {
    const histories = new LeaseHistories();
    histories.stated('primary', binding('a'), said(1), true);
    expect(histories.of('a')?.older).toBe(false);
    histories.lost();
    expect(histories.of('a')).toBeUndefined();
    histories.stated('primary', binding('a'), said(2), true);
    expect(histories.of('a')?.older).toBe(true);
  });
});
