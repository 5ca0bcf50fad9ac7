/** That a message comes out of a parcel as it went in, whatever it is, and that no parcel is larger than a slot. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Annotator } from '../../../../src/cli/read/annotate.ts';
import { Packer } from '../../../../src/cli/read/pool/packer.ts';
import {
  PARCEL_MESSAGES_MAX,
  PARCEL_OCTETS,
  PARCEL_OCTETS_MAX,
  RECORD,
  RECORD_FIELDS,
} from '../../../../src/cli/read/pool/parcel.ts';
import { Unpacker } from '../../../../src/cli/read/pool/unpacker.ts';
import { type Annotations, REPEATED, UNANSWERED } from '../../../../src/dissect/annotations.ts';
import { dissect } from '../../../../src/dissect/dissect.ts';
import type { Message } from '../../../../src/dissect/message.ts';
import { DISSECTORS } from '../../../dissect/captured.ts';
import { failoverConnection, handMessage } from '../../../support/messages.ts';
import { allCaptured, plain } from './prints.ts';

let captures: (readonly Message[])[] = [];

beforeAll(async () => {
  captures = await allCaptured();
}, 60_000);

/** Everything that is said of a message, apart from where its octets lie. */
function told({ index, frame, msgType, protocol }: Message, notes: Annotations) {
  const { bytes, start, end, connection, seen, direction, streamOffset, resync, claimed, tls } = frame;
  const octets = Buffer.from(bytes.subarray(start, end)).toString('hex');
  const { replyTo, replyIn, rttMillis, findings } = notes;
  const frameTold = {
    connection: structuredClone(connection),
    seen: structuredClone(seen),
    direction,
    streamOffset,
    resync,
    claimed,
    tls,
  };
  return { index, msgType, protocol, octets, replyTo, replyIn, rttMillis, findings, ...frameTold };
}

type Told = ReturnType<typeof told>;

/** What comes out of the parcels that messages are packed into. */
function through(messages: readonly Message[], messagesMax: number, notes?: Annotations): Told[] {
  const packer = new Packer(messagesMax);
  const unpacker = new Unpacker(DISSECTORS);
  const annotator = new Annotator({}, false);
  const out: Told[] = [];
  const unpack = () => unpacker.read(packer.take(), (message, noted) => out.push(told(message, noted)));
  for (const message of messages) {
    if (packer.isFull) unpack();
    packer.push(message, notes ?? annotator.push(message).notes);
  }
  if (!packer.isEmpty) unpack();
  return out;
}

