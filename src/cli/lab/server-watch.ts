/**
 * Asks the servers of a lab, once a second, how they are: for the header of the UI and for lines about changes of
 * state. A server that does not answer is down.
 */
import type { ControlClient } from '../../server/control-client.ts';
import type { RelationshipStatus } from '../../server/status.ts';
import type { ServerStatus } from '../../tui/session.ts';
import { SERVER_NAMES, type ServerName } from './plan.ts';

const INTERVAL_MILLIS = 1000;

/** Statuses of leases that clients hold. */
const HELD = 'ACTIVE';

export interface ServerWatch {
  /** Calls `listener` with the latest answers and with all that come. */
  watch(listener: (servers: readonly ServerStatus[]) => void): () => void;
  stop(): void;
}

export function watchServers(controls: Readonly<Record<ServerName, ControlClient>>): ServerWatch {
  const listeners = new Set<(servers: readonly ServerStatus[]) => void>();
  let latest: readonly ServerStatus[] = SERVER_NAMES.map((name) => down(name));
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const ask = async (): Promise<void> => {
    latest = await Promise.all(SERVER_NAMES.map((name) => statusOf(name, controls[name])));
    if (stopped) return;
    for (const listener of listeners) listener(latest);
    timer = setTimeout(ask, INTERVAL_MILLIS);
  };
  void ask();
  return {
    watch: (listener) => {
      listener(latest);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function statusOf(name: ServerName, control: ControlClient): Promise<ServerStatus> {
  try {
    const [relationship] = (await control.status()).relationships;
    return relationship === undefined ? down(name) : shown(name, relationship, Date.now());
  } catch {
    return down(name);
  }
}

function down(name: ServerName): ServerStatus {
  return { role: name, name, state: 'down' };
}

function shown(name: ServerName, status: RelationshipStatus, nowMillis: number): ServerStatus {
  const next = status.next.find((event) => event.in_seconds !== null) ?? status.next[0];
  const leases = status.pools.reduce((sum, pool) => sum + (pool.leases[HELD] ?? 0), 0);
  return {
    role: status.role,
    name,
    state: status.state,
    leases,
    ...(next === undefined ? {} : { next: next.what }),
    ...(next?.in_seconds == null ? {} : { nextAtMillis: nowMillis + next.in_seconds * 1000 }),
  };
}
