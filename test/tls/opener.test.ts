/** Keys and records of TLS 1.3 as RFC 8448 §3 traces them. */
import { expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { Tls13Opener } from '../../src/tls/opener.ts';
import { expandLabel } from '../../src/tls/primitives.ts';
import { CIPHER_SUITES, type CipherSuite } from '../../src/tls/suites.ts';

const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const AES_128 = CIPHER_SUITES.get(0x1301) as CipherSuite;

const CLIENT_TRAFFIC_SECRET_0 = '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5';

it.each([
  [
    'client_handshake_traffic_secret',
    'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21',
    'dbfaa693d1762c5b666af5d950258d01',
    '5bd3c71b836e0b76bb73265f',
  ],
  [
    'server_handshake_traffic_secret',
    'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38',
    '3fce516009c21727d0f2e4e86ee403bc',
    '5d313eb2671276ee13000b30',
  ],
  [
    'client_application_traffic_secret_0',
    CLIENT_TRAFFIC_SECRET_0,
    '17422dda596ed5d9acd890e3c63f5051',
    '5b78923dee08579033e523d9',
  ],
])('key and nonce of %s', (_, secret, key, iv) => {
  expect(toHex(expandLabel('sha256', octets(secret), 'key', 16))).toBe(key);
  expect(toHex(expandLabel('sha256', octets(secret), 'iv', 12))).toBe(iv);
});

it('the first application data of the client: the octets 0 to 49', () => {
  const record = octets(
    '1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4',
  );
  const opener = new Tls13Opener(AES_128, octets(CLIENT_TRAFFIC_SECRET_0));
  expect(opener.open({ type: 23, octets: record })).toEqual({
    type: 23,
    octets: Buffer.from(Array.from({ length: 50 }, (__, index) => index)),
  });
  // The next record has another number.
  expect(opener.open({ type: 23, octets: record })).toBeUndefined();
});
