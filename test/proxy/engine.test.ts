/** Goal: the whole chain is transparent. With every fault there is armed and none of them begun, octets out are octets in. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { seededRandom } from '../../src/base/clock.ts';
import type { Direction } from '../../src/base/flow.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { LegPort } from '../../src/proxy/conversation.ts';
import { ProxyEngine } from '../../src/proxy/engine.ts';
import { FAULT_KINDS } from '../../src/proxy/faults/kinds.ts';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import { PARTIAL_WAIT_MILLIS } from '../../src/proxy/link.ts';
import { unit } from '../support/unit.ts';

const dissectors = loadDissectors();
const end = { address: '2001:db8::1', port: 647 };
const ENDS = { primary: end, listening: end, dialling: end, secondary: end };

/** What faults need beside their names. */
const VALUES: Readonly<Record<string, string>> = {
  delay: '7s',
  edit: 'server-state=NORMAL',
  inject: 'STATE state=NORMAL',
  skew: '+7s',
  truncate: '9',
  throttle: '100',
};

const messages = fc.array(
  fc.tuple(fc.integer({ min: 24, max: 35 }), fc.nat(0xffffff), fc.uint8Array({ maxLength: 40 })),
  { maxLength: 12 },
);
const stream = fc.oneof(
  messages.map((list) =>
    concatBytes(list.map(([type, id, body]) => unit(type, id, Buffer.from(body).toString('hex')))),
  ),
  fc.uint8Array({ maxLength: 300 }),
);

it('passes both directions octet by octet, however they are cut, through the stages of all faults', () => {
  const segments = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 90 })), { maxLength: 60 });
  fc.assert(
    fc.property(stream, stream, segments, (fromPrimary, fromSecondary, cuts) => {
      let now = 1_000_000;
      const out: [Uint8Array[], Uint8Array[]] = [[], []];
      const port = (direction: Direction): LegPort => ({
        write: (octets) => {
          out[direction].push(octets.slice());
          return true;
        },
        end: () => expect.fail('nobody has ended'),
        reset: () => expect.fail('nobody has reset'),
      });
      const engine = new ProxyEngine({
        clock: { nowMillis: () => now },
        random: seededRandom(1),
        dissectors,
      });
      for (const { name, aboutTls } of FAULT_KINDS)
        if (aboutTls !== 'terminated') engine.armFault(parseFault(`${name} ${VALUES[name] ?? ''} after 1h`));
      const conversation = engine.open(ENDS, [port(1), port(0)]);
      const left: [Uint8Array, Uint8Array] = [fromPrimary, fromSecondary];
      const send = (direction: Direction, size: number): void => {
        if (left[direction].length === 0) return;
        engine.receive(conversation, direction, left[direction].slice(0, size));
        left[direction] = left[direction].subarray(size);
        now += 10;
      };
      for (const [second, size] of cuts) send(second ? 1 : 0, size);
      for (const direction of [0, 1] as const) send(direction, Number.POSITIVE_INFINITY);
      now += PARTIAL_WAIT_MILLIS;
      engine.tick();
      expect([concatBytes(out[0]), concatBytes(out[1])]).toEqual([fromPrimary, fromSecondary]);
    }),
    { numRuns: 300 },
  );
});

it('lets go what faults hold when it ends, and says of each how often it was applied', () => {
  const written: string[] = [];
  const port = (to: string): LegPort => ({
    write: (octets) => written.push(`${octets.length} to the ${to}`) > 0,
    end: () => written.push(`FIN to the ${to}`),
    reset: () => expect.fail('nobody has reset'),
  });
  const engine = new ProxyEngine({ clock: { nowMillis: () => 0 }, random: seededRandom(1), dissectors });
  const gone: unknown[] = [];
  engine.subscribe((event) => {
    if (event.kind === 'fault-gone') gone.push([event.fault.id, event.reason, event.fault.hits]);
  });
  for (const fault of ['hold p>s CONTACT', 'drop BNDREPLY']) engine.armFault(parseFault(fault));
  const conversation = engine.open(ENDS, [port('primary'), port('secondary')]);
  engine.receive(conversation, 0, unit(35, 1));
  expect(written).toEqual([]);
  engine.shutDown();
  expect(written).toEqual(['10 to the secondary', 'FIN to the primary', 'FIN to the secondary']);
  expect(gone).toEqual([
    ['F1', 'stopped', 1],
    ['F2', 'stopped', 0],
  ]);
});

it('names who ended a connection, not the reset that followed', () => {
  const port: LegPort = { write: () => true, end: () => undefined, reset: () => undefined };
  const engine = new ProxyEngine({ clock: { nowMillis: () => 0 }, random: seededRandom(1), dissectors });
  const reasons: string[] = [];
  engine.subscribe((event) => {
    if (event.kind === 'connection-down') reasons.push(event.reason);
  });
  const conversation = engine.open(ENDS, [port, port]);
  engine.senderEnded(conversation, 1);
  engine.legLost(conversation, 0, 'reset');
  expect(reasons).toEqual(['closed by the secondary']);
});
