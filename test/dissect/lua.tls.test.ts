/** Wireshark with our dissector, on a failover connection that turns to TLS: what is inside is failover again. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { wiresharkLua } from '../../src/dissect/lua.ts';
import { startTlsMessage, startTlsReply } from '../../src/server/starttls.ts';
import { temporaryFolder } from '../support/process.ts';
import { captureOf, wireOf } from '../support/tls.ts';
import { tsharkIsMissing } from '../support/tshark.ts';
import { unit } from '../support/unit.ts';
import { DISSECTORS } from './captured.ts';

it.skipIf(tsharkIsMissing()).each([
  { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  { version: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384' },
] as const)('$version', async (choice) => {
  const said = [
    { direction: 0, octets: unit(34, 7, '0084000102') },
    { direction: 1, octets: Buffer.concat([unit(35, 8), unit(35, 9)]) },
    { direction: 0, octets: unit(35, 10) },
  ] as const;
  const { pieces, keyLog } = await wireOf(choice, said);
  const startTls = [
    { direction: 0, octets: startTlsMessage(1) },
    { direction: 1, octets: startTlsReply(1) },
  ] as const;
  const folder = temporaryFolder();
  const [script, capture] = [join(folder, 'failover6.lua'), join(folder, 'tls.pcapng')];
  writeFileSync(script, wiresharkLua(DISSECTORS));
  writeFileSync(capture, captureOf([...startTls, ...pieces], keyLog));
  const info = execFileSync(
    'tshark',
    ['-r', capture, '-X', `lua_script:${script}`, '-T', 'fields', '-e', '_ws.col.Info', '-Y', 'tcp.len > 0'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const names = [...info.matchAll(/(STARTTLS|REPLY|STATE|CONTACT) 0x(\w{6})/g)].map(
    ([, name, id]) => `${name} ${id}`,
  );
  expect(names).toEqual([
    'STARTTLS 000001',
    'REPLY 000001',
    'STATE 000007',
    'CONTACT 000008',
    'CONTACT 000009',
    'CONTACT 00000a',
  ]);
  expect(info).toContain('Client Hello');
});
