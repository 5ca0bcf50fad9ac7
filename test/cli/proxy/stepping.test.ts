import { describe, expect, it, onTestFinished } from 'vitest';
import { isStepping, steppingCommand, steppingOf } from '../../../src/cli/proxy/stepping.ts';
import { read, tapped, until } from '../../support/relay.ts';
import { unit } from '../../support/unit.ts';

const [BNDUPD, CONTACT] = [unit(24, 2), unit(35, 3)];

describe('message by message at the prompt of the UI', () => {
  it('stops at what a filter chooses, lets one go, goes on', async () => {
    const tap = await tapped();
    onTestFinished(() => tap.close());
    const say = steppingCommand(steppingOf(tap.proxy));
    expect(await say('break type == BNDUPD')).toMatch(/^stops everything .* where type == BNDUPD$/);
    tap.primary.write(Buffer.concat([CONTACT, BNDUPD, BNDUPD, CONTACT]));
    expect(await read(tap.secondary, CONTACT.length)).toEqual(CONTACT);
    await until(() => tap.proxy.listFaults()[0]?.heldOctets === 2 * BNDUPD.length + CONTACT.length, 'all');
    expect(await say('step')).toBe('one message let go');
    expect(await read(tap.secondary, BNDUPD.length)).toEqual(BNDUPD);
    expect(await say('release pause 1')).toBe('pause released');
    expect(await read(tap.secondary, CONTACT.length)).toEqual(CONTACT);
    expect(await say('resume')).toBe('everything goes on');
    expect(await read(tap.secondary, BNDUPD.length)).toEqual(BNDUPD);
    expect(tap.proxy.listFaults()).toEqual([]);
  });

  it('stops one direction, if told', async () => {
    const tap = await tapped();
    onTestFinished(() => tap.close());
    const say = steppingCommand(steppingOf(tap.proxy));
    expect(await say('break p>s type == BNDUPD')).toMatch(/from the primary to the secondary where type/);
    tap.primary.write(BNDUPD);
    await until(() => tap.proxy.listFaults()[0]?.heldOctets === BNDUPD.length, 'the first');
    tap.secondary.write(CONTACT);
    expect(await read(tap.primary, CONTACT.length)).toEqual(CONTACT);
  });

  it('says what is wrong', async () => {
    const tap = await tapped();
    onTestFinished(() => tap.close());
    const say = steppingCommand(steppingOf(tap.proxy));
    await expect(say('step')).rejects.toThrow('there is no fault "pause"');
    await expect(say('release H')).rejects.toThrow('there is no fault "H"');
    await expect(say('release H first')).rejects.toThrow('expected a command');
    await expect(say('brake')).rejects.toThrow('unknown command "brake"; expected');
    await expect(say('break typ == 1')).rejects.toThrow('did you mean type?');
    expect([
      isStepping('break'),
      isStepping(' step'),
      isStepping('stepping'),
      isStepping('primary kill'),
    ]).toEqual([true, true, false, false]);
  });
});
