/** A proxy behind its control connection as a session, so that lines and the terminal UI see it as if it were here. */
import type { Dissectors } from '../../dissect/compile.ts';
import type { ProxyEvent } from '../../proxy/events.ts';
import type { Known } from '../../proxy/known.ts';
import { sightOfProxy } from '../../tui/proxy-session.ts';
import type { Session, SessionItem } from '../../tui/session.ts';
import { note, withOwnItems } from '../own-items.ts';
import type { ProxyClient } from './control-client.ts';
import { eachSecond } from './each-second.ts';
import { steppingCommand } from './stepping.ts';

const REFRESH_MILLIS = 250;

/** Ends with the signal or with the proxy, and calls `ended` then. Rejects with InputError if nobody answers. */
export async function remoteSession(
  client: ProxyClient,
  title: string,
  dissectors: Dissectors,
  signal: AbortSignal,
  ended: () => void,
): Promise<Session> {
  let faults = await client.list();
  const listeners = new Set<(event: ProxyEvent) => void>();
  const seen: Parameters<typeof sightOfProxy>[0] = {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listFaults: () => faults,
  };
  const { session, tell } = withOwnItems(sightOfProxy(seen, { title }));
  const refresh = async (): Promise<void> => {
    faults = await client.list();
    tell({ kind: 'faults', faults });
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
      if (event.kind === 'known') tellKnown(event, tell);
      else for (const listener of listeners) listener(event);
    }
  };
  const stopLooking = eachSecond(() => {
    if (faults.some(({ heldOctets }) => heldOctets > 0)) refreshSoon();
  });
  // Begins with the first view, so that none misses what was told before it was there.
  let begun = false;
  const begin = (): void => {
    if (begun) return;
    begun = true;
    follow()
      .catch(() => undefined)
      .finally(() => {
        stopLooking();
        ended();
      });
  };
  return {
    ...session,
    subscribe: (view) => {
      const stop = session.subscribe(view);
      begin();
      return stop;
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

function tellKnown({ relationships, findings }: Known, tell: (item: SessionItem) => void): void {
  tell({ kind: 'known', relationships });
  for (const { connection, up, primary, secondary } of relationships) {
    const where = connection.relationship === undefined ? '' : `${connection.relationship}: `;
    const states = [primary, secondary].map(({ role, state }) =>
      state === undefined ? `the ${role} has announced nothing yet` : `the ${role} announced ${state}`,
    );
    const text = `${where}before: ${states.join(', ')}; connection ${connection.index} ${up ? 'up' : 'down'}`;
    tell(note(text, false));
  }
  for (const { finding, relationship } of findings)
    tell({ kind: 'finding', finding, ...(relationship === undefined ? {} : { relationship }) });
}
