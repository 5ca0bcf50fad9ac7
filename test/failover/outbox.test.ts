/** Goal: nothing leaves before what it depends on is stored, in order, with the time at which it leaves. */
import { describe, expect, it } from 'vitest';
import { toEpoch2000 } from '../../src/base/time.ts';
import type { Output, StoreRecord } from '../../src/failover/io.ts';
import { Outbox } from '../../src/failover/outbox.ts';
import { decodeFailoverMessage } from '../../src/wire/failover.ts';
import { START } from './pair.ts';
import { address } from './samples.ts';

const RECORD: StoreRecord = {
  kind: 'lease',
  lease: {
    ...address('2001:db8::1'),
    status: 'FREE',
    startTimeOfState: 0,
    updateNeeded: false,
    updateSent: false,
  },
};
const contact = (transactionId: number) => ({ type: 'CONTACT', transactionId, sentTime: 0 }) as const;

function flush(outbox: Outbox<string>, now = START): Output<string>[] {
  const outputs: Output<string>[] = [];
  outbox.flush(toEpoch2000(now), { emit: (output) => outputs.push(output), sent: () => {} });
  return outputs;
}

describe('Outbox', () => {
  it('sends at once what depends on nothing, and what comes later waits behind what does', () => {
    const outbox = new Outbox<string>();
    outbox.put(contact(1));
    outbox.persist(RECORD);
    outbox.put(contact(2));
    outbox.reply('told');
    expect(flush(outbox).map(({ kind }) => kind)).toEqual(['persist', 'send']);
    outbox.put(contact(3));
    expect(flush(outbox)).toEqual([]);
    outbox.storedUpTo(1);
    expect(flush(outbox).map(({ kind }) => kind)).toEqual(['reply', 'send']);
    expect(outbox.waiting).toBe(0);
  });

  it('dates a message when it leaves', () => {
    const outbox = new Outbox<string>();
    outbox.persist(RECORD);
    outbox.put(contact(1));
    flush(outbox, START);
    outbox.storedUpTo(1);
    const [sent] = flush(outbox, START + 9000);
    if (sent?.kind !== 'send') throw new Error('nothing was sent');
    expect(decodeFailoverMessage(sent.bytes, 2).message).toMatchObject({ sentTime: toEpoch2000(START) + 9 });
  });

  it('answers clients even if the connection is gone', () => {
    const outbox = new Outbox<string>();
    outbox.persist(RECORD);
    outbox.put(contact(1));
    outbox.reply('told');
    flush(outbox);
    outbox.dropMessages();
    outbox.storedUpTo(1);
    expect(flush(outbox)).toEqual([{ kind: 'reply', reply: 'told' }]);
  });

  it('believes no token that it did not give', () => {
    const outbox = new Outbox<string>();
    outbox.storedUpTo(99);
    outbox.persist(RECORD);
    outbox.reply('told');
    expect(flush(outbox).map(({ kind }) => kind)).toEqual(['persist']);
  });
});
