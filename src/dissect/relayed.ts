/** What a relay message carries through all relay agents: the message that a client or a server has sent (RFC 8415 §9). */
import type { Message, TreeNode } from './message.ts';

/** Type and transaction-id of the innermost message. */
export type Relayed = Pick<Message, 'msgName' | 'msgType' | 'transactionId'>;

/** RELAY-FORW and RELAY-REPL. */
const RELAY_TYPES: readonly number[] = [12, 13];

/** `undefined`: it is no relay message, or carries nothing that can be read. Builds the tree of those that are. */
export function relayedMessage(message: Message): Relayed | undefined {
  if (message.protocol !== 'dhcpv6' || !RELAY_TYPES.includes(message.msgType)) return undefined;
  let inner = carriedBy(message.tree());
  for (let next = inner; next !== undefined; next = carriedBy(next)) inner = next;
  if (inner === undefined || inner.code === null) return undefined;
  const id = inner.fields.find(({ name }) => name === 'transaction-id')?.value;
  return { msgName: inner.name, msgType: inner.code, transactionId: typeof id === 'number' ? id : null };
}

function carriedBy({ children }: TreeNode): TreeNode | undefined {
  return children
    .find(({ name }) => name === 'OPTION_RELAY_MSG')
    ?.children.find(({ kind }) => kind === 'message');
}
