/**
 * Connections that are none of the partner's, as a listening server meets them before an endpoint hears of them: a flood from
 * the partner's own address, and callers from addresses that nobody knows. What they say is nothing, nonsense, or a CONNECT.
 */
import { toEpoch2000 } from '../base/time.ts';
import { connectMessage } from '../failover/handshake.ts';
import { encodeFailoverFrame } from '../wire/failover.ts';
import type { ScenarioPair } from './scenario-pair.ts';

const FLOOD_CONNECTIONS = 100;
const STRANGER_CONNECTIONS = 20;
/** Longer than any message. */
const TOO_LONG = Uint8Array.of(0xff, 0xff, 24, 0, 0, 1);

/** Whether the secondary takes one of them; it must not. */
export function flooded(pair: ScenarioPair): boolean {
  const silence = new Uint8Array();
  const nonsense = connect(pair, { relationshipName: 'nobody-knows' });
  const said = [silence, silence.subarray(0, 1), TOO_LONG, nonsense];
  return taken(pair, FLOOD_CONNECTIONS, (index) => [undefined, said[index % said.length] as Uint8Array]);
}

/** Whether the secondary takes one of them; it must not, whatever they say. */
export function strangersCalled(pair: ScenarioPair): boolean {
  const perfect = connect(pair, {});
  return taken(pair, STRANGER_CONNECTIONS, (index) => [`2001:db8:bad::${index}`, perfect]);
}

function taken(
  pair: ScenarioPair,
  count: number,
  caller: (index: number) => readonly [from: string | undefined, bytes: Uint8Array],
): boolean {
  for (let index = 0; index < count; index++) {
    const [from, bytes] = caller(index);
    const acceptor = pair.servers.secondary.newAcceptor(0, from);
    if (acceptor.bytes(bytes, pair.schedule.now).kind === 'admit') return true;
  }
  return false;
}

/** The CONNECT of the primary, with something else about it. */
function connect(pair: ScenarioPair, other: { readonly relationshipName?: string }): Uint8Array {
  const message = connectMessage({ ...pair.ends.primary.config, ...other }, 1);
  return encodeFailoverFrame({ ...message, sentTime: toEpoch2000(pair.schedule.now) });
}
