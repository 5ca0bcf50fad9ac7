/** That printing a parcel in the thread that reads leaves that one's code as fast as it was. */
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { expect, it } from 'vitest';
import { Packer } from '../../../../src/cli/read/pool/packer.ts';
import { Unpacker } from '../../../../src/cli/read/pool/unpacker.ts';
import { DissectedMessage, protocolOf } from '../../../../src/dissect/dissect.ts';
import type { Message } from '../../../../src/dissect/message.ts';
import { FrameAtHand } from '../../../../src/dissect/message-maker.ts';
import { DISSECTORS } from '../../../dissect/captured.ts';
import { plain } from './prints.ts';

/** As `MessageReader` makes them. */
function readerObjects({ frame }: Message): readonly [FrameAtHand, DissectedMessage] {
  const made = new FrameAtHand(frame.connection, frame.seen);
  return [made, new DissectedMessage(protocolOf(DISSECTORS, frame.connection), made, 7)];
}

it('keeps the shape of frames and messages that the reader has', () => {
  setFlagsFromString('--allow-natives-syntax');
  const haveSameShape = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
  const messages = plain(3);
  const [first] = messages as [Message];
  const before = readerObjects(first);
  const packer = new Packer(9);
  for (const message of messages) packer.push(message, { replyTo: 1, rttMillis: 0.5 });
  let read = 0;
  new Unpacker(DISSECTORS).read(packer.take(), () => read++);
  expect(read).toBe(3);
  const after = readerObjects(first);
  expect(haveSameShape(before[0], after[0])).toBe(true);
  expect(haveSameShape(before[1], after[1])).toBe(true);
});
