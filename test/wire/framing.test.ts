/** Framing: whatever the chunks, the same messages come out; lengths above the limit end the reading. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, toHex } from '../../src/base/bytes.ts';
import { FrameSplitter } from '../../src/wire/framing.ts';

function frame(message: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(message.length >> 8, message.length & 0xff), message]);
}

function split(chunks: readonly Uint8Array[], splitter = new FrameSplitter()): string[] {
  const messages: string[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk, (bytes, start, end) => messages.push(toHex(bytes, start, end)));
  }
  return messages;
}

describe('FrameSplitter', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });

  it('finds every message, however the stream is cut', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 })), (sent, sizes) => {
        const stream = concatBytes(sent.map(frame));
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(split(chunks)).toEqual(sent.map((message) => toHex(message)));
      }),
    );
  });

  it('finds every message octet by octet', () => {
    fc.assert(
      fc.property(messages, (sent) => {
        const stream = concatBytes(sent.map(frame));
        const chunks = Array.from(stream, (octet) => Uint8Array.of(octet));
        expect(split(chunks)).toEqual(sent.map((message) => toHex(message)));
      }),
    );
  });

  it('hands on a whole message without copying it', () => {
    const chunk = frame(Uint8Array.of(1, 2, 3));
    let same = false;
    new FrameSplitter().push(chunk, (bytes) => {
      same = bytes === chunk;
    });
    expect(same).toBe(true);
  });

  it('stops at a length above the limit, in one chunk or in two', () => {
    const stream = concatBytes([frame(Uint8Array.of(1)), Uint8Array.of(0, 9), new Uint8Array(20)]);
    for (const chunks of [[stream], [stream.subarray(0, 4), stream.subarray(4)]]) {
      const splitter = new FrameSplitter(8);
      expect(split(chunks, splitter)).toEqual(['01']);
      expect(splitter.push(stream, () => expect.unreachable())).toBe(9);
    }
  });

  it('takes a message that is just as long as the limit', () => {
    const stream = frame(Uint8Array.of(1, 2, 3));
    expect(split([stream], new FrameSplitter(3))).toEqual(['010203']);
    expect(split([stream.subarray(0, 1), stream.subarray(1)], new FrameSplitter(3))).toEqual(['010203']);
  });

  it('tells how much of an unfinished message it keeps', () => {
    const splitter = new FrameSplitter();
    splitter.push(Uint8Array.of(0, 5, 1, 2), () => expect.unreachable());
    expect(splitter.pendingBytes).toBe(4);
  });
});
