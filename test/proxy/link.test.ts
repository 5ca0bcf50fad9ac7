import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { HELD_OCTETS_MAX, PARTIAL_WAIT_MILLIS } from '../../src/proxy/link.ts';
import { sent, testLink, told } from '../support/link.ts';
import { unit } from '../support/unit.ts';

const CONNECT = unit(31, 1);
const BNDUPD = unit(24, 2, '002d0000');
const BNDREPLY = unit(25, 3);

const messages = fc.array(
  fc.tuple(
    fc.integer({ min: 24, max: 35 }),
    fc.integer({ min: 0, max: 0xffffff }),
    fc.uint8Array({ maxLength: 40 }),
  ),
  { minLength: 1, maxLength: 12 },
);
const cuts = fc.array(fc.nat(200), { maxLength: 12 });

function segmentsOf(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const segments: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    segments.push(stream.slice(at, at + size));
    at += size;
  }
  return [...segments, stream.slice(at)].filter((segment) => segment.length > 0);
}

describe('a link', () => {
  it('takes no more from a sender while a fault holds more than 8 MiB', () => {
    const { link, fault } = testLink();
    fault('hold');
    const octets = concatBytes(Array.from({ length: 16 }, (_, id) => unit(24, id, '00'.repeat(65_500))));
    for (let mebibytes = 0; mebibytes < 8; mebibytes++) link.receive(octets, 0);
    expect(link.blocksReading()).toBe(false);
    link.receive(octets, 0);
    expect(link.held()).toBeGreaterThan(HELD_OCTETS_MAX);
    expect(link.blocksReading()).toBe(true);
  });

  // Transparency: whatever the segmentation, and whether the octets are messages or not.
  it('passes the same octets with no fault armed, each segment at once', () => {
    const stream = fc.oneof(
      messages.map((list) =>
        concatBytes(list.map(([type, id, body]) => unit(type, id, Buffer.from(body).toString('hex')))),
      ),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
    );
    fc.assert(
      fc.property(stream, cuts, (octets, sizes) => {
        const { link } = testLink();
        for (const segment of segmentsOf(octets, sizes))
          expect(sent(link.receive(segment, 0))).toEqual(segment);
        expect(sent(link.end(0))).toHaveLength(0);
      }),
    );
  });

  // A fault that hits nothing makes the link store whole messages; in the end the octets are the same.
  it('passes the same octets while a fault is armed that chooses none, also when it comes and goes', () => {
    fc.assert(
      fc.property(messages, cuts, fc.array(fc.boolean(), { maxLength: 14 }), (list, sizes, armed) => {
        const stream = concatBytes(
          list.map(([type, id, body]) => unit(type, id, Buffer.from(body).toString('hex'))),
        );
        const { link, board, arm } = testLink();
        const out = segmentsOf(stream, sizes).map((segment, index) => {
          if (armed[index] === true && board.size === 0) arm({ id: 'F', do: 'drop', when: 'size == 70000' });
          if (armed[index] === false) board.remove('F');
          return sent(link.receive(segment, 0));
        });
        expect(concatBytes([...out, sent(link.end(0))])).toEqual(stream);
      }),
    );
  });

  it('tells every message once, wherever the segments end', () => {
    const stream = concatBytes([CONNECT, BNDUPD, BNDREPLY]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const { link } = testLink();
      const outputs = [...link.receive(stream.slice(0, cut), 0), ...link.receive(stream.slice(cut), 0)];
      expect(told(outputs)).toEqual(['CONNECT forwarded', 'BNDUPD forwarded', 'BNDREPLY forwarded']);
    }
  });

  it('tells that a stream cannot be read, once, and passes it on', () => {
    const { link } = testLink();
    const hello = new TextEncoder().encode('SSH-2.0-hello\r\n');
    const outputs = [...link.receive(hello, 0), ...link.receive(hello, 0)];
    expect(sent(outputs)).toHaveLength(2 * hello.length);
    expect(outputs.filter((output) => output.kind === 'unreadable')).toHaveLength(1);
  });

  it('leaves a message whole whose beginning went onward before the fault was armed', () => {
    const { link, arm } = testLink();
    const first = link.receive(BNDUPD.slice(0, 5), 0);
    arm({ do: 'drop' });
    const second = link.receive(concatBytes([BNDUPD.slice(5), BNDREPLY]), 0);
    expect(sent([...first, ...second])).toEqual(BNDUPD);
    expect(told(second)).toEqual(['BNDUPD forwarded', 'BNDREPLY dropped']);
  });

  it('does not keep the beginning of a message for ever', () => {
    const { link, arm } = testLink();
    arm({ do: 'drop', when: 'size == 70000' });
    expect(sent(link.receive(BNDUPD.slice(0, 5), 1000))).toHaveLength(0);
    expect(link.deadline()).toBe(1000 + PARTIAL_WAIT_MILLIS);
    expect(sent(link.tick(1000 + PARTIAL_WAIT_MILLIS))).toEqual(BNDUPD.slice(0, 5));
    expect(sent(link.receive(BNDUPD.slice(5), 7000))).toEqual(BNDUPD.slice(5));
  });

  it('ends onward after everything that the sender sent', () => {
    const { link } = testLink();
    link.receive(CONNECT.slice(0, 4), 0);
    expect(link.end(0)).toEqual([{ kind: 'end' }]);
  });
});
