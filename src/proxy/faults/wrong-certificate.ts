/**
 * wrong-certificate: where the proxy terminates TLS, new connections are shown a certificate that nobody should believe.
 * `s>p` is what the primary is shown, in the secondary's place; `p>s` what the secondary is shown.
 */
import { forward, momentary } from '../stage.ts';
import { type CertificateFlaw, defineFault } from './kind.ts';

const SHOWN: Readonly<Record<CertificateFlaw, string>> = {
  'self-signed': 'the right certificate, but signed by itself',
  'wrong-name': 'a certificate of somebody else',
  expired: 'a certificate that has expired',
};

export const wrongCertificate = defineFault<{ readonly flaw: CertificateFlaw }>({
  name: 'wrong-certificate',
  summary: 'shows a certificate that must not be believed, where TLS is terminated',
  trigger: 'connection',
  aboutTls: 'terminated',
  parameters: {
    flaw: {
      type: 'word',
      choices: Object.keys(SHOWN),
      fallback: 'self-signed',
      positional: true,
      doc: 'what is wrong with it',
    },
  },
  describe: ({ flaw }) => `shows ${SHOWN[flaw]} to new connections`,
  certificate: ({ flaw }) => flaw,
  stage: () => momentary((unit) => [forward(unit)]),
});
