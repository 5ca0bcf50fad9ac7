/** A running proxy, in process or over its control connection, as a session of the terminal UI. */
import { formatSocketAddress } from '../base/socket-address.ts';
import type { FaultView, ProxyEvent } from '../proxy/events.ts';
import type { ProxyHandle } from '../proxy/handle.ts';
import type { ServerStatus, Session, SessionItem } from './session.ts';

export interface ProxySessionOptions {
  readonly title: string;
  /** Both servers, where their control is reachable: calls back whenever something changed. */
  readonly watchServers?: (listener: (servers: readonly ServerStatus[]) => void) => () => void;
  readonly command?: (line: string) => Promise<string>;
  /** Calls back about once a second: what a fault holds besides its own messages is told by no event. */
  readonly eachSecond?: (then: () => void) => () => void;
}

/** A proxy that can be faulted from here. */
export function sessionOfProxy(
  proxy: Pick<ProxyHandle, 'subscribe' | 'listFaults' | 'armFault' | 'removeFault'>,
  options: ProxySessionOptions,
): Session {
  return {
    ...sightOfProxy(proxy, options),
    faults: {
      arm: async (spec) => proxy.armFault(spec),
      remove: async (id) => {
        proxy.removeFault(id);
      },
    },
  };
}

/** What can be seen of a proxy, without a way to fault it. */
export function sightOfProxy(
  proxy: Pick<ProxyHandle, 'subscribe' | 'listFaults'>,
  options: ProxySessionOptions,
): Session {
  return {
    title: options.title,
    live: true,
    subscribe: (listener) => {
      let holding = false;
      const look = (): SessionItem => {
        const faults = proxy.listFaults();
        holding = faults.some(({ heldOctets }) => heldOctets > 0);
        return { kind: 'faults', faults };
      };
      listener(look());
      const stops = [
        proxy.subscribe((event) => {
          for (const item of itemsOf(event)) listener(item);
          // What was held may be on its way now, and a receiver that hears something waits anew.
          const moves = event.kind === 'message' && holding;
          if (moves || FAULT_EVENTS.has(event.kind)) listener(look());
        }),
        options.eachSecond?.(() => {
          if (holding) listener(look());
        }),
        options.watchServers?.((servers) => listener({ kind: 'servers', servers })),
      ];
      return () => {
        for (const stop of stops) stop?.();
      };
    },
    ...(options.command === undefined ? {} : { command: options.command }),
  };
}

const FAULT_EVENTS: ReadonlySet<string> = new Set(['fault-armed', 'fault-gone', 'fault-hit']);

/** How much of a connection is judged. */
const JUDGED = {
  'no-updates': 'what BNDUPD and BNDREPLY say is not judged any more',
  alone: 'from here to its end each message is judged by itself',
  nothing: 'from here to its end nothing is judged',
} as const;

function itemsOf(event: ProxyEvent): SessionItem[] {
  const where = event.relationship === undefined ? '' : `${event.relationship}: `;
  const note = (text: string, alarming: boolean): SessionItem => ({
    kind: 'note',
    atMillis: event.atMillis,
    text: `${where}${text}`,
    alarming,
  });
  switch (event.kind) {
    case 'message':
      return [
        {
          kind: 'message',
          message: event.message,
          ...(event.onward === undefined ? {} : { onward: event.onward }),
          verdict: event.verdict,
          hits: event.hits,
        },
      ];
    case 'connection-up': {
      const { index, flow } = event.connection;
      return [note(`connection ${index} up, from ${formatSocketAddress(flow.ends[0])}`, false)];
    }
    case 'connection-down':
      return [
        {
          kind: 'note',
          atMillis: event.atMillis,
          text: `${where}connection ${event.connection.index} down: ${event.reason}`,
          alarming: true,
          closedFlow: event.connection.flow.id,
        },
      ];
    case 'connection-refused':
      return [note(`connection from ${formatSocketAddress(event.client)} refused: ${event.reason}`, true)];
    case 'unreadable':
      return [
        note(`connection ${event.connection.index}: passed on unread from here: ${event.reason}`, true),
      ];
    case 'tls': {
      const { connection, who, outcome, detail } = event;
      return [
        note(
          `connection ${connection.index}: TLS with the ${who} ${outcome}: ${detail}`,
          outcome === 'failed',
        ),
      ];
    }
    case 'finding': {
      const { finding, relationship } = event;
      return [{ kind: 'finding', finding, ...(relationship === undefined ? {} : { relationship }) }];
    }
    case 'judging': {
      const { connection, extent, reason } = event.limit;
      return [note(`connection ${connection}: ${JUDGED[extent]}, because of ${reason}`, false)];
    }
    case 'standstill':
      return [
        note(
          `the proxy itself stood still for ${event.seconds.toFixed(1)} s; what came meanwhile is late`,
          true,
        ),
      ];
    case 'not-judged': {
      const { messages, isOver } = event;
      const until = isOver ? '; from here messages are judged again' : ', until there are fewer';
      return [note(`too many messages to judge them: ${messages} not judged${until}`, true)];
    }
    case 'fault-armed':
      return [note(`${event.fault.id} armed: ${event.fault.sentence}`, false)];
    case 'fault-gone':
      return [note(`${event.fault.id} ${event.reason}${appliedText(event.fault)}`, event.fault.hits === 0)];
    case 'fault-hit':
      return [];
    case 'relationship': {
      const ends = `${formatSocketAddress(event.listening)} to ${formatSocketAddress(event.secondary)}`;
      return [note(`${event.what}, from ${ends}`, event.what === 'closed')];
    }
    case 'state':
      return [note(`the ${event.who} announces ${event.state}`, false)];
  }
}

/** A fault that was never applied may have waited for something that does not come: a slip, or the wrong moment. */
function appliedText({ hits, matched }: FaultView): string {
  if (hits === 0) return `, never applied: ${matched === 0 ? 'nothing' : matched} matched`;
  return `, applied ${hits === 1 ? 'once' : `${hits} times`}`;
}
