/** Looking things up in the tree of a message by option code and field name. */
import type { TreeNode } from '../../dissect/message.ts';

/** Options that the rules name. */
export const Code = {
  CLIENTID: 1,
  IA_NA: 3,
  IA_TA: 4,
  IAADDR: 5,
  AUTH: 11,
  STATUS_CODE: 13,
  IA_PD: 25,
  IAPREFIX: 26,
  CLIENT_DATA: 45,
  CLT_TIME: 46,
  LQ_RELAY_DATA: 47,
  VSS: 68,
  LQ_BASE_TIME: 100,
  F_BINDING_STATUS: 114,
  F_CONNECT_FLAGS: 115,
  F_DNS_FLAGS: 119,
  F_EXPIRATION_TIME: 120,
  F_MAX_UNACKED_BNDUPD: 121,
  F_MCLT: 122,
  F_PARTNER_LIFETIME: 123,
  F_PARTNER_LIFETIME_SENT: 124,
  F_PARTNER_DOWN_TIME: 125,
  F_PARTNER_RAW_CLT_TIME: 126,
  F_PROTOCOL_VERSION: 127,
  F_KEEPALIVE_TIME: 128,
  F_RECONFIGURE_DATA: 129,
  F_RELATIONSHIP_NAME: 130,
  F_SERVER_FLAGS: 131,
  F_SERVER_STATE: 132,
  F_START_TIME_OF_STATE: 133,
  F_STATE_EXPIRATION_TIME: 134,
} as const;

const NAMES = new Map<number, string>(Object.entries(Code).map(([name, code]) => [code, `OPTION_${name}`]));

/** `OPTION_F_MCLT` and the like. */
export function optionName(code: number): string {
  return NAMES.get(code) ?? `option ${code}`;
}

export function optionIn(node: TreeNode, code: number): TreeNode | undefined {
  return node.children.find((child) => child.code === code && child.kind === 'option');
}

export function optionsIn(node: TreeNode, ...codes: readonly number[]): readonly TreeNode[] {
  return node.children.filter((child) => child.code !== null && codes.includes(child.code));
}

/** Those of `codes` that do not stand in `node`. */
export function missingIn(node: TreeNode, codes: readonly number[]): readonly number[] {
  return codes.filter((code) => optionIn(node, code) === undefined);
}

/** The number in an option of one field; `undefined` without the option. */
export function numberIn(node: TreeNode, code: number): number | undefined {
  const value = optionIn(node, code)?.fields[0]?.value;
  return typeof value === 'number' ? value : undefined;
}

export function numberField(node: TreeNode, name: string): number | undefined {
  const value = node.fields.find((field) => field.name === name)?.value;
  return typeof value === 'number' ? value : undefined;
}

export function textField(node: TreeNode, name: string): string | undefined {
  const value = node.fields.find((field) => field.name === name)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** Visits the node and everything inside it, but for messages of clients that relays have sent. */
export function visitNodes(node: TreeNode, visit: (node: TreeNode) => void): void {
  visit(node);
  for (const child of node.children) if (child.kind !== 'message') visitNodes(child, visit);
}
