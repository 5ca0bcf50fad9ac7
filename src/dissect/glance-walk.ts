/**
 * The walk that fills a Glance: over every option of a message, nested ones too, judging each by its definition and
 * noting what it tells. Follows compiled definitions alone; no code of an option stands here. Makes no objects.
 */
import { NO_BYTES, readU16, readU32 } from '../base/bytes.ts';
import { EPOCH_2000_UNIX_SECONDS, wrapSeconds } from '../base/time.ts';
import { readNumber } from './codecs/numbers.ts';
import { ABSENT, Glance, type LeaseGlance } from './glance.ts';
import { NESTING_MAX } from './limits.ts';
import { Inside, Judge, type NumberPlace, type OptionLook, Role } from './option-look.ts';
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';
import { optionOf } from './space.ts';
import { STATUS_SUCCESS } from './vocabulary.ts';
import {
  areFieldsClean,
  EMPTY_SPACE,
  fieldsEnd,
  hasWrongOffset,
  lastFieldStart,
  messageCodecAt,
  OPTION_HEADER_OCTETS,
  optionsStart,
  prefixIn,
} from './walk.ts';

/** A run of options, and what it passes on to the leases in it: those may stand before what is said of them. */
class Container {
  clientStart = ABSENT;
  clientEnd = ABSENT;
  iaid = ABSENT;
  statusCode = ABSENT;
  /** The lease that the options are about. */
  lease: LeaseGlance | undefined;
  /** Of the lease, or else of the message. */
  numbers: Float64Array;
  /** Whether they are inside it, and not merely behind it as in DHCPv4 failover. */
  insideLease = false;
  /** Leases of the message before this run. */
  leasesBefore = 0;

  constructor(numbers: Float64Array) {
    this.numbers = numbers;
  }
}

class GlanceWalk {
  readonly glance = new Glance();
  private bytes: Uint8Array = NO_BYTES;
  /** One each depth, made when first needed. */
  private readonly containers: Container[] = [];

  read(protocol: CompiledProtocol, bytes: Uint8Array, start: number, end: number): Glance {
    this.bytes = bytes;
    const { glance } = this;
    glance.begin(bytes);
    glance.clean = this.message(protocol, start, end, this.container(0), 0);
    if (glance.clientStart === ABSENT && glance.leaseCount > 0) {
      const lease = glance.leases[0] as LeaseGlance;
      glance.clientStart = lease.clientStart;
      glance.clientEnd = lease.clientEnd;
    }
    return glance;
  }

  private container(depth: number): Container {
    let container = this.containers[depth];
    if (container === undefined) {
      container = new Container(this.glance.numbers);
      this.containers.push(container);
    }
    container.clientStart = ABSENT;
    container.iaid = ABSENT;
    container.statusCode = ABSENT;
    container.lease = undefined;
    container.numbers = this.glance.numbers;
    container.insideLease = false;
    container.leasesBefore = this.glance.leaseCount;
    return container;
  }

  private message(
    protocol: CompiledProtocol,
    start: number,
    end: number,
    container: Container | undefined,
    depth: number,
  ): boolean {
    if (start >= end) return false;
    const bytes = this.bytes;
    const { header } = messageCodecAt(protocol, bytes, start);
    const from = optionsStart(header, bytes, start, end);
    const clean = from <= end && this.options(protocol.space, from, end, container, depth, -1);
    return clean && !hasWrongOffset(header, bytes, start, end);
  }

  /** Whether the options fill `[from, end)` and are all right. Without a container they are judged and tell nothing. */
  private options(
    space: Space,
    from: number,
    end: number,
    container: Container | undefined,
    depth: number,
    around: number,
  ): boolean {
    if (depth > NESTING_MAX) return false;
    const bytes = this.bytes;
    let clean = true;
    let at = from;
    while (end - at >= OPTION_HEADER_OCTETS) {
      const start = at + OPTION_HEADER_OCTETS;
      const next = start + readU16(bytes, at + 2);
      if (next > end) break;
      const codec = optionOf(space, readU16(bytes, at));
      at = next;
      if (codec === undefined) continue;
      const { look } = codec;
      const octets = next - start;
      if (look.judge === Judge.length) {
        if (octets !== look.minimum) {
          clean = false;
          continue;
        }
      } else if (octets < look.minimum) {
        clean = false;
        // Even what is too short to be an identifier tells whom somebody means.
        if (look.role !== Role.client) continue;
      } else if (look.judge === Judge.fields && !areFieldsClean(codec, bytes, start, next, around))
        clean = false;
      if (look.inside !== Inside.nothing) {
        const inner =
          container === undefined || look.role === Role.nothing
            ? undefined
            : this.enter(look, start, depth + 1);
        if (!this.inside(codec, space, start, next, inner, depth + 1)) clean = false;
      } else if (container === undefined || look.role === Role.nothing) continue;
      else if (look.role !== Role.number) this.learn(look, start, next, container);
      else {
        // Here and not in a method: a number that is handed over may have to be put into an object.
        const value = octets === 4 ? readU32(bytes, start) : readNumber(bytes, start, octets);
        if (!look.unix) container.numbers[look.slot] = value;
        else if (value !== 0) container.numbers[look.slot] = wrapSeconds(value - EPOCH_2000_UNIX_SECONDS);
      }
    }
    if (container !== undefined && container.lease === undefined) this.passDown(container);
    return clean && at === end;
  }