describe('Packer', () => {
  it.each([1, 7, PARCEL_MESSAGES_MAX])('packs all captures, %d messages at a time', (messagesMax) => {
    for (const messages of captures) {
      const annotator = new Annotator({}, false);
      const expected = messages.map((message) => told(message, annotator.push(message).notes));
      expect(through(messages, messagesMax)).toEqual(expected);
    }
  });

  it('keeps what is seldom there: resync, a claimed length, TLS, an answer, times of any resolution', () => {
    const [message] = plain(1) as [Message];
    const seen = {
      packet: 2 ** 40,
      time: {
        unixSeconds: 1_709_629_200,
        ticks: 2 ** 33 + 1,
        resolution: { ticksPerSecond: 2 ** 34, digits: 34 },
      },
    };
    const frame = { ...message.frame, seen, resync: true, claimed: 0, tls: 'TLSv1.3', streamOffset: 2 ** 41 };
    const strange = dissect(DISSECTORS, frame, 4);
    const notes = { replyTo: 0, replyIn: 2, rttMillis: -0.5, findings: [UNANSWERED] };
    const [other] = plain(1) as [Message];
    expect(through([strange, other], 9, notes)).toEqual([told(strange, notes), told(other, notes)]);
  });

  it.each([[[]], [[REPEATED]], [[UNANSWERED]], [[REPEATED, UNANSWERED]]])(
    'keeps the findings %j',
    (findings) => {
      const [message] = plain(1) as [Message];
      const notes = { findings: findings.length === 0 ? undefined : findings };
      expect(through([message], 9, notes)).toEqual([told(message, notes)]);
    },
  );

  it('tells of a connection what was known of it with each message', () => {
    const connection: { dialect?: string; primaryEnd?: 0 | 1 } & ReturnType<typeof failoverConnection> =
      failoverConnection(3);
    const another = failoverConnection(4);
    const packer = new Packer(9);
    const push = (to: typeof connection, index: number) =>
      packer.push(handMessage({ hex: '22 000007 2d799b90', index, connection: to }), {});
    push(connection, 0);
    push(another, 1);
    connection.primaryEnd = 1;
    push(connection, 2);
    push(another, 3);
    push(connection, 4);
    connection.dialect = 'isc';
    push(connection, 5);
    connection.primaryEnd = 0;
    push(connection, 6);
    const out: unknown[] = [];
    const parcel = packer.take();
    new Unpacker(DISSECTORS).read(parcel, ({ frame: { connection: of } }) =>
      out.push([of.index, of.primaryEnd, of.dialect]),
    );
    expect(out).toEqual([
      [3, undefined, undefined],
      [4, undefined, undefined],
      [3, 1, undefined],
      [4, undefined, undefined],
      [3, 1, undefined],
      [3, 1, 'isc'],
      [3, 0, 'isc'],
    ]);
    const speakers = new TextDecoder().decode(parcel.octets.subarray(parcel.speakersAt));
    expect(JSON.parse(speakers)).toHaveLength(5);
  });

  it('gives the same objects for a connection as long as the same is said of it', () => {
    const connection: { dialect?: string } & ReturnType<typeof failoverConnection> = failoverConnection(3);
    const packer = new Packer(9);
    const unpacker = new Unpacker(DISSECTORS);
    const next = (): unknown => {
      packer.push(handMessage({ hex: '22 000007 2d799b90', connection }), {});
      let of: unknown;
      unpacker.read(packer.take(), ({ frame }) => {
        of = frame.connection;
      });
      return of;
    };
    const first = next();
    expect(next()).toBe(first);
    connection.dialect = 'isc';
    const changed = next();
    expect(changed).toEqual(connection);
    expect(next()).toBe(changed);
  });

  it('copies neighbours with what lies between them, and others alone', () => {
    const chunk = Uint8Array.from({ length: 3000 }, (_, at) => (at % 100 === 0 ? 0x22 : at));
    const at = (start: number, index: number) =>
      dissect(DISSECTORS, { ...(plain(1)[0] as Message).frame, bytes: chunk, start, end: start + 20 }, index);
    const packer = new Packer(9);
    for (const [index, start] of [0, 100, 2000, 300].entries()) packer.push(at(start, index), {});
    const parcel = packer.take();
    expect(parcel.speakersAt).toBe(120 + 20 + 20);
    const starts: number[] = [];
    new Unpacker(DISSECTORS).read(parcel, ({ frame }) => starts.push(frame.bytes[frame.start + 1] as number));
    expect(starts).toEqual([0, 100, 2000, 300].map((start) => (start + 1) & 255));
  });

  it('puts octets as far from the beginning of a word as they were', () => {
    const chunk = new Uint8Array(4000).fill(0x22);
    const packer = new Packer(9);
    const starts = [3, 1006, 2005, 3000];
    for (const [index, start] of starts.entries()) {
      const frame = { ...(plain(1)[0] as Message).frame, bytes: chunk, start, end: start + 21 };
      packer.push(dissect(DISSECTORS, frame, index), {});
    }
    const { records, speakersAt } = packer.take();
    const places = starts.map((_, index) => records[index * RECORD_FIELDS + RECORD.start] as number);
    expect(places.map((place) => place % 8)).toEqual(starts.map((start) => start % 8));
    expect(speakersAt).toBeLessThanOrEqual(4 * (21 + 7));
  });

  it('keeps what was pushed when the memory of it is used again, once it has settled', () => {
    const chunk = new Uint8Array(8).fill(0x22);
    const frame = { ...(plain(1)[0] as Message).frame, bytes: chunk, start: 0, end: 8 };
    const packer = new Packer(9);
    packer.push(dissect(DISSECTORS, frame, 0), {});
    packer.settle();
    chunk.fill(0x23);
    packer.push(dissect(DISSECTORS, frame, 1), {});
    const types: number[] = [];
    new Unpacker(DISSECTORS).read(packer.take(), ({ msgType }) => types.push(msgType));
    expect(types).toEqual([0x22, 0x23]);
  });

  it('is full before a parcel could be too large, with the longest messages and a connection each', () => {
    const bytes = new Uint8Array(65_535).fill(0x22);
    const packer = new Packer(PARCEL_MESSAGES_MAX);
    let largest = 0;
    for (let index = 0; index < 300; index++) {
      const connection = failoverConnection(index);
      const end = index % 3 === 0 ? bytes.length : 60;
      const frame = { ...(plain(1)[0] as Message).frame, connection, bytes, start: 0, end };
      if (packer.isFull) largest = Math.max(largest, packer.take().octets.length);
      packer.push(dissect(DISSECTORS, frame, index), {});
    }
    expect(largest).toBeGreaterThan(PARCEL_OCTETS);
    expect(largest).toBeLessThan(PARCEL_OCTETS_MAX);
  });
});
