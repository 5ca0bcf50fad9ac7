/** Goal: one end of a connection by itself: CONNECT checks, CONTACT, keepalive, skew and the end of it (RFC 8156 §6, §7.1). */
import { describe, expect, it } from 'vitest';
import { toEpoch2000 } from '../../src/base/time.ts';
import { Endpoint } from '../../src/failover/endpoint.ts';
import type { Input, Output } from '../../src/failover/io.ts';
import { decodeFailoverMessage, encodeFailoverFrame } from '../../src/wire/failover.ts';
import { FrameSplitter } from '../../src/wire/framing.ts';
import type { FailoverMessage } from '../../src/wire/messages.ts';
import { configOf, type Side, START } from './pair.ts';

/** One endpoint whose partner is the test. */
class Alone {
  now = START;
  readonly said: FailoverMessage[] = [];
  readonly outputs: Output<string>[] = [];
  readonly endpoint: Endpoint<string>;

  constructor(role: Side) {
    this.endpoint = new Endpoint<string>(configOf(role), { leases: [] }, START);
    this.feed({ kind: 'tick' });
  }

  feed(input: Input<string>): void {
    for (const output of this.endpoint.handle(input, this.now)) {
      this.outputs.push(output);
      if (output.kind === 'persist') this.feed({ kind: 'stored', token: output.token });
      if (output.kind === 'send') {
        new FrameSplitter().push(output.bytes, (bytes, start, end) => {
          const { message } = decodeFailoverMessage(bytes, start, end);
          if (message.type !== 'unknown') this.said.push(message);
        });
      }
    }
  }

  tell(message: FailoverMessage): void {
    this.feed({ kind: 'bytes', bytes: encodeFailoverFrame(message) });
  }

  /** Lets time pass, deadline by deadline. */
  wait(seconds: number): void {
    const end = this.now + 1000 * seconds;
    for (let next = this.endpoint.deadline() ?? end; next < end; next = this.endpoint.deadline() ?? end) {
      this.now = Math.max(this.now, next);
      this.feed({ kind: 'tick' });
    }
    this.now = end;
    this.feed({ kind: 'tick' });
  }

  get types(): string[] {
    return this.said.map(({ type }) => type);
  }

  get closed(): boolean {
    return this.outputs.some(({ kind }) => kind === 'close');
  }

  get connects(): number {
    return this.outputs.filter(({ kind }) => kind === 'connect').length;
  }
}

const header = (now = START) => ({ transactionId: 7, sentTime: toEpoch2000(now) });
const offer = {
  protocolVersion: { major: 1, minor: 0 },
  mclt: 3600,
  keepaliveTime: 40,
  maxUnackedBndupd: 10,
  connectFlags: 1,
};

function accepted(role: Side): Alone {
  const alone = new Alone(role);
  alone.feed({ kind: 'connected' });
  if (role === 'primary') alone.tell({ type: 'CONNECTREPLY', ...header(), ...offer });
  else alone.tell({ type: 'CONNECT', ...header(), ...offer });
  return alone;
}

/** Up, and the partner has said that it recovers, which leaves a primary in PARTNER-DOWN. */
function up(role: Side): Alone {
  const alone = accepted(role);
  const startTimeOfState = toEpoch2000(START);
  alone.tell({ type: 'STATE', ...header(), serverState: 6, serverFlags: 0, startTimeOfState });
  alone.said.length = 0;
  alone.outputs.length = 0;
  return alone;
}

