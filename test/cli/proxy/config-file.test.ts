/** The file of `leasetap proxy --config`: what it says arrives, and what is wrong is told with its line. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readProxyConfig } from '../../../src/cli/proxy/config-file.ts';
import { terminationFor } from '../../../src/cli/proxy/tls.ts';
import { DISSECTORS } from '../../dissect/captured.ts';
import { temporaryFolder } from '../../support/process.ts';

const certificate = fileURLToPath(new URL('../../../fixtures/tls/primary.pem', import.meta.url));

const stranger = certificate.replace('primary.pem', 'stranger.key');
const ENTRY = 'relationships:\n  - name: a\n    listen: ":1"\n    to: "[::1]:2"\n';

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
    write: campus.pcapng
    log: /var/log/campus.jsonl
    alive-set: ip6/leasetap/alive
    tls:
      cert: ${certificate}
      key: ${certificate.replace('.pem', '.key')}
      keylog: keys.txt
    faults: [drop s>p BNDREPLY times 2]
  - { name: branch, listen: ":1648", to: 192.0.2.2:647, tls: pass, enabled: false }
faults:
  - { do: delay, by: 1s, relationship: branch }
`);
    const { relationships, faults } = readProxyConfig(path, DISSECTORS);
    expect(relationships).toMatchObject([
      {
        name: 'campus',
        listen: { address: '::', port: 1647 },
        to: { address: '2001:db8:f::2', port: 647 },
        from: '2001:db8:f::1',
        enabled: true,
        write: path.replace('pairs.yaml', 'campus.pcapng'),
        log: '/var/log/campus.jsonl',
        aliveSet: 'ip6/leasetap/alive',
        tls: {
          cert: certificate,
          key: certificate.replace('.pem', '.key'),
          keylog: path.replace('pairs.yaml', 'keys.txt'),
        },
        faults: [{ do: 'drop', direction: 's>p', types: ['BNDREPLY'], times: 2 }],
      },
      {
        name: 'branch',
        listen: { address: '::' },
        to: { address: '192.0.2.2' },
        tls: 'pass',
        enabled: false,
      },
    ]);
    expect(faults).toMatchObject([{ do: 'delay', relationship: 'branch' }]);
  });

  it.each([
    ['relationships:\n  - name: a b\n', ':2:5: name: expected a letter, then'],
    ['relationships:\n  - name: a\n    listen: nowhere\n', ':3:5: listen: expected ADDRESS:PORT'],
    [`${ENTRY}    faults:\n      - drop\n      - dorp\n`, ':7:9: unknown fault "dorp"; did you mean drop?'],
    [`${ENTRY}    faults: [drop BNDUDP]\n`, ':5:14: fault drop: there is no message BNDUDP; did you mean'],
    [`${ENTRY}    tls:\n      cert: a.pem\n      key: a.key\n`, ':6:7: tls.cert: FOLDER/a.pem: no such file'],
    [`${ENTRY}    tls:\n      cert: ${certificate}\n`, ':5:5: tls.key: is needed where TLS is terminated'],
    [
      `${ENTRY}    tls:\n      cert: ${certificate}\n      key: ${stranger}\n`,
      `:7:7: tls.key: ${stranger}: `,
    ],
    [`${ENTRY}    tls:\n      cert: ${stranger}\n      key: ${stranger}\n`, `:6:7: tls.cert: ${stranger}: `],
    [
      `${ENTRY}    tls: { ca: ${stranger}, cert: ${certificate}, key: ${certificate.replace('.pem', '.key')} }\n`,
      `:5:12: tls.ca: ${stranger}: `,
    ],
    ['relationships:\n  - { name: a, listen: ":1" }\n', ':2:5: relationship a: expected to'],
    [
      'relationships:\n  - { name: a, tls: { crt: x } }\n',
      ':2:23: tls: expected pass, or the files cert, key',
    ],
    ['relationships:\n  - { name: a, tls: maybe }\n', ':2:16: tls: expected pass, or the files'],
    ['relationships: {}\n', ': expected "relationships:" with a list'],
    ['faults: []\n', ': expected "relationships:" with a list'],
    ['- a\n', ': expected "relationships:" with a list'],
  ])('%j says where it is wrong', (text, message) => {
    const path = file(text);
    const wanted = message.replace('FOLDER', dirname(path));
    expect(() => readProxyConfig(path, DISSECTORS)).toThrow(`${path}${wanted}`);
  });
});

describe('TLS of one relationship', () => {
  it('is passed on, or terminated with files that are there', () => {
    expect(terminationFor('pass')).toBeUndefined();
    const key = certificate.replace('.pem', '.key');
    const ca = certificate.replace('primary', 'ca');
    expect(terminationFor({ cert: certificate, key, ca })).toBeDefined();
    expect(() => terminationFor({ cert: certificate })).toThrow('tls.key: is needed where TLS is terminated');
    expect(() => terminationFor({ cert: certificate, key, 'ca-key': key })).toThrow(
      'tls.ca-key: needs tls.ca',
    );
  });
});
