/** A thread that reads captures and prints its share of their messages. The bundle has it as a file of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { ReplyIndex } from '../../../analyze/reply-index.ts';
import { recyclingFileSource } from '../../../capture/files.ts';
import type { CaptureOptions } from '../../../capture/options.ts';
import { compileDissectors } from '../../../dissect/compile.ts';
import type { Message } from '../../../dissect/message.ts';
import { V4Roles } from '../../../dissect/v4-roles.ts';
import { Annotator } from '../annotate.ts';
import { readMessages } from '../messages.ts';
import { Blocks, blockMessages } from './blocks.ts';
import type { PrintOrder } from './pool.ts';
import { Share } from './share.ts';
import { writeToStdout } from './stdout.ts';
import { Turns } from './turns.ts';

const { files, options, twoPass, choice, filter, definitions, ...order } = workerData as PrintOrder;
const dissectors = compileDissectors(definitions);
const turns = new Turns(order.turns);
const share = new Share({
  choice: { ...choice, dissectors },
  filter: await filterOf(),
  turns,
  blocks: new Blocks(blockMessages(choice.type)),
  write: writeToStdout,
  wait: (block) => turns.wait(block),
});
const stop = new AbortController();
const readerOptions = { ...options, overwrite: true, v4Roles: new V4Roles() };
const captureOptions: CaptureOptions = {
  signal: stop.signal,
  interfaces: options.interface,
  afterChunk: async () => {
    if (turns.closed) stop.abort();
  },
};

parentPort?.postMessage('begun');
const replies = twoPass ? new ReplyIndex() : undefined;
if (replies !== undefined) await read((message) => replies.push(message));
const annotator = new Annotator(replies, false);
await read((message) => share.push(message, annotator.push(message).notes));
share.end();
share.drain();

/** Everything else that reading has to say is said by the main thread. */
async function read(onMessage: (message: Message) => void): Promise<void> {
  await readMessages(
    files.map(recyclingFileSource),
    dissectors,
    { onMessage },
    readerOptions,
    captureOptions,
  );
}

/** Loaded on demand: the parser is much of what a thread needs to begin. */
async function filterOf() {
  if (filter === undefined) return undefined;
  const { requireFilter } = await import('../../../filter/compile.ts');
  return requireFilter(filter, dissectors);
}
