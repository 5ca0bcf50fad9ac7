/** A proxy behind its control connection as a session, so that lines and the terminal UI see it as if it were here. */
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { FaultView, ProxyEvent, ProxyStats } from '../../proxy/events.ts';
import type { ProxyHandle } from '../../proxy/handle.ts';
import { sessionOfProxy } from '../../tui/proxy-session.ts';
import type { Session, SessionItem } from '../../tui/session.ts';
import type { ProxyClient } from './control-client.ts';
import { eachSecond } from './each-second.ts';
import { steppingCommand } from './stepping.ts';

const REFRESH_MILLIS = 250;

/** Rejects with InputError if nobody answers. The session ends with the signal or with the proxy; then `ended` is called. */
export async function remoteSession(
  client: ProxyClient,
  title: string,
  dissectors: Dissectors,
  signal: AbortSignal,
  ended: () => void,
): Promise<Session> {
  let faults = await client.list();
  // They announce nothing anew for whoever comes later.
  const states = await client.states().catch(() => undefined);
  const listeners = new Set<(event: ProxyEvent) => void>();
  const views = new Set<(item: SessionItem) => void>();
  const refresh = async (): Promise<void> => {
    faults = await client.list();
    for (const view of views) view({ kind: 'faults', faults });
  };
  // A fault may be hit thousands of times a second: its counters are fetched now and then.
  let waiting = false;
  const refreshSoon = (): void => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      refresh().catch(() => undefined);
    }, REFRESH_MILLIS).unref();
  };
  const follow = async (): Promise<void> => {
    for await (const event of client.events(dissectors, signal)) {
      if (event.kind === 'fault-armed' || event.kind === 'fault-gone') await refresh().catch(() => undefined);
      else if (event.kind === 'fault-hit') refreshSoon();
      for (const listener of listeners) listener(event);
    }
  };
  const stopLooking = eachSecond(() => {
    if (faults.some(({ heldOctets }) => heldOctets > 0)) refreshSoon();
  });
  follow()
    .catch(() => undefined)
    .finally(() => {
      stopLooking();
      ended();
    });
  const session = sessionOfProxy(
    readOnly(listeners, () => faults),
    { title },
  );
  return {
    ...session,
    subscribe: (view) => {
      const stop = session.subscribe(view);
      views.add(view);
      if (states !== undefined) view(statesNote(states));
      return () => {
        views.delete(view);
        stop();
      };
    },
    command: steppingCommand(client),
    faults: {
      arm: async (spec) => {
        const view = await client.add(spec);
        await refresh();
        return view;
      },
      remove: async (id) => {
        await client.remove(id);
        await refresh();
      },
    },
  };
}

function statesNote({ primary, secondary }: ProxyStats['states']): SessionItem {
  const told = (who: string, state: string | null): string =>
    state === null ? `the ${who} has announced nothing yet` : `the ${who} announced ${state}`;
  const text = `before: ${told('primary', primary)}, ${told('secondary', secondary)}`;
  return { kind: 'note', atMillis: Date.now(), text, alarming: false };
}

/** What can be seen of the proxy from here; orders go over the control. */
function readOnly(
  listeners: Set<(event: ProxyEvent) => void>,
  faults: () => readonly FaultView[],
): Pick<ProxyHandle, 'subscribe' | 'listFaults'> & ProxyHandle {
  const refused = (): never => {
    throw new InputError('this goes over the control');
  };
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listFaults: faults,
    armFault: refused,
    checkFault: refused,
    removeFault: refused,
    release: refused,
    step: refused,
    stats: refused,
  };
}
