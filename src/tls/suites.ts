/** The cipher suites that can be read: those with AEAD of TLS 1.2 and 1.3, whatever the key exchange. */

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
export type HashName = 'sha256' | 'sha384';

export interface CipherSuite {
  /** As IANA lists it. */
  readonly name: string;
  readonly aead: AeadName;
  /** Of the PRF or of HKDF. */
  readonly hash: HashName;
}

const GCM_128 = { aead: 'aes-128-gcm', hash: 'sha256' } as const;
const GCM_256 = { aead: 'aes-256-gcm', hash: 'sha384' } as const;
const CHACHA = { aead: 'chacha20-poly1305', hash: 'sha256' } as const;

/** By the number in a ServerHello. */
export const CIPHER_SUITES: ReadonlyMap<number, CipherSuite> = new Map<number, CipherSuite>([
  [0x1301, { name: 'TLS_AES_128_GCM_SHA256', ...GCM_128 }],
  [0x1302, { name: 'TLS_AES_256_GCM_SHA384', ...GCM_256 }],
  [0x1303, { name: 'TLS_CHACHA20_POLY1305_SHA256', ...CHACHA }],
  [0x009c, { name: 'TLS_RSA_WITH_AES_128_GCM_SHA256', ...GCM_128 }],
  [0x009d, { name: 'TLS_RSA_WITH_AES_256_GCM_SHA384', ...GCM_256 }],
  [0x009e, { name: 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', ...GCM_128 }],
  [0x009f, { name: 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384', ...GCM_256 }],
  [0xc02b, { name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', ...GCM_128 }],
  [0xc02c, { name: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', ...GCM_256 }],
  [0xc02f, { name: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', ...GCM_128 }],
  [0xc030, { name: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', ...GCM_256 }],
  [0xcca8, { name: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', ...CHACHA }],
  [0xcca9, { name: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', ...CHACHA }],
  [0xccaa, { name: 'TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256', ...CHACHA }],
]);

export const KEY_OCTETS: Readonly<Record<AeadName, number>> = {
  'aes-128-gcm': 16,
  'aes-256-gcm': 32,
  'chacha20-poly1305': 32,
};
