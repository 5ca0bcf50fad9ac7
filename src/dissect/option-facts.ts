/**
 * What an option tells the analyzer, by its name in the dissectors' YAML. Names and meanings stand here; codes, places,
 * sizes and epochs come from the definition, so a dialect that numbers or lays out its options otherwise is read rightly.
 */
import type { FieldCodec } from './codec.ts';
import type { FieldDefinition } from './definition.ts';
import { ABSENT, Slot, type SlotName } from './glance.ts';

/**
 * `numbers`: each field is a number of the lease or message; `client`: names the client, unless `weak` and it has a
 * name; `association`: leases inside belong to an IA; `lease`: an address or prefix; `group`: what is inside belongs
 * together; `status`: a status code or reason; `message`, `relationship`: texts.
 */
type FactKind =
  | 'numbers'
  | 'client'
  | 'association'
  | 'lease'
  | 'group'
  | 'status'
  | 'message'
  | 'relationship';

/** A number of an option: `unix`: it is a time since 1970, and 0 says that there is none. */
export interface NumberPlace {
  readonly slot: number;
  readonly offset: number;
  readonly size: number;
  readonly unix: boolean;
}

/** Offsets are counted from the contents of the option; absent: it has no such field. */
export interface OptionFacts {
  readonly kind: FactKind;
  readonly numbers: readonly NumberPlace[];
  /** Of what the kind is about: client, IAID, address, code, text; and its octets, if it has a size. */
  readonly offset: number;
  readonly size: number;
  readonly weak: boolean;
  readonly prefixLength: number;
  readonly preferredLifetime: number;
  readonly validLifetime: number;
  /** Of the text beside a status code. */
  readonly said: number;
}

/** By option name: the slots of its fields in their order. */
const NUMBERS: Readonly<Record<string, readonly SlotName[]>> = {
  OPTION_F_BINDING_STATUS: ['bindingStatus'],
  OPTION_F_START_TIME_OF_STATE: ['startTimeOfState'],
  OPTION_F_STATE_EXPIRATION_TIME: ['stateExpirationTime'],
  OPTION_F_PARTNER_LIFETIME: ['partnerLifetime'],
  OPTION_F_PARTNER_LIFETIME_SENT: ['partnerLifetimeSent'],
  OPTION_F_EXPIRATION_TIME: ['expirationTime'],
  OPTION_CLT_TIME: ['cltTime'],
  OPTION_F_SERVER_STATE: ['serverState'],
  OPTION_F_SERVER_FLAGS: ['serverFlags'],
  OPTION_F_PARTNER_DOWN_TIME: ['partnerDownTime'],
  OPTION_F_MCLT: ['mclt'],
  OPTION_F_KEEPALIVE_TIME: ['keepaliveTime'],
  OPTION_F_MAX_UNACKED_BNDUPD: ['maxUnackedBndupd'],
  OPTION_F_CONNECT_FLAGS: ['connectFlags'],
  OPTION_F_PROTOCOL_VERSION: ['majorVersion', 'minorVersion'],
  'binding-status': ['bindingStatus'],
  'start-time-of-state': ['startTimeOfState'],
  'lease-expiration-time': ['stateExpirationTime'],
  'potential-expiration-time': ['partnerLifetime'],
  'server-state': ['serverState'],
  'server-flags': ['serverFlags'],
  MCLT: ['mclt'],
  'receive-timer': ['keepaliveTime'],
  'max-unacked-bndupd': ['maxUnackedBndupd'],
  'protocol-version': ['majorVersion'],
};

/** By option name: what else it can be, and the field that this is about. */
const OTHERS: Readonly<Record<string, { kind: FactKind; field?: string; weak?: true }>> = {
  OPTION_CLIENTID: { kind: 'client', field: 'DUID' },
  OPTION_IA_NA: { kind: 'association', field: 'IAID' },
  OPTION_IA_TA: { kind: 'association', field: 'IAID' },
  OPTION_IA_PD: { kind: 'association', field: 'IAID' },
  OPTION_IAADDR: { kind: 'lease', field: 'IPv6-address' },
  OPTION_IAPREFIX: { kind: 'lease', field: 'IPv6-prefix' },
  OPTION_CLIENT_DATA: { kind: 'group' },
  OPTION_RELAY_MSG: { kind: 'group' },
  OPTION_STATUS_CODE: { kind: 'status', field: 'status-code' },
  OPTION_F_RELATIONSHIP_NAME: { kind: 'relationship', field: 'relationship-name' },
  'assigned-IP-address': { kind: 'lease', field: 'assigned-IP-address' },
  'client-identifier': { kind: 'client', field: 'client-identifier' },
  'client-hardware-address': { kind: 'client', field: 'client-hardware-address', weak: true },
  'reject-reason': { kind: 'status', field: 'reject-reason' },
  message: { kind: 'message', field: 'message' },
  'relationship-name': { kind: 'relationship', field: 'relationship-name' },
};

/** What an option of this name and layout tells; `undefined` if nothing. `unixTimes`: its times count from 1970. */
export function optionFacts(
  name: string,
  definitions: readonly FieldDefinition[],
  fields: readonly FieldCodec[],
  unixTimes: boolean,
): OptionFacts | undefined {
  const slots = NUMBERS[name];
  const other = OTHERS[name];
  if (slots === undefined && other === undefined) return undefined;
  const place = (field: string): number => offsetOf(fields, field);
  const offset = other?.field === undefined ? 0 : place(other.field);
  if (offset === ABSENT) return undefined;
  return {
    kind: other?.kind ?? 'numbers',
    numbers: numbersOf(slots ?? [], definitions, fields, unixTimes),
    offset,
    size: fields.find((field) => field.name === other?.field)?.size ?? 0,
    weak: other?.weak === true,
    prefixLength: place('prefix-length'),
    preferredLifetime: place('preferred-lifetime'),
    validLifetime: place('valid-lifetime'),
    said: place('status-message'),
  };
}

function numbersOf(
  slots: readonly SlotName[],
  definitions: readonly FieldDefinition[],
  fields: readonly FieldCodec[],
  unixTimes: boolean,
): NumberPlace[] {
  return slots.flatMap((slot, index) => {
    const field = fields[index];
    const type = definitions[index]?.type;
    if (field?.size === undefined) return [];
    const unix = type === 'time-1970' || (unixTimes && type === 'time-2000');
    return [{ slot: Slot[slot], offset: offsetOf(fields, field.name), size: field.size, unix }];
  });
}

/** Octets before the field; absent if there is none of the name, or its place is not always the same. */
function offsetOf(fields: readonly FieldCodec[], name: string): number {
  let offset = 0;
  for (const field of fields) {
    if (field.name === name) return offset;
    if (field.size === undefined) return ABSENT;
    offset += field.size;
  }
  return ABSENT;
}