  private inside(
    codec: OptionCodec,
    space: Space,
    start: number,
    end: number,
    inner: Container | undefined,
    depth: number,
  ): boolean {
    const { look, tail } = codec;
    if (tail.kind === 'options') {
      const from = look.fixed === ABSENT ? fieldsEnd(codec, this.bytes, start, end) : start + look.fixed;
      return from >= 0 && this.options(tail.space ?? space, from, end, inner, depth, prefixIn(codec, start));
    }
    const from = lastFieldStart(codec, start);
    if (tail.kind === 'message') return this.message(tail.protocol, from, end, inner, depth);
    if (tail.kind !== 'vendor') return true;
    const vendor = tail.vendors.get(readU32(this.bytes, start)) ?? EMPTY_SPACE;
    return this.options(vendor, from, end, undefined, depth, -1);
  }

  /** What an option that holds others tells, and the container for those. */
  private enter(look: OptionLook, start: number, depth: number): Container | undefined {
    const container = this.container(depth);
    if (look.role === Role.association) container.iaid = readU32(this.bytes, start + look.offset);
    else if (look.role === Role.lease) {
      container.lease = this.lease(look, start);
      container.numbers = container.lease.numbers;
      container.insideLease = true;
    } else if (look.role !== Role.group) return undefined;
    return container;
  }

  private lease(look: OptionLook, start: number): LeaseGlance {
    const bytes = this.bytes;
    const lease = this.glance.addLease();
    lease.address = start + look.offset;
    lease.addressOctets = look.size;
    if (look.prefixLength !== ABSENT) lease.prefixLength = bytes[start + look.prefixLength] as number;
    if (look.preferredLifetime !== ABSENT)
      lease.preferredLifetime = readU32(bytes, start + look.preferredLifetime);
    if (look.validLifetime !== ABSENT) lease.validLifetime = readU32(bytes, start + look.validLifetime);
    return lease;
  }

  /** What an option without others inside tells. */
  private learn(look: OptionLook, start: number, end: number, container: Container): void {
    const { glance } = this;
    switch (look.role) {
      case Role.numbers:
        this.numbers(look.numbers, start, container.numbers);
        break;
      case Role.renumbered: {
        const value = readNumber(this.bytes, start, end - start);
        container.numbers[look.slot] = look.standard.get(value) ?? value;
        break;
      }
      case Role.client:
        this.client(look.weak, start + look.offset, end, container);
        break;
      case Role.status:
        this.status(look, start, end, container);
        break;
      case Role.lease:
        container.lease = this.lease(look, start);
        container.numbers = container.lease.numbers;
        break;
      case Role.message:
        glance.statusMessageStart = start + look.offset;
        glance.statusMessageEnd = end;
        break;
      case Role.relationship:
        if (container.insideLease) break;
        glance.relationshipNameStart = start + look.offset;
        glance.relationshipNameEnd = end;
        break;
      default:
    }
  }

  private numbers(places: readonly NumberPlace[], start: number, numbers: Float64Array): void {
    for (let index = 0; index < places.length; index++) {
      const { slot, offset, size } = places[index] as NumberPlace;
      numbers[slot] = readNumber(this.bytes, start + offset, size);
    }
  }

  /** In a flat message a client belongs to the lease before it. */
  private client(weak: boolean, from: number, end: number, container: Container): void {
    const { glance } = this;
    const { lease, insideLease } = container;
    // An option that ends before its address names nobody.
    if (from > end) return;
    if (lease !== undefined && !insideLease) {
      if (weak && lease.clientStart !== ABSENT) return;
      lease.clientStart = from;
      lease.clientEnd = end;
      return;
    }
    if (weak) return;
    container.clientStart = from;
    container.clientEnd = end;
    if (glance.clientStart !== ABSENT) return;
    glance.clientStart = from;
    glance.clientEnd = end;
  }

  private status(look: OptionLook, start: number, end: number, container: Container): void {
    const { glance } = this;
    const code = readNumber(this.bytes, start + look.offset, look.size);
    if (container.lease === undefined) container.statusCode = code;
    else container.lease.statusCode = code;
    const known = glance.statusCode;
    if (known !== ABSENT && (known !== STATUS_SUCCESS || code === STATUS_SUCCESS)) return;
    glance.statusCode = code;
    if (look.said === ABSENT) return;
    glance.statusMessageStart = start + look.said;
    glance.statusMessageEnd = end;
  }

  /** Client, IA and status may stand after the leases that they are about. */
  private passDown({ leasesBefore, clientStart, clientEnd, iaid, statusCode }: Container): void {
    const { leases, leaseCount } = this.glance;
    for (let at = leasesBefore; at < leaseCount; at++) {
      const lease = leases[at] as LeaseGlance;
      if (lease.clientStart === ABSENT) {
        lease.clientStart = clientStart;
        lease.clientEnd = clientEnd;
      }
      if (lease.iaid === ABSENT) lease.iaid = iaid;
      if (lease.statusCode === ABSENT) lease.statusCode = statusCode;
    }
  }
}

const WALK = new GlanceWalk();

/** Looks at the message `bytes[start, end)`. What it returns is overwritten by the next look at any message. */
export function glanceAt(protocol: CompiledProtocol, bytes: Uint8Array, start: number, end: number): Glance {
  return WALK.read(protocol, bytes, start, end);
}
