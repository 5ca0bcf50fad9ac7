/**
 * The built server in conversation with another vendor's, which a test plays with octets of its own: connecting, and the
 * endpoint states of RFC 8156 §8. What is expected was written down from the RFC, not from what the server does.
 */
import { describe, expect, test } from 'vitest';
import { leasetap } from '../support/process.ts';
import { encodeFrame, type Out, text, u16, u32 } from '../support/strange-octets.ts';
import {
  CONNECT,
  CONNECTREPLY,
  CONTACT,
  connectOptions,
  DISCONNECT,
  NAMES,
  type StateName,
  type StrangePartner,
  stateIn,
  summary,
  UPDDONE,
  UPDREQ,
  UPDREQALL,
} from '../support/strange-partner.ts';
import { mclt, type Role, StrangeServer } from '../support/strange-server.ts';

const PATIENCE = { timeout: 60_000 };

/** What a primary's CONNECT may have, and the status-code that refuses it (§6.1.2), if any. */
const CONNECTS: readonly (readonly [what: string, Record<string, Out | undefined>, status?: number])[] = [
  ['as in §6.1.1', {}],
  ['no name: the only relationship of the two', { name: undefined }],
  ['a minor version that is newer', { version: [127, u16(1), u16(7)] }],
  ['another MCLT, which the secondary takes over', mclt(77)],
  ['a keepalive-time of 0', { keepalive: [128, u32(0)] }],
  ['a keepalive-time of 2^32 - 1', { keepalive: [128, u32(0xffff_ffff)] }],
  ['MAX_UNACKED_BNDUPD of 2^32 - 1', { unacked: [121, u32(0xffff_ffff)] }],
  ['flags that are not defined', { flags: [115, u16(0xffff)] }],
  ['an option that is not defined', { more: [9999, text('news')] }],
  ['version 2', { version: [127, u16(2), u16(0)] }, 14],
  ['prefixes of any length', { flags: [115, u16(0)] }, 14],
  ['a name that nobody has', { name: [130, text('other')] }, 10],
  ['a name that ends with a null', { name: [130, text('pair\0')] }, 10],
  ['no version', { version: undefined }, 1],
  ['no MCLT', { mclt: undefined }, 1],
  ['no keepalive-time', { keepalive: undefined }, 1],
  ['no MAX_UNACKED_BNDUPD', { unacked: undefined }, 1],
  ['no flags', { flags: undefined }, 1],
];