describe('CONNECT as a secondary receives it', () => {
  it('is accepted with the same MCLT and transaction-id, and STATE follows', () => {
    const alone = accepted('secondary');
    expect(alone.types).toEqual(['CONNECTREPLY', 'STATE']);
    expect(alone.said[0]).toMatchObject({ transactionId: 7, mclt: 3600 });
  });

  it.each([
    ['the clock is 6 s behind', { sentTime: toEpoch2000(START) - 6 }, 22],
    ['the clock is 6 s ahead', { sentTime: toEpoch2000(START) + 6 }, 22],
    ['the version is 2', { protocolVersion: { major: 2, minor: 0 } }, 14],
    ['prefixes of several lengths', { connectFlags: 0 }, 14],
    ['another relationship', { relationshipName: 'elsewhere' }, 10],
  ])('is rejected because %s', (_, change, code) => {
    const alone = new Alone('secondary');
    alone.feed({ kind: 'connected' });
    alone.tell({ type: 'CONNECT', ...header(), ...offer, ...change });
    expect(alone.types).toEqual(['CONNECTREPLY']);
    expect(alone.said[0]).toMatchObject({ transactionId: 7, status: { code } });
    expect(alone.closed).toBe(true);
  });

  it('with a clock that is 5 s off is accepted', () => {
    const alone = new Alone('secondary');
    alone.feed({ kind: 'connected' });
    alone.tell({ type: 'CONNECT', ...header(), ...offer, sentTime: toEpoch2000(START) - 5 });
    expect(alone.types).toEqual(['CONNECTREPLY', 'STATE']);
  });
});

describe('CONNECTREPLY as a primary receives it', () => {
  it('with another MCLT ends in DISCONNECT', () => {
    const alone = new Alone('primary');
    alone.feed({ kind: 'connected' });
    alone.tell({ type: 'CONNECTREPLY', ...header(), ...offer, mclt: 1800 });
    expect(alone.types).toEqual(['CONNECT', 'DISCONNECT']);
    expect(alone.closed).toBe(true);
    // It would be the same again in a moment: an operator has to change something first.
    alone.outputs.length = 0;
    alone.wait(59);
    expect(alone.connects).toBe(0);
    alone.wait(2);
    expect(alone.connects).toBe(1);
  });

  it('that rejects makes it try less often, but on and on', () => {
    const alone = new Alone('primary');
    alone.feed({ kind: 'connected' });
    alone.tell({ type: 'CONNECTREPLY', ...header(), status: { code: 22, message: 'clock' } });
    alone.outputs.length = 0;
    alone.wait(59);
    expect(alone.connects).toBe(0);
    alone.wait(2);
    expect(alone.connects).toBe(1);
    alone.feed({ kind: 'closed', why: 'refused' });
    alone.wait(6);
    expect(alone.connects).toBe(2);
  });
});

describe('an established connection', () => {
  it('gets a CONTACT after a quarter of the partner’s keepalive time', () => {
    const alone = up('primary');
    alone.wait(9);
    expect(alone.types).toEqual([]);
    alone.wait(2);
    expect(alone.types).toEqual(['CONTACT']);
  });

  it('is dead after its own keepalive time of silence', () => {
    const alone = up('primary');
    alone.wait(59);
    expect(alone.closed).toBe(false);
    alone.tell({ type: 'CONTACT', ...header(alone.now) });
    alone.wait(59);
    expect(alone.closed).toBe(false);
    alone.wait(2);
    expect(alone.closed).toBe(true);
    expect(alone.types.at(-1)).toBe('DISCONNECT');
  });

  it('is dropped when the partner’s clock has drifted away by more than 5 s', () => {
    const alone = up('primary');
    for (let count = 0; count < 8 && !alone.closed; count++) {
      alone.wait(1);
      alone.tell({ type: 'CONTACT', ...header(alone.now + 7000) });
    }
    expect(alone.said.at(-1)).toMatchObject({ type: 'DISCONNECT', status: { code: 22 } });
  });

  it('ends with ServerShuttingDown when the operator says so', () => {
    const alone = up('primary');
    alone.feed({ kind: 'operator', command: { kind: 'shutdown' } });
    expect(alone.said.at(-1)).toMatchObject({ type: 'DISCONNECT', status: { code: 20 } });
    expect(alone.outputs.at(-1)).toEqual({ kind: 'done' });
  });

  it('takes octets cut anywhere', () => {
    const alone = up('primary');
    const bytes = encodeFailoverFrame({ type: 'POOLREQ', ...header() });
    for (const octet of bytes) alone.feed({ kind: 'bytes', bytes: Uint8Array.of(octet) });
    expect(alone.types).toEqual(['POOLRESP']);
    expect(alone.said[0]?.transactionId).toBe(7);
  });
});
