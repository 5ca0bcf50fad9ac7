/** A BNDREPLY against the BNDUPD that it answers (§7.6): what has to be there, and what has to be the same. */
import type { TreeNode } from '../../dissect/message.ts';
import { bindingStatusName } from '../../dissect/vocabulary.ts';
import { type Binding, type BindingValues, containersIn, statusIn, valuesOf } from './bindings.ts';
import type { Report, Said } from './finding.ts';
import { checkPresent } from './layout.ts';
import { Code, missingIn, numberField, optionIn, optionName, textField, visitNodes } from './options.ts';

/** What has to be known of a BNDUPD while it waits for its answer. */
export interface Update {
  readonly said: Said;
  readonly container: number | undefined;
  readonly hasVss: boolean;
  readonly client: string | undefined;
  readonly bindings: readonly BindingValues[];
}

export function updateOf(tree: TreeNode, bindings: readonly Binding[], said: Said): Update {
  // With several, which it may not have, nobody says what the answer has to be.
  const containers = containersIn(tree);
  const container = containers.length === 1 ? containers[0] : undefined;
  return {
    said,
    container: container?.code ?? undefined,
    hasVss: container !== undefined && optionIn(container, Code.VSS) !== undefined,
    client: container === undefined ? undefined : clientOf(container),
    bindings: bindings.map(valuesOf),
  };
}

/** Reports what is wrong with a BNDREPLY by itself. */
export function checkReplyAlone(tree: TreeNode, said: Said, report: Report): void {
  visitNodes(tree, (node) => {
    if (node.code !== Code.STATUS_CODE || node.kind !== 'option') return;
    if (numberField(node, 'status-code') === 0 && textField(node, 'status-message') === '')
      report('success-without-message', said, 'a Success status without a message');
  });
}

/** Reports where a BNDREPLY does not fit its BNDUPD. */
export function checkReply(
  tree: TreeNode,
  bindings: readonly Binding[],
  said: Said,
  update: Update,
  report: Report,
): void {
  const related = [update.said.index];
  const containers = containersIn(tree);
  const [container] = containers;
  if (update.container === undefined) return;
  if (container === undefined || containers.length > 1 || container.code !== update.container) {
    const got = containers.map((one) => one.name).join(' and ') || 'neither CLIENT_DATA nor IAPREFIX';
    const summary = `BNDREPLY has ${got}; BNDUPD #${update.said.index} has ${optionName(update.container)}`;
    report('bndreply-container', said, summary, { related });
    return;
  }
  // Who rejects all need not be able to say what was in it.
  if (statusIn(tree) !== 0 || statusIn(container) !== 0) return;
  const wanted = [
    ...(update.client === undefined ? [] : [Code.CLIENTID]),
    ...(update.hasVss ? [Code.VSS] : []),
  ];
  const where = container.name ?? '';
  if (!checkPresent(container, wanted, 'bndreply-option-missing', said, report, where)) return;
  if (clientOf(container) !== update.client) {
    const summary = `BNDREPLY names client ${clientOf(container)}, BNDUPD ${update.client}`;
    report('bndreply-client-differs', said, summary, { related });
  }
  checkLeases(bindings, said, update, report);
}

function checkLeases(bindings: readonly Binding[], said: Said, update: Update, report: Report): void {
  const related = [update.said.index];
  const asked = new Set(update.bindings.map(({ lease }) => lease));
  const answered = new Set(bindings.map(({ lease }) => lease));
  const strange = [...answered].find((lease) => !asked.has(lease));
  const absent = [...asked].find((lease) => !answered.has(lease));
  if (strange !== undefined || absent !== undefined) {
    const lease = strange ?? absent;
    const what = strange === undefined ? `does not answer for ${absent}` : `answers for ${strange}`;
    report('bndreply-lease-differs', said, `BNDREPLY ${what}`, { related, lease });
    return;
  }
  for (const reply of bindings) {
    const same = update.bindings.find(({ lease }) => lease === reply.lease);
    if (same !== undefined && reply.refusedBy === 0) checkEcho(reply, same, said, related, report);
  }
}

/** What is to be repeated of one lease. */
function checkEcho(
  reply: Binding,
  update: BindingValues,
  said: Said,
  related: readonly number[],
  report: Report,
): void {
  const { lease } = update;
  const wanted = [
    ...(update.bindingStatus === undefined ? [] : [Code.F_BINDING_STATUS]),
    ...(update.stateExpirationTime === undefined ? [] : [Code.F_STATE_EXPIRATION_TIME]),
    ...(update.partnerLifetime === undefined ? [] : [Code.F_PARTNER_LIFETIME_SENT]),
  ];
  const missing = missingIn(reply.node, wanted);
  if (missing.length > 0) {
    const summary = `${missing.map(optionName).join(', ')} missing for ${lease}`;
    report('bndreply-option-missing', said, summary, { related, lease });
  }
  const status = (value: number) => bindingStatusName(value);
  if (differ(reply.bindingStatus, update.bindingStatus)) {
    const summary = `BNDREPLY says ${status(reply.bindingStatus ?? 0)} of ${lease}, BNDUPD ${status(update.bindingStatus ?? 0)}`;
    report('bndreply-status-differs', said, summary, { related, lease });
  }
  if (differ(reply.stateExpirationTime, update.stateExpirationTime)) {
    const summary = `state-expiration-time of ${lease} is ${reply.stateExpirationTime}, in BNDUPD ${update.stateExpirationTime}`;
    report('bndreply-expiration-differs', said, summary, { related, lease });
  }
  if (differ(reply.partnerLifetimeSent, update.partnerLifetime)) {
    const summary = `partner-lifetime-sent of ${lease} is ${reply.partnerLifetimeSent}, received was ${update.partnerLifetime}`;
    report('partner-lifetime-sent-differs', said, summary, { related, lease });
  }
}

/** Absence is another matter. */
function differ(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function clientOf(container: TreeNode): string | undefined {
  const id = optionIn(container, Code.CLIENTID);
  return id === undefined ? undefined : textField(id, 'DUID');
}
