/** The file of `leasetap proxy --config`: what it says arrives, and what is wrong is told with its line. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readProxyConfig } from '../../../src/cli/proxy/config-file.ts';
import { terminationFor } from '../../../src/cli/proxy/tls.ts';
import { temporaryFolder } from '../../support/process.ts';

const certificate = fileURLToPath(new URL('../../../fixtures/tls/primary.pem', import.meta.url));

function file(text: string): string {
  const path = join(temporaryFolder(), 'pairs.yaml');
  writeFileSync(path, text);
  return path;
}

describe('a file of relationships', () => {
  it('says everything that a relationship is made of, paths relative to itself', () => {
    const path = file(`relationships:
  - name: campus
    listen: "[::]:1647"
    to: "[2001:db8:f::2]:647"
    from: 2001:db8:f::1
    record: campus.pcapng
    log: /var/log/campus.jsonl
    alive-set: ip6/leasetap/alive
    tls: { cert: ${certificate}, key: tap.key }
    faults: [drop s>p BNDREPLY times 2]
  - { name: branch, listen: ":1648", to: 192.0.2.2:647, tls: pass, enabled: false }
faults:
  - { do: delay, by: 1s, relationship: branch }
`);
    const { relationships, faults } = readProxyConfig(path);
    expect(relationships).toMatchObject([
      {
        name: 'campus',
        listen: { address: '::', port: 1647 },
        to: { address: '2001:db8:f::2', port: 647 },
        from: '2001:db8:f::1',
        enabled: true,
        record: path.replace('pairs.yaml', 'campus.pcapng'),
        log: '/var/log/campus.jsonl',
        aliveSet: 'ip6/leasetap/alive',
        tls: { cert: certificate, key: path.replace('pairs.yaml', 'tap.key') },
        faults: [{ action: 'drop', direction: 's>p', types: ['BNDREPLY'], times: 2 }],
      },
      {
        name: 'branch',
        listen: { address: '::' },
        to: { address: '192.0.2.2' },
        tls: 'pass',
        enabled: false,
      },
    ]);
    expect(faults).toMatchObject([{ action: 'delay', relationship: 'branch' }]);
  });

  it.each([
    ['relationships:\n  - name: a b\n', ':2: name: expected a letter, then'],
    ['relationships:\n  - name: a\n    listen: nowhere\n', ':2: listen: expected ADDRESS:PORT'],
    ['relationships:\n  - { name: a, listen: ":1" }\n', ':2: relationship a: expected to'],
    ['relationships:\n  - { name: a, tls: { crt: x } }\n', ':2: tls: expected pass, or the files cert, key'],
    ['relationships:\n  - { name: a, tls: maybe }\n', ':2: tls: expected pass, or the files'],
    ['relationships: {}\n', ': expected "relationships:" with a list'],
    ['faults: []\n', ': expected "relationships:" with a list'],
    ['- a\n', ': expected "relationships:" with a list'],
  ])('%j says where it is wrong', (text, message) => {
    const path = file(text);
    expect(() => readProxyConfig(path)).toThrow(`${path}${message}`);
  });
});

describe('TLS of one relationship', () => {
  it('is passed on, or terminated with files that are there', () => {
    expect(terminationFor('pass')).toBeUndefined();
    const key = certificate.replace('.pem', '.key');
    const ca = certificate.replace('primary', 'ca');
    expect(terminationFor({ cert: certificate, key, ca })).toBeDefined();
    expect(() => terminationFor({ cert: certificate })).toThrow('--tls terminate needs');
    expect(() => terminationFor({ cert: certificate, key, 'ca-key': key })).toThrow('needs --tls-ca');
  });
});
