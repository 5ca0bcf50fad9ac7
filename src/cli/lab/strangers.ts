/** What strangers say to a server of the lab: the CONNECT that its partner would send. */
import { toEpoch2000 } from '../../base/time.ts';
import { connectMessage } from '../../failover/handshake.ts';
import { parseServerConfig } from '../../server/config.ts';
import { endpointConfig } from '../../server/engine-config.ts';
import { encodeFailoverFrame } from '../../wire/failover.ts';
import { type LabPlan, serverYaml } from './plan.ts';

/** What the lab's primary says first. */
export function perfectConnect(plan: LabPlan): Uint8Array {
  const { relationships } = parseServerConfig('primary.yaml', serverYaml(plan, 'primary'), (path) => path);
  const [relationship] = relationships;
  if (relationship === undefined) throw new Error('the primary of a lab has a relationship');
  const message = connectMessage(endpointConfig(relationship), 1);
  return encodeFailoverFrame({ ...message, sentTime: toEpoch2000(Date.now()) });
}
