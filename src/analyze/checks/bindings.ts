/** What a BNDUPD or a BNDREPLY says of each lease, with the option that says it. */
import { addSeconds } from '../../base/time.ts';
import type { TreeNode } from '../../dissect/message.ts';
import { Code, numberField, numberIn, optionIn, optionsIn, textField } from './options.ts';

/** Absolute times in seconds since 2000, lifetimes in seconds. */
export interface BindingValues {
  /** RFC 5952 text; a prefix with its length. */
  readonly lease: string;
  readonly isAddress: boolean;
  /** Whether the address is odd, which makes it the primary's (§4.2.1.1). */
  readonly odd: boolean;
  /** Hex of the DUID; `undefined` for a prefix that no client has. */
  readonly client: string | undefined;
  readonly bindingStatus: number | undefined;
  readonly startTimeOfState: number | undefined;
  readonly stateExpirationTime: number | undefined;
  readonly partnerLifetime: number | undefined;
  readonly partnerLifetimeSent: number | undefined;
  readonly expirationTime: number | undefined;
  readonly partnerRawCltTime: number | undefined;
  /** When the client was heard last. */
  readonly clientTime: number | undefined;
  readonly preferredLifetime: number;
  readonly validLifetime: number;
  /** What refuses it: its own status or that of what it stands in; 0 if nothing does. */
  readonly refusedBy: number;
}

/** With the options that say it, which hold the whole tree. */
export interface Binding extends BindingValues {
  /** OPTION_IAADDR or OPTION_IAPREFIX, and the IA that it stands in. */
  readonly node: TreeNode;
  readonly ia: TreeNode | undefined;
}

/** The same without the tree, to be kept. */
export function valuesOf({ node: _node, ia: _ia, ...values }: Binding): BindingValues {
  return values;
}

/** What holds leases: CLIENT_DATA or a lone IAPREFIX. */
export function containersIn(message: TreeNode): readonly TreeNode[] {
  return optionsIn(message, Code.CLIENT_DATA, Code.IAPREFIX);
}

export function iasIn(clientData: TreeNode): readonly TreeNode[] {
  return optionsIn(clientData, Code.IA_NA, Code.IA_TA, Code.IA_PD);
}

export function bindingsIn(message: TreeNode): Binding[] {
  const top = statusIn(message);
  const found: Binding[] = [];
  for (const container of containersIn(message)) {
    const refused = top || statusIn(container);
    if (container.code === Code.IAPREFIX) {
      found.push(bindingOf(container, undefined, container, refused));
      continue;
    }
    for (const ia of iasIn(container)) {
      const inIa = refused || statusIn(ia);
      for (const node of optionsIn(ia, Code.IAADDR, Code.IAPREFIX)) {
        found.push(bindingOf(node, ia, container, inIa || statusIn(node)));
      }
    }
  }
  return found;
}

/** The status-code that stands in `node`; 0 without one. */
export function statusIn(node: TreeNode): number {
  return numberIn(node, Code.STATUS_CODE) ?? 0;
}

function bindingOf(
  node: TreeNode,
  ia: TreeNode | undefined,
  container: TreeNode,
  refusedBy: number,
): Binding {
  const isAddress = node.code === Code.IAADDR;
  const octets = textField(node, isAddress ? 'IPv6-address' : 'IPv6-prefix') ?? '';
  const clientId = ia === undefined ? undefined : optionIn(container, Code.CLIENTID);
  const base = numberIn(container, Code.LQ_BASE_TIME);
  const ago = numberIn(node, Code.CLT_TIME);
  return {
    lease: isAddress ? octets : `${octets}/${numberField(node, 'prefix-length') ?? '?'}`,
    isAddress,
    odd: isOdd(octets),
    client: clientId === undefined ? undefined : textField(clientId, 'DUID'),
    bindingStatus: numberIn(node, Code.F_BINDING_STATUS),
    // §5.5.17 names the options of the IA, §7.4 those of the address.
    startTimeOfState:
      numberIn(node, Code.F_START_TIME_OF_STATE) ??
      (ia === undefined ? undefined : numberIn(ia, Code.F_START_TIME_OF_STATE)),
    stateExpirationTime: numberIn(node, Code.F_STATE_EXPIRATION_TIME),
    partnerLifetime: numberIn(node, Code.F_PARTNER_LIFETIME),
    partnerLifetimeSent: numberIn(node, Code.F_PARTNER_LIFETIME_SENT),
    expirationTime: numberIn(node, Code.F_EXPIRATION_TIME),
    partnerRawCltTime: numberIn(node, Code.F_PARTNER_RAW_CLT_TIME),
    clientTime: base === undefined || ago === undefined ? undefined : addSeconds(base, -ago),
    preferredLifetime: numberField(node, 'preferred-lifetime') ?? 0,
    validLifetime: numberField(node, 'valid-lifetime') ?? 0,
    refusedBy,
    node,
    ia,
  };
}

/** Of RFC 5952 text: the last digit has the low-order bit; `::` at the end stands for zeros. */
function isOdd(address: string): boolean {
  if (address.includes('.')) return (Number(address.at(-1)) & 1) === 1;
  return (Number.parseInt(address.at(-1) ?? '0', 16) & 1) === 1;
}
