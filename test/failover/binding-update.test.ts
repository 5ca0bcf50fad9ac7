/** Goal: what BNDUPD and BNDREPLY say (RFC 8156 §7.4, §7.6) and what is made of them (§7.5.3, §7.5.5). */
import { describe, expect, it } from 'vitest';
import { accept, isStatus, type ReceivedLease, readUpdate } from '../../src/failover/accept.ts';
import { bindingReply, bindingUpdate } from '../../src/failover/binding-update.ts';
import type { Lease } from '../../src/failover/lease.ts';
import { readReply } from '../../src/failover/reply.ts';
import type { Binding, LeaseInfo } from '../../src/wire/messages.ts';
import { address, client, holder, prefix } from './samples.ts';

const NOW = 820_540_800;

function active(more: Partial<Lease> = {}): Lease {
  return {
    ...address('2001:db8::1'),
    status: 'ACTIVE',
    holder: holder(client(1), 3600),
    startTimeOfState: NOW - 500,
    stateExpirationTime: NOW + 3500,
    clientLastTransactionTime: NOW - 100,
    partnerLifetime: NOW + 90_000,
    partnerRawCltTime: NOW - 3000,
    updateNeeded: true,
    updateSent: false,
    ...more,
  };
}

const infoOf = (update: Binding): LeaseInfo => update.clientData?.ias[0]?.leases[0] as LeaseInfo;

function received(update: Binding): ReceivedLease {
  const [lease] = readUpdate(update).leases;
  if (lease === undefined || isStatus(lease)) throw new Error(lease?.message);
  return lease;
}

describe('BNDUPD', () => {
  it('about a client’s lease has all of §7.4', () => {
    const update = bindingUpdate([active()], 9, NOW);
    expect(update).toMatchObject({ type: 'BNDUPD', transactionId: 9 });
    expect(update.clientData).toMatchObject({ clientId: client(1).duid, baseTime: NOW });
    expect(update.clientData?.vss).toBeUndefined();
    expect(update.clientData?.ias[0]).toMatchObject({ kind: 'IA_NA', iaid: 1, t1: 1800, t2: 2880 });
    expect(infoOf(update)).toMatchObject({
      bindingStatus: 1,
      startTimeOfState: NOW - 500,
      stateExpirationTime: NOW + 3500,
      cltTime: 100,
      partnerLifetime: NOW + 90_000,
      partnerRawCltTime: NOW - 3000,
      expirationTime: 0,
      preferredLifetime: 3600,
      validLifetime: 3600,
    });
  });

  it('leaves out the times of a status without timeout, and the client time if this server never saw the client', () => {
    const { stateExpirationTime: _, clientLastTransactionTime: __, ...rest } = active();
    const info = infoOf(bindingUpdate([{ ...rest, status: 'EXPIRED' }], 9, NOW));
    expect(info.bindingStatus).toBe(2);
    for (const name of ['stateExpirationTime', 'partnerLifetime', 'expirationTime', 'cltTime'] as const) {
      expect(info[name]).toBeUndefined();
    }
  });

  it('has all leases of one client in one OPTION_CLIENT_DATA, by IA', () => {
    const delegated = {
      ...active({ holder: holder(client(1, 'IA_PD'), 3600) }),
      ...prefix('2001:db8:100::/56'),
    };
    const update = bindingUpdate([active(), delegated], 9, NOW);
    expect(update.clientData?.ias.map(({ kind }) => kind)).toEqual(['IA_NA', 'IA_PD']);
  });

  it('about a prefix that is nobody’s stands alone', () => {
    const free: Lease = {
      ...prefix('2001:db8:100::/56'),
      status: 'FREE-BACKUP',
      startTimeOfState: NOW,
      updateNeeded: true,
      updateSent: false,
    };
    const update = bindingUpdate([free], 9, NOW);
    expect(update.clientData).toBeUndefined();
    expect(update.prefixLease).toMatchObject({
      bindingStatus: 6,
      startTimeOfState: NOW,
      baseTime: NOW,
      prefixLength: 56,
    });
  });
});

