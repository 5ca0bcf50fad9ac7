/**
 * Orders of a scenario between servers that are not ours: given to the operator's own program, or, where there is none,
 * what the proxy can do by itself because it knows where the secondary is and what its partner says.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { InputError } from '../../base/problem.ts';
import type { SocketAddress } from '../../base/socket-address.ts';
import { systemErrorWords } from '../../base/system-error.ts';
import { toEpoch2000 } from '../../base/time.ts';
import { PREFIX_OCTETS } from '../../proxy/dialect.ts';
import type { ProxyHandle } from '../../proxy/handle.ts';
import type { Scenario } from '../../proxy/scenario/scenario.ts';
import { flood, strangersCall } from './intruders.ts';

const ORDER_PATIENCE_MILLIS = 60_000;
const FLOOD = 'secondary flood';
const STRANGERS = 'secondary strangers';
/** Of a message behind its length prefix: type and transaction-id come before (RFC 8156 §5.2). */
const SENT_TIME_AT = 4;

/** Carries out an order; rejects with why not. */
export type Order = (text: string) => Promise<void>;

export interface OrderSetup {
  /** `--on-order`. */
  readonly program?: string;
  /** `--strangers-from`: an address of this machine that is no partner's. */
  readonly strangersFrom?: string;
  readonly secondary: SocketAddress;
  /** The address that the proxy dials from. */
  readonly from?: string;
  readonly subscribe: ProxyHandle['subscribe'];
}

/** Throws InputError for orders that nobody could carry out, and for a program that cannot be started. */
export function checkOrders(
  scenarios: readonly Scenario[],
  { program, strangersFrom }: Pick<OrderSetup, 'program' | 'strangersFrom'>,
): void {
  if (program !== undefined) {
    checkProgram(program);
    return;
  }
  for (const { name, phases } of scenarios) {
    for (const order of phases.flatMap(({ orders }) => orders)) {
      if (order === FLOOD || (order === STRANGERS && strangersFrom !== undefined)) continue;
      const also = order === STRANGERS ? ', or --strangers-from with an address that is no partner’s' : '';
      throw new InputError(`scenario "${name}": the order "${order}" needs --on-order PROGRAM${also}`);
    }
  }
}

/** Before the first connection: a stranger says what the primary has said. */
export function ordersOf(setup: OrderSetup): Order {
  const { program, secondary, from, strangersFrom } = setup;
  if (program !== undefined) return (text) => runProgram(program, text);
  const connectOctets = lastConnect(setup.subscribe);
  return async (text) => {
    if (text === FLOOD) await flood(secondary, from);
    else if (text === STRANGERS) await strangersCall(secondary, connectOctets(), strangersFrom);
    else throw new Error('there is no program for orders to the servers (--on-order)');
  };
}

/** The newest CONNECT of the primary, as it would be sent now. */
function lastConnect(subscribe: ProxyHandle['subscribe']): () => Uint8Array {
  let last: Uint8Array | undefined;
  subscribe((event) => {
    if (event.kind !== 'message' || event.message.msgName !== 'CONNECT') return;
    const { bytes, start, end } = event.message.frame;
    last = bytes.slice(start - PREFIX_OCTETS, end);
  });
  return () => {
    if (last === undefined) throw new Error('the primary has not said CONNECT yet');
    const octets = last.slice();
    new DataView(octets.buffer).setUint32(PREFIX_OCTETS + SENT_TIME_AT, toEpoch2000(Date.now()));
    return octets;
  };
}

function checkProgram(program: string): void {
  // Without a slash it is looked for where programs are.
  if (!program.includes('/')) return;
  try {
    accessSync(program, constants.X_OK);
  } catch (error) {
    throw new InputError(`--on-order ${program}: ${systemErrorWords(error as NodeJS.ErrnoException)}`);
  }
}

/** Its arguments are the words of the order: `PROGRAM secondary kill`. */
function runProgram(program: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const words = text.trim().split(/\s+/);
    execFile(program, words, { timeout: ORDER_PATIENCE_MILLIS }, (error, _out, err) => {
      if (error === null) resolve();
      else reject(new Error(err.trim().split('\n').at(-1) || endText(error)));
    });
  });
}

function endText(
  error: Error & { code?: string | number | null; killed?: boolean; signal?: string | null },
): string {
  if (error.killed) return `it took more than ${ORDER_PATIENCE_MILLIS / 1000} s`;
  if (typeof error.code === 'number') return `its exit code is ${error.code}`;
  return error.signal ?? systemErrorWords(error as NodeJS.ErrnoException);
}
