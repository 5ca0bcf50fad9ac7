/** What one BNDUPD has to contain (§7.4, §7.5.3), and what its values may not be. */
import { secondsBetween } from '../../base/time.ts';
import type { TreeNode } from '../../dissect/message.ts';
import { type Binding, containersIn, iasIn } from './bindings.ts';
import type { Report, Said } from './finding.ts';
import { checkPresent } from './layout.ts';
import { Code, missingIn, numberField, numberIn, optionIn, optionName, optionsIn } from './options.ts';

export const BindingStatus = {
  ACTIVE: 1,
  EXPIRED: 2,
  RELEASED: 3,
  FREE: 5,
  FREE_BACKUP: 6,
  ABANDONED: 7,
  RESET: 8,
} as const;

/** VSS type of the global, default VPN (RFC 6607 §3.5). */
const VSS_GLOBAL = 255;
/** Times that are there only where the binding-status has a timeout; EXPIRATION_TIME may be absent even then. */
const TIMEOUT_TIMES = [Code.F_STATE_EXPIRATION_TIME, Code.F_PARTNER_LIFETIME, Code.F_EXPIRATION_TIME];
const CLOCKS_AGREE_SECONDS = 5;

/** Reports what is wrong with the contents of a BNDUPD; whether all that it needs is there. */
export function checkUpdate(
  tree: TreeNode,
  bindings: readonly Binding[],
  said: Said,
  report: Report,
): boolean {
  const containers = containersIn(tree);
  const [container] = containers;
  if (container === undefined || containers.length > 1) {
    const what = `${containers.length === 0 ? 'no' : containers.length} CLIENT_DATA and IAPREFIX options`;
    report('bndupd-content', said, `BNDUPD has ${what}; expected one`);
    return false;
  }
  checkVss(container, said, report);
  if (!checkContainer(container, said, report)) return false;
  const base = numberIn(container, Code.LQ_BASE_TIME) ?? said.sentTime;
  const ahead = secondsBetween(said.sentTime, base);
  if (ahead > CLOCKS_AGREE_SECONDS)
    report('base-time-future', said, `LQ_BASE_TIME is ${ahead} s after the sent-time`);
  return bindings.map((binding) => checkBinding(binding, said, report)).every(Boolean);
}

function checkContainer(container: TreeNode, said: Said, report: Report): boolean {
  const rule = 'bndupd-option-missing';
  if (container.code === Code.IAPREFIX)
    return checkPresent(container, [Code.LQ_BASE_TIME], rule, said, report, 'IAPREFIX');
  if (!checkPresent(container, [Code.CLIENTID, Code.LQ_BASE_TIME], rule, said, report, 'CLIENT_DATA'))
    return false;
  const ias = iasIn(container);
  if (ias.length === 0) {
    report(rule, said, 'CLIENT_DATA has no IA_NA, IA_TA or IA_PD');
    return false;
  }
  for (const ia of ias) {
    const [t1, t2] = [numberField(ia, 'T1') ?? 0, numberField(ia, 'T2') ?? 0];
    if (t1 > t2 && t2 > 0) report('t1-beyond-t2', said, `T1 ${t1} is more than T2 ${t2}`);
    const wanted = ia.code === Code.IA_PD ? Code.IAPREFIX : Code.IAADDR;
    if (!checkPresent(ia, [wanted], rule, said, report, ia.name ?? 'an IA')) return false;
  }
  return true;
}

function checkBinding(binding: Binding, said: Said, report: Report): boolean {
  const { node, ia, lease, bindingStatus, preferredLifetime, validLifetime } = binding;
  const missing = missingIn(node, [Code.F_BINDING_STATUS]).map(optionName);
  if (binding.startTimeOfState === undefined) missing.push(optionName(Code.F_START_TIME_OF_STATE));
  const timed = optionIn(node, Code.F_STATE_EXPIRATION_TIME) !== undefined;
  // Every implementation gives ACTIVE a timeout (§7.2); of others its presence says whether they have one.
  if (timed || bindingStatus === BindingStatus.ACTIVE)
    missing.push(...missingIn(node, [Code.F_STATE_EXPIRATION_TIME, Code.F_PARTNER_LIFETIME]).map(optionName));
  const ahead = secondsBetween(said.sentTime, binding.startTimeOfState ?? said.sentTime);
  if (ahead > CLOCKS_AGREE_SECONDS)
    report('state-time-future', said, `START_TIME_OF_STATE of ${lease} is ${ahead} s after the sent-time`, {
      lease,
    });
  const client = ia === undefined ? checkClient(binding, said, report) : true;
  if (!client) return false;
  if (missing.length > 0)
    report('bndupd-option-missing', said, `${missing.join(', ')} missing for ${lease}`, { lease });
  else if (!timed && optionsIn(node, ...TIMEOUT_TIMES).length > 0)
    report(
      'bndupd-time-unexpected',
      said,
      `times of a timeout without OPTION_F_STATE_EXPIRATION_TIME for ${lease}`,
      { lease },
    );
  if (bindingStatus !== undefined && (bindingStatus === 0 || bindingStatus > BindingStatus.RESET))
    report('binding-status-undefined', said, `binding-status of ${lease} is ${bindingStatus}`, { lease });
  if (ia !== undefined && preferredLifetime > validLifetime)
    report(
      'preferred-beyond-valid',
      said,
      `preferred lifetime ${preferredLifetime} of ${lease} is more than the valid ${validLifetime}`,
      { lease },
    );
  return missing.length === 0;
}

/** A prefix without CLIENT_DATA has no client. */
function checkClient({ lease, bindingStatus }: Binding, said: Said, report: Report): boolean {
  const { ACTIVE, EXPIRED, RELEASED } = BindingStatus;
  if (bindingStatus === ACTIVE)
    report('active-without-client', said, `${lease} is ACTIVE without a client`, { lease });
  if (bindingStatus === EXPIRED || bindingStatus === RELEASED)
    report('client-missing', said, `${lease} has ended without a client`, { lease });
  return bindingStatus !== ACTIVE;
}

function checkVss(container: TreeNode, said: Said, report: Report): void {
  const vss = optionIn(container, Code.VSS);
  if (vss !== undefined && numberField(vss, 'type') === VSS_GLOBAL)
    report('vss-of-default-vpn', said, 'OPTION_VSS names the global, default VPN');
}
