/**
 * All that a glance wants of an option, in objects of one shape: how it is judged, what it tells the analyzer, what is
 * inside. Names and what they mean stand here; codes, places, sizes and epochs come from the dissectors' YAML, so that a
 * dialect that numbers or lays out its options otherwise is read rightly.
 */
import type { FieldCodec } from './codec.ts';
import type { FieldDefinition } from './definition.ts';
import { ABSENT, Slot, type SlotName } from './glance.ts';

/** What an option tells. */
export const Role = {
  nothing: 0,
  /** One number, and nothing else. */
  number: 1,
  /** Several numbers. */
  numbers: 2,
  /** Who the client is. */
  client: 3,
  /** Leases inside belong to an IA. */
  association: 4,
  /** An address or prefix. */
  lease: 5,
  /** What is inside belongs together. */
  group: 6,
  /** A status code, or the reason of a refusal. */
  status: 7,
  /** Text beside a reason. */
  message: 8,
  /** Name of the relationship. */
  relationship: 9,
  /** A number that a dialect counts otherwise. */
  renumbered: 10,
} as const;

/** What tells whether the fields of an option can be read: its exact length, its least length, or a look at each field. */
export const Judge = { length: 0, minimum: 1, fields: 2 } as const;

/** What follows the fields. */
export const Inside = { nothing: 0, options: 1, message: 2, vendor: 3 } as const;
const INSIDE = {
  none: Inside.nothing,
  options: Inside.options,
  message: Inside.message,
  vendor: Inside.vendor,
} as const;

/** Offsets are counted from the contents of the option. */
export interface NumberPlace {
  readonly slot: number;
  readonly offset: number;
  readonly size: number;
}

export class OptionLook {
  role: number = Role.nothing;
  judge: number = Judge.fields;
  inside: number = Inside.nothing;
  minimum = 0;
  /** Octets of the fields if that never changes; else absent. */
  fixed = ABSENT;
  /** Of the one number; whether it is a time since 1970, where 0 says that there is none. */
  slot = 0;
  unix = false;
  numbers: readonly NumberPlace[] = [];
  /** Of a renumbered one: by the numbers of the dialect, those of the standard that mean the same. */
  standard: ReadonlyMap<number, number> = new Map();
  /** Of what the role is about: client, IAID, address, code, text; and its octets, if it has a size. */
  offset = 0;
  size = 0;
  /** A client that a proper identifier overrules. */
  weak = false;
  /** Of a lease, as far as it has them; else absent. */
  prefixLength = ABSENT;
  preferredLifetime = ABSENT;
  validLifetime = ABSENT;
  /** Of the text beside a status code. */
  said = ABSENT;
  /** Whether it is a status code, or one inside it would count. */
  tellsStatus = false;
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
const OTHERS: Readonly<Record<string, { role: number; field?: string; weak?: true }>> = {
  OPTION_CLIENTID: { role: Role.client, field: 'DUID' },
  OPTION_IA_NA: { role: Role.association, field: 'IAID' },
  OPTION_IA_TA: { role: Role.association, field: 'IAID' },
  OPTION_IA_PD: { role: Role.association, field: 'IAID' },
  OPTION_IAADDR: { role: Role.lease, field: 'IPv6-address' },
  OPTION_IAPREFIX: { role: Role.lease, field: 'IPv6-prefix' },
  OPTION_CLIENT_DATA: { role: Role.group },
  OPTION_RELAY_MSG: { role: Role.group },
  OPTION_STATUS_CODE: { role: Role.status, field: 'status-code' },
  OPTION_F_RELATIONSHIP_NAME: { role: Role.relationship, field: 'relationship-name' },
  'assigned-IP-address': { role: Role.lease, field: 'assigned-IP-address' },
  'client-identifier': { role: Role.client, field: 'client-identifier' },
  'client-hardware-address': { role: Role.client, field: 'client-hardware-address', weak: true },
  'reject-reason': { role: Role.status, field: 'reject-reason' },
  message: { role: Role.message, field: 'message' },
  'relationship-name': { role: Role.relationship, field: 'relationship-name' },
};

/** What passes on what is inside it. */
const HOLDERS: ReadonlySet<number> = new Set([Role.group, Role.association, Role.lease]);

/** What a definition comes to. */
export interface LookedAt {
  readonly name: string;
  readonly definitions: readonly FieldDefinition[];
  readonly fields: readonly FieldCodec[];
  readonly inside: keyof typeof INSIDE;
  /** Its times count from 1970, whatever its definition says. */
  readonly unixTimes: boolean;
}

export function optionLook({ name, definitions, fields, inside, unixTimes }: LookedAt): OptionLook {
  const look = new OptionLook();
  const sized = fields.every((field) => field.size !== undefined);
  look.judge = judgeOf(fields, inside === 'none');
  look.inside = INSIDE[inside];
  look.minimum = fields.reduce((sum, field) => sum + field.minimum, 0);
  look.fixed = sized ? look.minimum : ABSENT;
  const slots = NUMBERS[name];
  const other = OTHERS[name];
  if (slots !== undefined && look.judge === Judge.length && fields.length === slots.length) {
    look.role = slots.length === 1 ? Role.number : Role.numbers;
    look.numbers = fields.map((field, index) => numberPlace(fields, field, slots[index] as SlotName));
    look.slot = look.numbers[0]?.slot ?? 0;
    const type = definitions[0]?.type;
    look.unix = type === 'time-1970' || (unixTimes && type === 'time-2000');
  } else if (other !== undefined) {
    const offset = other.field === undefined ? 0 : offsetOf(fields, other.field);
    if (offset !== ABSENT) look.role = other.role;
    look.offset = Math.max(0, offset);
    look.size = fields.find((field) => field.name === other.field)?.size ?? 0;
    look.weak = other.weak === true;
    look.prefixLength = offsetOf(fields, 'prefix-length');
    look.preferredLifetime = offsetOf(fields, 'preferred-lifetime');
    look.validLifetime = offsetOf(fields, 'valid-lifetime');
    look.said = offsetOf(fields, 'status-message');
    look.tellsStatus = look.role === Role.status || (inside !== 'none' && HOLDERS.has(look.role));
  }
  return look;
}

function judgeOf(fields: readonly FieldCodec[], nothingInside: boolean): number {
  const looks = (field: FieldCodec): boolean => field.problem !== undefined || field.extent !== undefined;
  const sized = (field: FieldCodec): boolean => field.size !== undefined;
  if (fields.some(looks) || !fields.slice(0, -1).every(sized)) return Judge.fields;
  return nothingInside && fields.every(sized) ? Judge.length : Judge.minimum;
}

function numberPlace(fields: readonly FieldCodec[], field: FieldCodec, slot: SlotName): NumberPlace {
  return { slot: Slot[slot], offset: offsetOf(fields, field.name), size: field.size ?? 0 };
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
