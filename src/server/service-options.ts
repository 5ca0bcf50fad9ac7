/** Configuration that clients ask for in OPTION_ORO (RFC 8415 §18.3, RFC 3646, RFC 4704 §6). */
import { OptionCode } from '../wire/codes.ts';
import type { ClientServerMessage } from '../wire/dhcpv6-messages.ts';
import type { ServiceConfig } from './service-config.ts';

/** Flags of OPTION_CLIENT_FQDN (RFC 4704 §4.1). */
const FQDN_SERVER_UPDATES = 1;
const FQDN_OVERRIDE = 2;
const FQDN_NO_UPDATES = 4;

type Configured = Pick<ClientServerMessage, 'dnsServers' | 'domainList' | 'clientFqdn'>;

export function configuredOptions(config: ServiceConfig, request: ClientServerMessage): Configured {
  const asked = request.requestedOptions ?? [];
  const options: { -readonly [K in keyof Configured]: Configured[K] } = {};
  if (asked.includes(OptionCode.DNS_SERVERS) && config.dnsServers.length > 0)
    options.dnsServers = config.dnsServers;
  if (asked.includes(OptionCode.DOMAIN_LIST) && config.domainList.length > 0)
    options.domainList = config.domainList;
  const { clientFqdn } = request;
  if (clientFqdn !== undefined && clientFqdn.length > 0 && asked.includes(OptionCode.CLIENT_FQDN)) {
    options.clientFqdn = withoutUpdates(clientFqdn);
  }
  return options;
}

/** The client's name back, and that this server updates no DNS; O tells that S is not what the client asked for. */
function withoutUpdates(fqdn: Uint8Array): Uint8Array {
  const answer = Uint8Array.from(fqdn);
  const override = ((fqdn[0] as number) & FQDN_SERVER_UPDATES) !== 0 ? FQDN_OVERRIDE : 0;
  answer[0] = FQDN_NO_UPDATES | override;
  return answer;
}