describe('an accepted BNDUPD', () => {
  it('is stored as figure 5 has it', () => {
    const update = bindingUpdate([active({ expirationTime: NOW + 70 })], 9, NOW);
    const lease = accept(undefined, received(update), NOW);
    expect(lease).toMatchObject({
      status: 'ACTIVE',
      expirationTime: NOW + 90_000,
      partnerRawCltTime: NOW - 100,
      startTimeOfState: NOW - 500,
      stateExpirationTime: NOW + 3500,
      partnerLifetime: NOW + 70,
      clientLastTransactionTime: NOW - 3000,
      updateNeeded: false,
    });
  });

  it('does not take back what this server knows better', () => {
    const known = active({
      updateNeeded: false,
      partnerLifetime: NOW + 500,
      clientLastTransactionTime: NOW - 50,
    });
    const lease = accept(known, received(bindingUpdate([active({ expirationTime: NOW + 70 })], 9, NOW)), NOW);
    expect(lease.partnerLifetime).toBe(NOW + 500);
    expect(lease.clientLastTransactionTime).toBe(NOW - 50);
  });

  it('takes back no lifetime that was acknowledged to the partner (§7.3)', () => {
    const longer = active({ expirationTime: NOW + 100_000 });
    expect(accept(longer, received(bindingUpdate([active()], 9, NOW)), NOW).expirationTime).toBe(
      NOW + 100_000,
    );
    const anotherClient = active({ expirationTime: NOW + 100_000, holder: holder(client(2), 3600) });
    const lease = accept(anotherClient, received(bindingUpdate([active()], 9, NOW)), NOW);
    expect(lease.expirationTime).toBe(NOW + 90_000);
  });

  it('of an ended lease leaves it FREE, without promises', () => {
    const { stateExpirationTime: _, ...ended } = active({ status: 'RELEASED' });
    const lease = accept(active({ expirationTime: NOW }), received(bindingUpdate([ended], 9, NOW)), NOW);
    expect(lease.status).toBe('FREE');
    expect(lease.expirationTime).toBeUndefined();
    expect(lease.holder?.duid).toEqual(client(1).duid);
  });
});

describe('a BNDUPD that says too little', () => {
  const update = bindingUpdate([active()], 9, NOW);
  const without = (name: keyof LeaseInfo): Binding => {
    const { [name]: _, ...info } = infoOf(update);
    const ia = update.clientData?.ias[0];
    if (update.clientData === undefined || ia === undefined) throw new Error('no IA');
    return { ...update, clientData: { ...update.clientData, ias: [{ ...ia, leases: [info as LeaseInfo] }] } };
  };

  it.each(['bindingStatus', 'startTimeOfState', 'stateExpirationTime'] as const)('%s is missed', (name) => {
    expect(readUpdate(without(name)).leases[0]).toMatchObject({ code: 18 });
  });

  it('without client or prefix, without DUID, of another VPN, or with two clients is rejected whole', () => {
    const { clientData, ...bare } = update;
    if (clientData === undefined) throw new Error('no client');
    const { clientId: _, ...nobody } = clientData;
    expect(readUpdate(bare).overall?.code).toBe(18);
    expect(readUpdate({ ...update, clientData: nobody }).overall?.code).toBe(18);
    expect(
      readUpdate({ ...update, clientData: { ...clientData, vss: Uint8Array.of(0) } }).overall?.code,
    ).toBe(17);
    expect(readUpdate({ ...update, surplus: 1 }).overall?.code).toBe(1);
  });
});

describe('BNDREPLY', () => {
  const update = bindingUpdate([active()], 9, NOW);

  it('echoes status and times, and has no status code where all is well', () => {
    const reply = bindingReply(update, { leases: [undefined] });
    expect(reply).toMatchObject({
      type: 'BNDREPLY',
      transactionId: 9,
      clientData: { clientId: client(1).duid },
    });
    const info = infoOf(reply);
    expect(info).toMatchObject({
      bindingStatus: 1,
      stateExpirationTime: NOW + 3500,
      partnerLifetimeSent: NOW + 90_000,
    });
    expect(info.status ?? reply.clientData?.status).toBeUndefined();
  });

  it('rejects one lease, or all, at the two levels of §7.6', () => {
    const status = { code: 19, message: 'older' };
    expect(infoOf(bindingReply(update, { leases: [status] })).status).toEqual(status);
    expect(bindingReply(update, { overall: status, leases: [] }).clientData?.status).toEqual(status);
    const { clientData: _, ...bare } = update;
    expect(bindingReply(bare, { overall: status, leases: [] })).toMatchObject({ status });
  });

  it('is understood with a status at any level', () => {
    const key = address('2001:db8::1');
    const status = { code: 16, message: '' };
    const reply = bindingReply(update, { leases: [undefined] });
    const data = reply.clientData;
    if (data === undefined) throw new Error('no client');
    expect(readReply(reply).of(key)).toEqual({ partnerLifetimeSent: NOW + 90_000 });
    expect(readReply({ ...reply, status }).of(key).rejectedWith).toBe(16);
    expect(readReply({ ...reply, clientData: { ...data, status } }).of(key).rejectedWith).toBe(16);
    const ias = data.ias.map((ia) => ({ ...ia, status }));
    expect(readReply({ ...reply, clientData: { ...data, ias } }).of(key).rejectedWith).toBe(16);
    expect(
      readReply({ ...reply, clientData: { ...data, status: { code: 0, message: 'fine' } } }).of(key)
        .rejectedWith,
    ).toBeUndefined();
    expect(readReply({ ...reply, clientData: { ...data, ias: [] } }).of(key).rejectedWith).toBe(1);
  });
});
