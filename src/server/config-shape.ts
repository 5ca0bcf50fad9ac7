/**
 * What the file of a server may say: keys, ranges and defaults. The meaning of each key is told in
 * docs/examples/server.yaml; rules between keys are in config-rules.ts.
 */
import { DHCPV6_SERVER_PORT, FAILOVER_PORT } from '../base/ports.ts';
import {
  addressRange,
  domainName,
  duid,
  duration,
  flag,
  ipAddress,
  ipv6Octets,
  located,
  oneOf,
  path,
  prefix,
  type ResolvePath,
  sha256,
  socketAddress,
  text,
  wholeNumber,
} from './config-values.ts';
import { listOf, mapping, mappingOr, optional, type Reader, required, withDefault } from './schema.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No new lease may be shorter (RFC 8156 §1), so neither may the MCLT nor a lifetime. */
const SHORTEST_LEASE_SECONDS = 30;

const tlsFiles = (resolvePath: ResolvePath) =>
  mapping({
    cert: required(path(resolvePath, 'the file of our certificate chain (PEM)')),
    key: required(path(resolvePath, 'the file of our private key (PEM)')),
    ca: required(path(resolvePath, "the file of the authorities that sign partners' certificates (PEM)")),
    keylog: optional(path(resolvePath, 'the file to which secrets of connections are written')),
  });

const control = (resolvePath: ResolvePath) =>
  mappingOr(
    mapping({
      listen: required(socketAddress(8067)),
      'token-file': required(path(resolvePath, 'the file that holds the token')),
    }),
    path(resolvePath, 'the path of a socket, or a mapping with listen and token-file'),
  );

const dhcpv6 = mapping({
  listen: withDefault(
    listOf(socketAddress(DHCPV6_SERVER_PORT), 'addresses', { atLeast: 1, loneValue: true }),
    [{ address: '::', port: DHCPV6_SERVER_PORT }],
  ),
  interfaces: withDefault(
    listOf(text('the name of an interface', 64), 'interfaces', { loneValue: true }),
    [],
  ),
  'relay-only': withDefault(flag(), false),
  preference: withDefault(wholeNumber(0, 255), 0),
  'rapid-commit': withDefault(flag(), false),
  'dns-servers': withDefault(listOf(ipv6Octets, 'addresses', { loneValue: true }), []),
  'domain-search': withDefault(listOf(domainName, 'domain names', { loneValue: true }), []),
});

const failover = (resolvePath: ResolvePath) =>
  mapping({
    listen: withDefault(
      listOf(socketAddress(FAILOVER_PORT), 'addresses', { atLeast: 1, loneValue: true }),
      [],
    ),
    tls: optional(tlsFiles(resolvePath)),
  });

const partner = mapping({
  address: required(ipAddress),
  port: withDefault(wholeNumber(1, 65_535), FAILOVER_PORT),
  'certificate-names': withDefault(listOf(text('a DNS name or IP address', 255), 'names'), []),
  'certificate-sha256': withDefault(listOf(sha256, 'fingerprints'), []),
});

const prefixPool = mapping({
  prefix: required(located(prefix)),
  'delegated-length': required(located(wholeNumber(1, 128))),
});

const link = mapping({
  prefix: required(located(prefix)),
  'address-pools': withDefault(listOf(located(addressRange), 'ranges', { loneValue: true }), []),
  'prefix-pools': withDefault(listOf(prefixPool, 'prefix pools'), []),
});

const lifetimes = mapping({
  preferred: required(located(duration(1, 365 * DAY))),
  valid: required(duration(SHORTEST_LEASE_SECONDS, 365 * DAY)),
});

const freeBackup = mapping({
  'share-percent': withDefault(wholeNumber(0, 100), 50),
  'threshold-percent': withDefault(wholeNumber(1, 100), 10),
});

const relationship = mapping({
  name: required(located(text('the name of the relationship, the same on both servers', 255))),
  role: required(located(oneOf('primary', 'secondary'))),
  partner: required(located(partner)),
  security: required(located(oneOf('tls', 'none'))),
  'dial-from': optional(ipAddress),
  mclt: withDefault(duration(SHORTEST_LEASE_SECONDS, 7 * DAY), HOUR),
  keepalive: withDefault(duration(1, HOUR), MINUTE),
  'max-unacked': withDefault(wholeNumber(1, 65_535), 100),
  startup: withDefault(duration(0, HOUR), 10),
  reconnect: withDefault(duration(1, HOUR), 5),
  'auto-partner-down': optional(duration(1, 30 * DAY)),
  'partner-down-if-alone': optional(flag()),
  'reuse-declined': optional(duration(MINUTE, 365 * DAY)),
  lifetimes: optional(lifetimes),
  'free-backup': withDefault(freeBackup, { sharePercent: 50, thresholdPercent: 10 }),
  links: required(listOf(link, 'links', { atLeast: 1 })),
});

/** The whole file; paths in it go through `resolvePath`. */
export const serverShape = (resolvePath: ResolvePath) =>
  mapping({
    duid: optional(duid),
    store: required(path(resolvePath, 'the directory of the lease store')),
    control: optional(control(resolvePath)),
    dhcpv6: optional(dhcpv6),
    failover: withDefault(failover(resolvePath), { listen: [], tls: undefined }),
    relationships: required(listOf(relationship, 'relationships', { atLeast: 1 })),
  });

type Read<R> = R extends Reader<infer T> ? T : never;
/** As read, every value that a rule may point at with its place. */
export type RawServer = Read<ReturnType<typeof serverShape>>;
export type RawRelationship = RawServer['relationships'][number];
export type RawLink = RawRelationship['links'][number];