describe('a secondary that another vendor dials', () => {
  test('answers each CONNECT as §6.1.2 says', PATIENCE, async () => {
    const server = await StrangeServer.start('secondary');
    for (const [what, changes, status] of CONNECTS) {
      const partner = await server.meet();
      const xid = partner.say(CONNECT, connectOptions(changes));
      const reply = await partner.next(CONNECTREPLY);
      expect([reply.xid, summary([reply])], what).toEqual([
        xid,
        status === undefined ? 'CONNECTREPLY' : `CONNECTREPLY(status ${status})`,
      ]);
      if (status === undefined) {
        const codes = reply.options.map(({ code }) => code);
        expect(codes, what).toEqual(expect.arrayContaining([127, 122, 128, 121, 115]));
        const said = connectOptions(changes).find(([code]) => code === 122)?.[1];
        expect(reply.options.find(({ code }) => code === 122)?.fixed, what).toEqual(said);
        expect((await partner.until(({ type }) => type !== CONTACT, 'STATE')).type, what).toBe(34);
      } else expect(await partner.closes(), what).toBe(true);
      partner.close();
    }
  });

  test(
    'refuses a clock that is off, says nothing before CONNECT, and reads octet by octet',
    PATIENCE,
    async () => {
      const server = await StrangeServer.start('secondary');
      for (const ahead of [7, -7]) {
        const late = await server.meet();
        late.ahead = ahead;
        late.say(CONNECT, connectOptions());
        expect(summary([await late.next(CONNECTREPLY)])).toBe('CONNECTREPLY(status 22)');
        expect(await late.closes()).toBe(true);
      }
      const rude = await server.meet();
      rude.state('NORMAL');
      expect([await rude.closes(), rude.heard]).toEqual([true, []]);

      const slow = await server.meet();
      for (const octet of encodeFrame(CONNECT, 9, slow.now, connectOptions())) {
        slow.octets(Buffer.of(octet));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      expect((await slow.next(CONNECTREPLY)).xid).toBe(9);
      const second = await server.connect();
      expect([await slow.closes(), second.closed]).toEqual([true, false]);
    },
  );
});

test('a primary hangs up on a CONNECTREPLY that it cannot live with (§6.1.3)', PATIENCE, async () => {
  const cases: readonly (readonly [Record<string, Out | undefined>, status: number])[] = [
    [mclt(31), 17],
    [{ flags: [115, u16(0)] }, 14],
  ];
  const server = await StrangeServer.start('primary');
  for (const [changes, status] of cases) {
    const partner = await server.meet();
    const { xid, options } = await partner.next(CONNECT);
    expect(options.map(({ code }) => code).sort()).toEqual([115, 121, 122, 127, 128, 130]);
    partner.say(CONNECTREPLY, connectOptions({ name: undefined, ...changes }), xid);
    expect(summary([await partner.next(DISCONNECT)])).toBe(`DISCONNECT(status ${status})`);
    expect(await partner.closes()).toBe(true);
  }
});

/**
 * What is said, line by line. `>` we say it, with the flags of a STATE behind it if they are not C (1): S is 2;
 * `<` the next that the server says but CONTACT; `cut`, `connect`, `restart`, `operator`: what happens besides.
 */
const CONVERSATIONS: readonly (readonly [what: string, Role, string])[] = [
  [
    'figures 7 and 8: a new secondary recovers, loses the connection, and both are NORMAL again',
    'secondary',
    `connect          < STATE RECOVER
     > PARTNER-DOWN   < STATE RECOVER    < UPDREQALL
     > UPDDONE        < STATE RECOVER-WAIT   < STATE RECOVER-DONE
     > NORMAL         < STATE NORMAL     < POOLREQ
     > CONFLICT-DONE
     > RECOVER        < STATE COMMUNICATIONS-INTERRUPTED
     > RECOVER-WAIT
     > RECOVER-DONE   < STATE NORMAL     < POOLREQ
     cut              is COMMUNICATIONS-INTERRUPTED
     connect          < STATE COMMUNICATIONS-INTERRUPTED
     > COMMUNICATIONS-INTERRUPTED        < STATE NORMAL     < POOLREQ
     > DISCONNECT     is COMMUNICATIONS-INTERRUPTED`,
  ],
  [
    'figure 9 on the secondary: two servers that were both PARTNER-DOWN',
    'secondary',
    `connect          < STATE RECOVER
     > PARTNER-DOWN   < STATE RECOVER    < UPDREQALL
     > UPDDONE        < STATE RECOVER-WAIT   < STATE RECOVER-DONE
     > NORMAL         < STATE NORMAL     < POOLREQ
     cut              is COMMUNICATIONS-INTERRUPTED
     operator         is PARTNER-DOWN
     connect          < STATE PARTNER-DOWN
     > NORMAL 3       > UPDREQ   < UPDDONE   is PARTNER-DOWN
     > PARTNER-DOWN   < STATE POTENTIAL-CONFLICT
     > POTENTIAL-CONFLICT
     > UPDREQ         < UPDDONE
     > CONFLICT-DONE  < UPDREQ
     cut              is RESOLUTION-INTERRUPTED
     connect          < STATE RESOLUTION-INTERRUPTED
     > CONFLICT-DONE  < STATE POTENTIAL-CONFLICT   < UPDREQ
     > UPDDONE        < STATE NORMAL     < POOLREQ
     > NORMAL         is NORMAL`,
  ],
  [
    'figure 7 from the side of the server that is up, and figure 9 on the primary',
    'primary',
    `connect          < STATE PARTNER-DOWN
     > RECOVER 0      < STATE PARTNER-DOWN
     > UPDREQALL      < UPDDONE
     > RECOVER-WAIT
     > POOLREQ        < POOLRESP
     > RECOVER-DONE   < STATE NORMAL
     > NORMAL
     cut              is COMMUNICATIONS-INTERRUPTED
     connect          < STATE COMMUNICATIONS-INTERRUPTED
     > RECOVER
     > PARTNER-DOWN   < STATE POTENTIAL-CONFLICT   < UPDREQ
     > POTENTIAL-CONFLICT
     > UPDDONE        < STATE CONFLICT-DONE
     > UPDREQ         < UPDDONE
     cut              is CONFLICT-DONE
     connect          < STATE CONFLICT-DONE
     > POTENTIAL-CONFLICT
     > UPDREQ         < UPDDONE
     > NORMAL         < STATE NORMAL
     restart          connect            < STATE NORMAL
     > POTENTIAL-CONFLICT 1   < STATE COMMUNICATIONS-INTERRUPTED   < STATE POTENTIAL-CONFLICT   < UPDREQ
     cut              is RESOLUTION-INTERRUPTED
     operator         is PARTNER-DOWN`,
  ],
  [
    'a primary that lost its disk asks for everything, in a conflict too (§8.5.2)',
    'primary',
    `connect          < STATE PARTNER-DOWN
     > RESOLUTION-INTERRUPTED   < STATE RECOVER   < STATE POTENTIAL-CONFLICT   < UPDREQALL
     > UPDDONE        < STATE CONFLICT-DONE`,
  ],
];

/** Acts the steps of a conversation, which are two spaces or a line apart. */
class Conversation {
  private readonly server: StrangeServer;
  private connected: StrangePartner | undefined;
  private asked = 0;

  constructor(server: StrangeServer) {
    this.server = server;
  }

  get partner(): StrangePartner {
    if (this.connected === undefined) throw new Error('not connected');
    return this.connected;
  }

  async act(step: string): Promise<void> {
    const [verb, what = '', flags = '1'] = step.split(/ +/);
    if (verb === '>') this.say(what, Number(flags));
    else if (verb === '<') await this.hear(what === 'STATE' ? `STATE(${flags})` : what);
    else if (verb === 'is') await expect.poll(() => this.server.state(), { timeout: 4000 }).toBe(what);
    else if (verb === 'operator') await this.server.control.order({ name: 'partner-down' });
    else if (verb === 'cut') this.partner.close();
    else if (verb === 'restart') await this.server.restart();
    else this.connected = await this.server.connect(this.server.role === 'secondary' ? mclt(2) : {});
  }

  private say(what: string, flags: number): void {
    const type = NAMES.indexOf(what);
    const since = this.partner.now - 100;
    if (type === UPDDONE) this.partner.say(UPDDONE, [], this.asked);
    else if (type >= 0) this.partner.say(type, []);
    else
      this.partner.state(what as StateName, flags, since, what === 'PARTNER-DOWN' ? [[125, u32(since)]] : []);
  }

  private async hear(what: string): Promise<void> {
    const message = await this.partner.until(({ type }) => type !== CONTACT, what, 10_000);
    expect(summary([message])).toBe(what);
    if (message.type === UPDREQ || message.type === UPDREQALL) this.asked = message.xid;
    // The time beside the state is that of its beginning, and a server without STARTUP says so (§6.3).
    if (stateIn(message) === 'PARTNER-DOWN')
      expect(message.options.find(({ code }) => code === 125)?.fixed).toEqual(
        message.options.find(({ code }) => code === 133)?.fixed,
      );
  }
}

describe('the states of §8, told by a partner that is not ours', () => {
  test.each(CONVERSATIONS)('%s', PATIENCE, async (_what, role, lines) => {
    const conversation = new Conversation(await StrangeServer.start(role));
    for (const step of lines.split(/\s{2,}/)) await conversation.act(step);
  });
});

// RFC 8156 lets a partner give its reasons as text; whoever reads them may sit at a terminal that obeys U+009B.
test('what a partner says reaches no terminal as it is, as JSON neither', PATIENCE, async () => {
  const said = 'bye\u009b2J\u202e';
  const shown = String.raw`bye\u009b2J\u202e`;
  const server = await StrangeServer.start('secondary', 'jsonl');
  const events = leasetap(['ctl', server.controlPath, 'events', '--json']);
  const partner = await server.connect();
  await events.prints(/"to":/);
  partner.say(DISCONNECT, [[13, u16(1), text(said)]]);
  expect((await events.prints(/bye/)).input).toContain(shown);
  expect((await server.process.prints(/bye/)).input).toContain(shown);
});
