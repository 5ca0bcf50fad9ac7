/** What `leasetap replay` plays: the messages of one connection of a capture, in their order. */
import { InputError } from '../../base/problem.ts';
import { fileSource } from '../../capture/files.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Message } from '../../dissect/message.ts';
import { readMessages } from '../read/messages.ts';

/** Messages of one connection that are played at most. */
const SCRIPT_MAX = 100_000;

export interface Script {
  readonly messages: readonly Message[];
  /** Further messages of the connection: there are too many of them to be played. */
  readonly leftOut: number;
}

export interface Choice {
  /** Which failover connection of the capture, from 0. */
  readonly connection: number;
  readonly tlsKeylog?: string;
  readonly messagesMax?: number;
}

/** Rejects with InputError if there is nothing to play. */
export async function readScript(
  file: string,
  { connection, tlsKeylog, messagesMax = SCRIPT_MAX }: Choice,
  dissectors: Dissectors,
): Promise<Script> {
  const messages: Message[] = [];
  let leftOut = 0;
  let others = 0;
  const onMessage = (message: Message): void => {
    if (message.protocol !== 'dhcpv6-failover' || isAboutTls(message)) return;
    if (message.frame.connection.index !== connection) others++;
    else if (messages.length < messagesMax) messages.push(message);
    else leftOut++;
  };
  const options = tlsKeylog === undefined ? {} : { tlsKeylog };
  const { sources } = await readMessages([fileSource(file)], dissectors, { onMessage }, options);
  if (messages.length > 0) return { messages, leftOut };
  const damage = sources.find((source) => source.damage !== null)?.damage?.message;
  const elsewhere = others > 0 ? `${others} messages are on other connections (--connection)` : undefined;
  throw new InputError(`${file}: nothing to play: ${damage ?? elsewhere ?? 'no DHCPv6 failover'}`);
}

/** Whether there is TLS under a replay is for its options, whatever the captured servers did. */
function isAboutTls({ msgName }: Message): boolean {
  return msgName === 'STARTTLS' || msgName === 'REPLY';
}
