/** Captures with TLS in them, from packets to messages: STARTTLS, keys in the file or beside it, what is told if not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../src/capture/read.ts';
import type { CaptureSource } from '../../src/capture/source.ts';
import type { Message } from '../../src/dissect/message.ts';
import type { Notice } from '../../src/dissect/notice.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import { requireFilter } from '../../src/filter/compile.ts';
import { startTlsMessage, startTlsReply } from '../../src/server/starttls.ts';
import { KeyLog } from '../../src/tls/key-log.ts';
import { TlsStage } from '../../src/tls/stage.ts';
import { DISSECTORS } from '../dissect/captured.ts';
import { captureOf, type Said, wireOf } from '../support/tls.ts';
import { tshark, tsharkIsMissing } from '../support/tshark.ts';
import { unit } from '../support/unit.ts';

const CONTACT = 35;
const STATE = 34;
const TLS13 = { version: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384' } as const;
const TLS12 = { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;

const SAID: readonly Said[] = [
  { direction: 0, octets: unit(STATE, 7, '0084000102') },
  { direction: 1, octets: unit(CONTACT, 8) },
  { direction: 0, octets: Buffer.concat([unit(CONTACT, 9), unit(CONTACT, 10)]) },
];
const STARTTLS: readonly Said[] = [
  { direction: 0, octets: startTlsMessage(1) },
  { direction: 1, octets: startTlsReply(1) },
];

async function read(
  capture: Uint8Array,
  keyLog = '',
): Promise<{ readonly messages: readonly Message[]; readonly notices: readonly Notice[]; found: string[] }> {
  const messages: Message[] = [];
  const notices: Notice[] = [];
  const keys = new KeyLog();
  keys.add(keyLog);
  const events = {
    onMessage: (message: Message) => messages.push(message),
    onNotice: (notice: Notice) => notices.push(notice),
  };
  const reader = new MessageReader(DISSECTORS, events, { tlsTakenOff: true });
  const source: CaptureSource = {
    name: 'made.pcapng',
    chunks: (async function* () {
      yield capture;
    })(),
  };
  await readCapture([source], new TlsStage(reader, keys), {
    onSecrets: ({ bytes }) => keys.add(new TextDecoder().decode(bytes)),
  });
  return { messages, notices, found: messages.map((one) => `${one.msgName} ${one.transactionId}`) };
}

const told = (notices: readonly Notice[], kind: Notice['kind']): string[] =>
  notices.filter((notice) => notice.kind === kind).map(({ message }) => message);

const ALL = ['STARTTLS 1', 'REPLY 1', 'STATE 7', 'CONTACT 8', 'CONTACT 9', 'CONTACT 10'];

describe.each([TLS12, TLS13])('$version behind STARTTLS', (choice) => {
  it('is read with the secrets block of the file, and marked', async () => {
    const { pieces, keyLog } = await wireOf(choice, SAID);
    const { messages, notices, found } = await read(captureOf([...STARTTLS, ...pieces], keyLog));
    expect(found).toEqual(ALL);
    expect(messages.map(({ frame }) => frame.tls)).toEqual([
      undefined,
      undefined,
      ...Array(4).fill(choice.version),
    ]);
    expect(JSON.parse(messages[2]?.json() ?? '')).toMatchObject({ tls: choice.version, msg_name: 'STATE' });
    const inside = requireFilter(`tls == ${choice.version}`, DISSECTORS);
    expect(messages.map((message) => inside.matches(message))).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(messages[0]?.json()).not.toContain('"tls"');
    expect(notices.map(({ kind }) => kind)).toEqual(['connection', 'decrypted']);
  });

  it('is read with a key log', async () => {
    const { pieces, keyLog } = await wireOf(choice, SAID);
    expect((await read(captureOf([...STARTTLS, ...pieces]), keyLog)).found).toEqual(ALL);
  });

  it('says without keys what is missing', async () => {
    const { pieces, keyLog } = await wireOf(choice, SAID);
    const { found, notices } = await read(captureOf([...STARTTLS, ...pieces]));
    expect(found).toEqual(['STARTTLS 1', 'REPLY 1']);
    expect(told(notices, 'encrypted')).toEqual([
      expect.stringContaining(
        `is TLS from here on (RFC 7653 §8.2); no key for client random ${keyLog.split(' ')[1]}`,
      ),
    ]);
  });

  it('is found in packets of one octet', async () => {
    const { pieces, keyLog } = await wireOf(choice, SAID);
    const octets = [...STARTTLS, ...pieces].flatMap(({ direction, octets }) =>
      Array.from(octets, (octet) => ({ direction, octets: Uint8Array.of(octet) })),
    );
    expect((await read(captureOf(octets, keyLog))).found).toEqual(ALL);
  });
});

it('is read, too, if the connection begins with it', async () => {
  const { pieces, keyLog } = await wireOf(TLS13, SAID);
  expect((await read(captureOf(pieces, keyLog))).found).toEqual(ALL.slice(2));
  expect(told((await read(captureOf(pieces))).notices, 'encrypted')).toEqual([
    expect.stringMatching(/is not read: it begins with TLS; no key for client random/),
  ]);
});

it('says that the handshake is missing where it begins in the middle', async () => {
  const { pieces, keyLog } = await wireOf(TLS13, SAID);
  const data = pieces.slice(-3);
  expect(data[0]?.octets[0]).toBe(23);
  const { found, notices } = await read(captureOf(data, keyLog, 647, -1, true));
  expect(found).toEqual([]);
  expect(told(notices, 'encrypted')).toEqual([
    expect.stringContaining('it began before the capture: its handshake is in none of the files'),
  ]);
});

it('is found on any port by what is inside', async () => {
  const { pieces, keyLog } = await wireOf(TLS13, SAID);
  const { found } = await read(captureOf([...STARTTLS, ...pieces], keyLog, 40_647));
  expect(found).toEqual(ALL);
});

it('goes on behind a packet that was not captured', async () => {
  const lines: readonly Said[] = Array.from({ length: 8 }, (_, index) => ({
    direction: 0,
    octets: unit(CONTACT, 20 + index),
  }));
  const { pieces, keyLog } = await wireOf(TLS13, lines);
  const all = [...STARTTLS, ...pieces];
  const lost = all.findLastIndex(({ octets }) => octets.length === 2 + 8 + 22) - 3;
  const { found, notices } = await read(captureOf(all, keyLog, 647, lost));
  expect(found.slice(2)).toEqual([20, 21, 22, 23, 25, 26, 27].map((id) => `CONTACT ${id}`));
  expect(notices.map(({ kind }) => kind)).toEqual(['connection', 'decrypted', 'gap', 'resync']);
});

it('is read without throwing, whatever octets of the capture are changed or cut off', async () => {
  const captures: Uint8Array[] = [];
  for (const choice of [TLS12, TLS13]) {
    const { pieces, keyLog } = await wireOf(choice, SAID);
    captures.push(captureOf([...STARTTLS, ...pieces], keyLog));
  }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...captures),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
      fc.nat(),
      async (capture, changes, cut) => {
        const changed = capture.slice();
        // Behind the headers of the file: another file would not be read at all.
        for (const [at, octet] of changes) changed[100 + (at % (changed.length - 100))] = octet;
        const end = cut % 3 === 0 ? 100 + (cut % (changed.length - 100)) : changed.length;
        const { found } = await read(changed.subarray(0, end));
        expect(found.length).toBeLessThanOrEqual(ALL.length + 2);
      },
    ),
    { numRuns: 150 },
  );
});

it('is not taken for granted: messages behind a refused STARTTLS are read', async () => {
  const refused = [STARTTLS[0] as Said, { direction: 1, octets: startTlsReply(1, 'no') } as const, ...SAID];
  expect((await read(captureOf(refused))).found).toEqual(ALL);
});

it('names the alert that ended a handshake', async () => {
  const alert = { direction: 1, octets: Uint8Array.of(21, 3, 3, 0, 2, 2, 48) } as const;
  const { pieces } = await wireOf(TLS13, SAID);
  const { notices } = await read(captureOf([...STARTTLS, pieces[0] as Said, alert]));
  expect(told(notices, 'encrypted')).toEqual([
    'TLS alert towards [2001:db8::10]:40000: fatal unknown_ca (48)',
  ]);
});

describe.skipIf(tsharkIsMissing())('tshark', () => {
  it.each([TLS12, TLS13])(
    'finds the same application data in the same file with $version',
    async (choice) => {
      const { pieces, keyLog } = await wireOf(choice, SAID);
      const capture = captureOf([...STARTTLS, ...pieces], keyLog);
      const { messages } = await read(capture);
      const ours = messages
        .filter(({ frame }) => frame.tls !== undefined)
        .map(({ frame }) => Buffer.from(frame.bytes.subarray(frame.start - 2, frame.end)).toString('hex'));
      const theirs = tshark(capture, ['-d', 'tcp.port==647,tls', '-q', '-z', 'follow,tls,raw,0'])
        .split('\n')
        .filter((line) => /^\t?[0-9a-f]+$/.test(line))
        .map((line) => line.trim());
      expect(theirs.join('')).toBe(ours.join(''));
    },
  );
});
