/** Dialects that only show in the options of a message. Those that show in a header are found in recognize.ts. */
import { textOf } from './codecs/octets.ts';
import type { Message, TreeNode } from './message.ts';
import type { DialectFound } from './recognize.ts';

const V4_CONNECT = 5;
const V4_CONNECTACK = 6;
const V4_VENDOR_CLASS = 28;
/** The number of vendor-class-identifier in drafts up to 10, which ISC dhcpd 3.0 spoke; now hash-bucket-assignment. */
const V4_OLD_VENDOR_CLASS = 11;

/** What the first messages of a DHCPv4 failover connection tell about their sender. */
export function dialectShownBy(message: Message): DialectFound | undefined {
  if (message.protocol !== 'dhcpv4-failover') return undefined;
  if (message.msgType !== V4_CONNECT && message.msgType !== V4_CONNECTACK) return undefined;
  const { children } = message.tree();
  const vendor = contentsOf(message, children, V4_VENDOR_CLASS);
  if (vendor?.startsWith('isc-') === true) return { name: 'isc', why: `its vendor class is ${vendor}` };
  const old = contentsOf(message, children, V4_OLD_VENDOR_CLASS);
  if (old?.startsWith('isc-V3.0.') !== true) return undefined;
  return {
    name: 'isc-3.0',
    why: `option 11 is ${old}: option and state numbers are those of drafts up to 10`,
  };
}

function contentsOf(message: Message, options: readonly TreeNode[], code: number): string | undefined {
  const option = options.find((child) => child.code === code);
  return option === undefined ? undefined : textOf(message.frame.bytes, option.start + 4, option.end);
}
