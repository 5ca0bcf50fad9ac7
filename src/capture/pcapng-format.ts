/** Numbers of the pcapng format (draft-ietf-opsawg-pcapng) that its reader and its writer use. */

export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;

export const BLOCK = {
  sectionHeader: 0x0a0d_0d0a,
  interfaceDescription: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  nameResolution: 4,
  interfaceStatistics: 5,
  enhancedPacket: 6,
  decryptionSecrets: 10,
} as const;

/** Option codes; those above 1 mean something only within their kind of block. */
export const OPTION = {
  end: 0,
  comment: 1,
  hardware: 2,
  operatingSystem: 3,
  application: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  timestampResolution: 9,
  timestampOffset: 14,
  packetFlags: 2,
} as const;

/** A decryption secrets block holds a key log of TLS as text (draft-ietf-opsawg-pcapng §4.7). */
export const SECRETS_TLS_KEY_LOG = 0x544c_534b;
