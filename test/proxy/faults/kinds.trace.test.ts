import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../../../src/proxy/faults/kinds.ts';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';
import { option } from '../../support/messages.ts';
import { temporaryFolder } from '../../support/process.ts';
import { dialProxy, tapped, until } from '../../support/relay.ts';
import { certificateFile } from '../../support/tls.ts';
import { unit } from '../../support/unit.ts';

/**
 * For every fault: a short form that a live connection with two BNDREPLYs from the secondary will meet. Those that are
 * not about messages act by themselves; those about TLS need a STARTTLS first.
 */
const EXAMPLES: Readonly<Record<string, string>> = {
  drop: 'drop s>p BNDREPLY',
  delay: 'delay s>p BNDREPLY 1ms',
  hold: 'hold s>p BNDREPLY',
  duplicate: 'duplicate s>p BNDREPLY',
  reorder: 'reorder s>p BNDREPLY 2',
  edit: 'edit s>p BNDREPLY binding-status=7',
  'reject-as': 'reject-as s>p BNDREPLY',
  inject: 'inject s>p STATE state=NORMAL where type == BNDREPLY',
  skew: 'skew s>p BNDREPLY +7s',
  restamp: 'restamp s>p BNDREPLY',
  corrupt: 'corrupt s>p BNDREPLY',
  truncate: 'truncate s>p BNDREPLY 10',
  'lie-length': 'lie-length s>p BNDREPLY 0',
  split: 'split s>p BNDREPLY 1 gap 1ms',
  coalesce: 'coalesce s>p BNDREPLY 2',
  throttle: 'throttle s>p BNDREPLY 100000',
  stall: 'stall s>p BNDREPLY nth 1',
  'half-close': 'half-close s>p BNDREPLY times 1',
  'half-open': 'half-open s>p BNDREPLY times 1',
  reset: 'reset s>p BNDREPLY times 1',
  refuse: 'refuse',
  partition: 'partition',
  'refuse-starttls': 'refuse-starttls s>p REPLY',
  'break-tls': 'break-tls s>p corrupt',
  'wrong-certificate': 'wrong-certificate',
};

const BNDREPLY = unit(
  25,
  2,
  option(26, '00000000', '00000000', '40', '20010db8000000000000000000000000', option(114, '06')),
);
const SHOWN = {
  cert: readFileSync(certificateFile('primary.pem'), 'utf8'),
  key: readFileSync(certificateFile('primary.key'), 'utf8'),
};
const STARTTLS = Uint8Array.of(0, 4, 23, 0, 0, 1);
const REPLY = Uint8Array.of(0, 4, 7, 0, 0, 1);
const TLS_RECORD = Uint8Array.of(22, 3, 3, 0, 4, 1, 2, 3, 4);

/** Comments of packets, as the octets of a pcapng file hold them. */
function commentsIn(path: string): string {
  return readFileSync(path, 'latin1');
}

describe('the trace of every fault: event, log, recording', () => {
  it('has an example for each', () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual(FAULT_KINDS.map(({ name }) => name).sort());
  });

  it.each(Object.entries(EXAMPLES))('%s', async (name, text) => {
    const folder = temporaryFolder();
    const recording = join(folder, 'tap.pcapng');
    const logPath = join(folder, 'tap.jsonl');
    const header = { application: 'leasetap test', comments: [] };
    const tls = name === 'wrong-certificate' ? { tls: { identities: [SHOWN, SHOWN] as const } } : {};
    const tap = await tapped({ record: { path: recording, header }, logPath, ...tls });
    tap.proxy.armFault({ ...parseFault(text), id: 'TRACED', seed: 9 });
    for (const socket of [tap.primary, tap.secondary]) socket.resume();
    if (name.includes('tls') || name === 'wrong-certificate') {
      tap.primary.write(STARTTLS);
      await until(() => tap.proxy.stats().octetsReceived[0] > 0, 'STARTTLS to pass');
      tap.secondary.write(Buffer.concat([REPLY, TLS_RECORD]));
    } else tap.secondary.write(Buffer.concat([BNDREPLY, BNDREPLY]));
    if (name === 'refuse') dialProxy(tap.proxy);
    await until(() => tap.events.some((event) => event.kind === 'fault-hit'), 'the fault to be applied');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await tap.close();
    const hits = tap.events.flatMap((event) => (event.kind === 'fault-hit' ? [event.hit] : []));
    expect(hits[0]).toMatchObject({ fault: 'TRACED', action: name, count: 1, seed: 9 });
    const log = readFileSync(logPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(log).toContainEqual(
      expect.objectContaining({ event: 'fault-hit', fault: 'TRACED', action: name, seed: 9 }),
    );
    // Connections that are refused or cut off bring no packet that could carry a comment.
    if (name === 'refuse' || name === 'partition') return;
    expect(commentsIn(recording)).toContain(`TRACED ${name} (hit 1, seed 9)`);
  });
});
