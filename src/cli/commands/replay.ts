/** `leasetap replay`: one side of a captured connection against a live server. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../base/problem.ts';
import type { SocketAddress } from '../../base/socket-address.ts';
import type { Message } from '../../dissect/message.ts';
import { Replay, type ReplayOutput } from '../../proxy/replay/replay.ts';
import type { TlsTermination } from '../../proxy/tls/terminate.ts';
import { safeText } from '../../render/escape.ts';
import { TEXT_COLUMNS, textLine } from '../../render/text.ts';
import { duration, socketAddress, wholeNumber } from '../arguments.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { onInterrupt } from '../interrupt.ts';
import { terminationFor } from '../proxy/tls.ts';
import { meet, type Place, play } from '../replay/player.ts';
import { readScript } from '../replay/script.ts';
import { secure } from '../replay/secure.ts';

interface Options {
  readonly as: 'primary' | 'secondary';
  readonly to?: SocketAddress;
  readonly listen?: SocketAddress;
  readonly connection: number;
  readonly speed?: number;
  readonly patience: number;
  readonly strict?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly tlsKeylog?: string;
}

const HELP = `
Sends what that side sent, once the server has said what it said before; times are moved to today, replies carry the
transaction-ids of the live requests. What the server means otherwise than captured is told, one line each (!=).
Updates that its clients cause, then or now, come as clients please: they are told apart (~) and are no difference,
but with --strict.

Examples:
  leasetap replay vendor.pcapng --as primary --to '[::1]:647'
  leasetap replay vendor.pcapng --as secondary --listen '[::]:647' --speed real
  leasetap replay tls.pcapng --as primary --to '[::1]:647' --tls-cert primary.pem --tls-key primary.key --tls-ca ca.pem

Exit status: 0 the server meant the same, 1 it did not, 2 bad usage or input.`;

const COLUMNS = ['dir', 'type', 'xid', 'info'].flatMap((name) => TEXT_COLUMNS.get(name) ?? []);

export function register(program: Command): void {
  program
    .command('replay')
    .description('play one side of a capture against a live server')
    .argument('<file>', 'capture file')
    .addOption(
      new Option('--as <side>', 'the side to play').choices(['primary', 'secondary']).makeOptionMandatory(),
    )
    .option('-t, --to <address:port>', 'the live secondary to dial (--as primary)', socketAddress)
    .option('-l, --listen <address:port>', 'where the live primary connects (--as secondary)', socketAddress)
    .option('--connection <number>', 'which connection of the capture', wholeNumber, 0)
    .option('--speed <speed>', 'real, max (unless told), or how many times faster', speed)
    .option('--patience <time>', 'how long the server may take for what it said', duration, 10)
    .option('--strict', 'updates that clients of the server cause are expected, too')
    .option('--tls-cert <file>', 'turn to TLS behind STARTTLS, and show this certificate chain (PEM)')
    .option('--tls-key <file>', 'its private key')
    .option('--tls-ca <file>', "who must have signed the server's certificate; else any will do")
    .option('--tls-keylog <file>', 'keys with which the capture is read, if it has none itself')
    .addHelpText('after', HELP)
    .action(runReplay);
}

async function runReplay(file: string, options: Options): Promise<void> {
  const place = placeOf(options);
  const tls = tlsOf(options);
  const dissectors = dissectorsInUse();
  const { messages, leftOut } = await readScript(file, options, dissectors);
  if (leftOut > 0)
    process.stderr.write(
      `only the first ${messages.length} messages of the connection are played; ${leftOut} are left out\n`,
    );
  const side = options.as === 'primary' ? 0 : 1;
  const replay = new Replay(messages, {
    side,
    speed: options.speed ?? Number.POSITIVE_INFINITY,
    patienceMillis: options.patience * 1000,
    strict: options.strict === true,
  });
  const interrupt = onInterrupt();
  const waiting = (where: string): void => {
    process.stderr.write(`waiting for the primary at ${where}\n`);
  };
  const socket = await meet(place, waiting, interrupt.signal);
  const stream = tls === undefined ? socket : await secure(socket, side, tls, handshaken);
  await play(socket, stream, {
    replay,
    side,
    dissectors,
    tell,
    heard: printMessage,
    signal: interrupt.signal,
  });
  interrupt.release();
}

/** With a certificate the replay asks for TLS, or answers who asks. */
function tlsOf({ tlsCert, tlsKey, tlsCa }: Options): TlsTermination | undefined {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  const files = { cert: tlsCert, key: tlsKey, ca: tlsCa };
  const given = Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined));
  return terminationFor(given, (key) => `--tls-${key}`);
}

function handshaken(about: string): void {
  process.stderr.write(`TLS with the server: ${safeText(about)}\n`);
}

function placeOf({ as, to, listen }: Options): Place {
  if (as === 'primary' && to !== undefined) return { dial: to };
  if (as === 'secondary' && listen !== undefined) return { listen };
  throw new InputError(
    as === 'primary' ? 'expected --to: a primary dials' : 'expected --listen: a secondary is dialled',
  );
}

function tell(output: ReplayOutput): void {
  if (output.kind === 'send') {
    if (output.captured !== null) printMessage(output.captured);
  } else if (output.kind === 'difference') process.stdout.write(`  != ${output.text}\n`);
  else if (output.kind === 'apart') process.stdout.write(`  ~  ${output.text}\n`);
  else {
    const { sent, answered, differences, apart, absent } = output;
    const clients = `; of clients, ${apart} other updates and ${absent} that did not come`;
    process.stderr.write(
      `${sent} messages sent, ${answered} answers came, ${differences} differences${apart + absent > 0 ? clients : ''}\n`,
    );
    if (differences > 0) process.exitCode = EXIT_FINDINGS;
  }
}

function printMessage(message: Message): void {
  process.stdout.write(`${textLine(message, COLUMNS, { beginMillis: 0 })}\n`);
}

function speed(text: string): number {
  if (text === 'real') return 1;
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('expected real, max or a number.');
}
