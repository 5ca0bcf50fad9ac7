/** Messages and notices of a capture file, through the capture room and a MessageReader. For tests. */
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import type { Notice } from '../../src/dissect/notice.ts';
import { MessageReader, type ReaderOptions } from '../../src/dissect/reader.ts';

export const DISSECTORS = loadDissectors();

export interface Captured {
  readonly messages: readonly Message[];
  readonly notices: readonly Notice[];
}

export async function captured(path: string, options: ReaderOptions = {}): Promise<Captured> {
  const messages: Message[] = [];
  const notices: Notice[] = [];
  const events = {
    onMessage: (message: Message) => messages.push(message),
    onNotice: (notice: Notice) => notices.push(notice),
  };
  await readCapture([fileSource(path)], new MessageReader(DISSECTORS, events, options));
  return { messages, notices };
}
