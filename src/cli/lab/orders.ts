/**
 * What one may tell a lab beside faults: orders to its servers, as typed at the `:` prompt, e.g. `secondary kill`.
 * What is not about a process is handed to the server's own control.
 */
import { suggestion } from '../../base/nearest.ts';
import { InputError } from '../../base/problem.ts';
import { SERVER_NAMES, type ServerName } from './plan.ts';

/** What an order acts on; the lab gives the real ones. */
export interface Orderable {
  readonly running: boolean;
  start(): void;
  /** Without warning, as a loss of power. */
  kill(): Promise<void>;
  /** Politely: the server tells its partner and leaves. */
  stop(): Promise<void>;
  /** Connections to it that say nothing come from where its partner is; InputError if it takes none. */
  flood(): Promise<void>;
  /** Connections to it come from an address that is no partner's; rejects if one is answered. */
  strangers(): Promise<void>;
  /** Takes its store away; it does not run. */
  wipe(): void;
  /** Everything else, e.g. `partner-down`: the answer of the server in one line. */
  control(order: string): Promise<string>;
}

interface Order {
  readonly help: string;
  run(server: Orderable, name: ServerName): Promise<string>;
}

const ORDERS: Readonly<Record<string, Order>> = {
  kill: {
    help: 'end it without warning (SIGKILL)',
    run: async (server, name) => {
      if (!server.running) throw new InputError(`the ${name} is not running`);
      await server.kill();
      return `the ${name} was killed`;
    },
  },
  stop: {
    help: 'ask it to leave',
    run: async (server, name) => {
      if (!server.running) throw new InputError(`the ${name} is not running`);
      await server.stop();
      return `the ${name} has left`;
    },
  },
  start: {
    help: 'start it again with what it had stored',
    run: async (server, name) => {
      if (server.running) throw new InputError(`the ${name} is running already`);
      server.start();
      return `the ${name} starts`;
    },
  },
  wipe: {
    help: 'take its store away, as the loss of a disk; it must not run',
    run: async (server, name) => {
      if (server.running) throw new InputError(`the ${name} is running`);
      server.wipe();
      return `the ${name} has lost its store`;
    },
  },
  flood: {
    help: 'a hundred connections to it that say nothing, for some seconds',
    run: async (server, name) => {
      await server.flood();
      return `connections that say nothing come to the ${name}`;
    },
  },
  strangers: {
    help: 'connections from an address that is no partner, each with a perfect CONNECT',
    run: async (server, name) => {
      await server.strangers();
      return `the ${name} has said nothing to strangers`;
    },
  },
  restart: {
    help: 'kill and start',
    run: async (server, name) => {
      await server.kill();
      server.start();
      return `the ${name} was killed and starts again`;
    },
  },
};

/** One line for each order. */
export const ORDERS_HELP: readonly string[] = Object.entries(ORDERS).map(
  ([name, order]) => `${SERVER_NAMES.join('|')} ${name}: ${order.help}`,
);

/**
 * Carries out `SERVER ORDER` and resolves to what came of it.
 * @throws InputError if the line is no order or the order cannot be carried out
 */
export async function carryOut(
  line: string,
  servers: Readonly<Record<ServerName, Orderable>>,
): Promise<string> {
  const [who = '', ...words] = line.trim().split(/\s+/);
  const name = SERVER_NAMES.find((one) => one === who);
  if (name === undefined) {
    throw new InputError(
      `"${who}" is neither a command nor ${SERVER_NAMES.join(' or ')} with an order${suggestion(who, SERVER_NAMES)}`,
    );
  }
  const order = ORDERS[words[0] ?? ''];
  if (order !== undefined) return await order.run(servers[name], name);
  if (words.length === 0) {
    throw new InputError(
      `expected ${Object.keys(ORDERS).join(', ')} or an order of the server after "${who}"`,
    );
  }
  if (!servers[name].running) throw new InputError(`the ${name} is not running`);
  return await servers[name].control(words.join(' '));
}
