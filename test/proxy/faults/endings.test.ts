import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';
import { closed, read, type Tapped, tapped, until } from '../../support/relay.ts';
import { unit } from '../../support/unit.ts';

const BNDUPD = unit(24, 1);
const CONTACT = unit(35, 2);

describe('connections that end on purpose', () => {
  let tap: Tapped | undefined;
  afterEach(async () => {
    await tap?.close();
    tap = undefined;
  });

  const reasons = (): unknown[] =>
    tap?.events.flatMap((event) => ('reason' in event ? [event.reason] : [])) ?? [];

  it('reset: at once, both legs, and the fault is over', async () => {
    tap = await tapped();
    tap.proxy.armFault(parseFault('reset'));
    await Promise.all([closed(tap.primary), closed(tap.secondary)]);
    expect(reasons()).toEqual(['reset by F1', 'used-up']);
    expect(tap.proxy.listFaults()).toEqual([]);
  });

  it('reset: in the place of a chosen message', async () => {
    tap = await tapped();
    tap.proxy.armFault(parseFault('reset p>s BNDUPD nth 2 times 1'));
    tap.primary.write(Buffer.concat([BNDUPD, CONTACT, BNDUPD, CONTACT]));
    await closed(tap.primary);
    expect(reasons()).toContain('reset by F1');
    expect(tap.proxy.stats().messages).toEqual({
      'p>s BNDUPD forwarded': 1,
      'p>s CONTACT forwarded': 1,
      'p>s BNDUPD dropped': 1,
      'p>s CONTACT dropped': 1,
    });
  });

  it('half-close: behind a chosen message; the other direction goes on', async () => {
    tap = await tapped();
    tap.proxy.armFault(parseFault('half-close p>s BNDUPD times 1'));
    tap.primary.write(Buffer.concat([BNDUPD, CONTACT]));
    const ended = once(tap.secondary, 'end');
    expect(await read(tap.secondary, BNDUPD.length)).toEqual(BNDUPD);
    tap.secondary.resume();
    await ended;
    tap.secondary.write(CONTACT);
    expect(await read(tap.primary, CONTACT.length)).toEqual(CONTACT);
    expect(tap.proxy.stats().messages['p>s CONTACT dropped']).toBe(1);
  });

  it('half-open: one side loses the connection, the other does not know', async () => {
    tap = await tapped();
    tap.proxy.armFault(parseFault('half-open p>s'));
    await closed(tap.secondary);
    tap.primary.write(CONTACT);
    await until(() => tap?.proxy.stats().messages['p>s CONTACT dropped'] === 1, 'the message to be lost');
    expect(tap.primary.destroyed).toBe(false);
    expect(tap.events.map((event) => event.kind)).not.toContain('connection-down');
    tap.primary.end();
    await until(() => reasons().includes('reset by F1'), 'the connection to be over');
  });
});
