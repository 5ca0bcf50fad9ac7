/**
 * inject: a message that nobody sent. Written by short form, `inject s>p STATE state=PARTNER-DOWN`, as the object of
 * docs/writing-a-dissector.md, or as hex. Without conditions it is sent once, when the fault begins; with conditions
 * behind each chosen message.
 */
import { fromHex } from '../../base/bytes.ts';
import { InputError } from '../../base/problem.ts';
import { toEpoch2000 } from '../../base/time.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { encodeMessage } from '../../dissect/encode.ts';
import { withPrefix } from '../cutter.ts';
import { type FaultHit, forward, type InFlight, marked, momentary, type StageSetup } from '../stage.ts';
import { fieldNamed, typed } from './edit.ts';
import { defineFault } from './kind.ts';
import { PROTOCOL } from './patch.ts';
import type { ParameterRecord } from './spec.ts';

interface Parameters {
  readonly type: string;
  readonly fields: ParameterRecord;
  readonly message: ParameterRecord;
  readonly hex: string;
}

const TRANSACTION_ID_BOUND = 2 ** 24;

/** Members of the header. */
const HEADER: readonly string[] = ['transaction-id', 'sent-time'];

export const inject = defineFault<Parameters>({
  name: 'inject',
  summary: 'sends a message that nobody sent',
  trigger: 'moment',
  once: true,
  perConnection: true,
  takesMessageName: true,
  parameters: {
    type: { type: 'word', fallback: '', positional: true, doc: 'message name, e.g. STATE' },
    fields: { type: 'fields', fallback: {}, doc: 'fields of its options by name: `state=PARTNER-DOWN`' },
    message: { type: 'fields', fallback: {}, doc: 'or the whole message as an object' },
    hex: { type: 'word', fallback: '', doc: 'or its octets, without length prefix' },
  },
  describe: (parameters) => `sends ${nameOf(parameters)}, which nobody sent,`,
  check: (parameters, dissectors) => {
    octetsOf(parameters, dissectors, 0, 0);
  },
  stage: (parameters, setup) => {
    const made = (hit: FaultHit, now: number) => forward(injected(parameters, setup, hit, now));
    const stage = momentary((unit, hit, now) =>
      hit === undefined
        ? [forward(unit)]
        : [forward(marked(unit, hit, 'followed by what is injected')), made(hit, now)],
    );
    return { ...stage, begin: (hit, now) => [made(hit, now)] };
  },
});

function injected(parameters: Parameters, setup: StageSetup, hit: FaultHit, now: number): InFlight {
  const id = setup.random.below(TRANSACTION_ID_BOUND);
  const octets = withPrefix(octetsOf(parameters, setup.dissectors, id, toEpoch2000(now)));
  const message = setup.dissect(octets, now, null);
  return marked({ original: null, message, octets, arrivedMillis: now, hits: [] }, hit, nameOf(parameters));
}

function nameOf({ type, message, hex }: Parameters): string {
  if (type !== '') return type;
  return hex === '' ? `${message['type'] ?? message['msg_name'] ?? 'a message'}` : 'given octets';
}

/** The message without length prefix; `transactionId` and `sentTime` where it says nothing about them. */
function octetsOf(
  parameters: Parameters,
  dissectors: Dissectors,
  transactionId: number,
  sentTime: number,
): Uint8Array {
  const { type, fields, message, hex } = parameters;
  if (hex !== '') {
    const octets = fromHex(hex);
    if (octets === undefined || octets.length === 0)
      throw new InputError('fault inject: hex: expected octets in hex');
    return octets;
  }
  const header = { 'transaction-id': transactionId, 'sent-time': sentTime };
  if (type === '') return encodeMessage(dissectors, PROTOCOL, { ...header, ...message }, 'inject');
  const options = optionsOf(type, fields, dissectors, sentTime);
  const given = Object.entries(fields).filter(([name]) => HEADER.includes(name));
  const own = Object.fromEntries(given.map(([name, value]) => [name, typed(value)]));
  return encodeMessage(dissectors, PROTOCOL, { type, ...header, ...own, options }, 'inject');
}

/** Top-level options that hold the named fields; a STATE gets what it may not lack (RFC 8156 §6.3). */
function optionsOf(
  type: string,
  fields: ParameterRecord,
  dissectors: Dissectors,
  sentTime: number,
): unknown[] {
  const options = new Map<string, Record<string, unknown>>();
  const put = (name: string, value: unknown): void => {
    const field = fieldNamed(name);
    const option = optionWith(field, dissectors);
    options.set(option, { ...options.get(option), [field]: value });
  };
  if (type === 'STATE') {
    put('server-flags', 0);
    put('start-time-of-state', sentTime);
  }
  for (const [name, value] of Object.entries(fields)) if (!HEADER.includes(name)) put(name, typed(value));
  return [...options].map(([name, values]) => ({ [name]: values }));
}

function optionWith(field: string, dissectors: Dissectors): string {
  for (const { name, fields } of dissectors.protocols.get(PROTOCOL)?.space.byCode.values() ?? []) {
    if (fields.some((each) => each.name === field)) return name;
  }
  throw new InputError(`fault inject: there is no field ${field} in an option of ${PROTOCOL}`);
}
