/** What every output format of `read` is: something that takes the messages in their order. */
import type { StateChange } from '../../analyze/relationships.ts';
import type { Message } from '../../dissect/message.ts';
import type { Annotations } from '../../render/text.ts';

/** Takes a message with what the analysis knows of it. */
export type Format = (message: Message, notes: Annotations, change?: StateChange) => void;
