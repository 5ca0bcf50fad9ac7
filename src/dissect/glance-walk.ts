/**
 * The walk that fills a Glance: over every option of a message, nested ones too, judging each by its definition and
 * noting what it tells. Follows compiled definitions alone; no code of an option stands here. Makes no objects.
 */
import { NO_BYTES, readU16, readU32 } from '../base/bytes.ts';
import { EPOCH_2000_UNIX_SECONDS, wrapSeconds } from '../base/time.ts';
import { readNumber } from './codecs/numbers.ts';
import { ABSENT, Glance, type LeaseGlance, Slot } from './glance.ts';
import { NESTING_MAX } from './limits.ts';
import type { OptionFacts } from './option-facts.ts';
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';
import { optionOf } from './space.ts';
import { STATUS_SUCCESS } from './vocabulary.ts';
import {
  areFieldsClean,
  EMPTY_SPACE,
  fieldsEnd,
  lastFieldStart,
  messageCodecAt,
  OPTION_HEADER_OCTETS,
  optionsStart,
} from './walk.ts';

/** A run of options, and what it passes on to the leases in it: those may stand before what is said of them. */
class Container {
  clientStart = ABSENT;
  clientEnd = ABSENT;
  iaid = ABSENT;
  statusCode = ABSENT;
  /** The lease that the options are about. */
  lease: LeaseGlance | undefined;
  /** Whether they are inside it, and not merely behind it as in DHCPv4 failover. */
  insideLease = false;
  /** Leases of the message before this run. */
  leasesBefore = 0;
}

class GlanceWalk {
  readonly glance = new Glance();
  #bytes: Uint8Array = NO_BYTES;
  /** One each depth, made when first needed. */
  readonly #containers: Container[] = [];

  read(protocol: CompiledProtocol, bytes: Uint8Array, start: number, end: number): Glance {
    this.#bytes = bytes;
    const { glance } = this;
    glance.begin(bytes);
    glance.clean = this.#message(protocol, start, end, this.#container(0), 0);
    if (glance.clientStart === ABSENT && glance.leaseCount > 0) {
      const lease = glance.leases[0] as LeaseGlance;
      glance.clientStart = lease.clientStart;
      glance.clientEnd = lease.clientEnd;
    }
    return glance;
  }

  #container(depth: number): Container {
    let container = this.#containers[depth];
    if (container === undefined) {
      container = new Container();
      this.#containers.push(container);
    }
    container.clientStart = ABSENT;
    container.iaid = ABSENT;
    container.statusCode = ABSENT;
    container.lease = undefined;
    container.insideLease = false;
    container.leasesBefore = this.glance.leaseCount;
    return container;
  }

  #message(
    protocol: CompiledProtocol,
    start: number,
    end: number,
    container: Container | undefined,
    depth: number,
  ): boolean {
    if (start >= end) return false;
    const bytes = this.#bytes;
    const from = optionsStart(messageCodecAt(protocol, bytes, start).header, bytes, start, end);
    return from <= end && this.#options(protocol.space, from, end, container, depth);
  }

  /** Whether the options fill `[from, end)` and are all right. Without a container they are judged and tell nothing. */
  #options(
    space: Space,
    from: number,
    end: number,
    container: Container | undefined,
    depth: number,
  ): boolean {
    if (depth > NESTING_MAX) return false;
    const bytes = this.#bytes;
    let clean = true;
    let at = from;
    while (end - at >= OPTION_HEADER_OCTETS) {
      const inside = at + OPTION_HEADER_OCTETS;
      const next = inside + readU16(bytes, at + 2);
      if (next > end) break;
      const codec = optionOf(space, readU16(bytes, at));
      if (codec !== undefined && !this.#option(codec, space, inside, next, container, depth)) clean = false;
      at = next;
    }
    if (container !== undefined && container.lease === undefined) this.#passDown(container);
    return clean && at === end;
  }

  #option(
    codec: OptionCodec,
    space: Space,
    start: number,
    end: number,
    container: Container | undefined,
    depth: number,
  ): boolean {
    const octets = end - start;
    const clean =
      codec.judged === 'length'
        ? octets === codec.minimum
        : octets >= codec.minimum &&
          (codec.judged === 'minimum' || areFieldsClean(codec, this.#bytes, start, end));
    const { facts, tail } = codec;
    if (tail.kind === 'none') {
      if (facts !== undefined && container !== undefined) this.#learn(facts, codec, start, end, container);
      return clean;
    }
    if (octets < codec.minimum) return false;
    const inner =
      facts === undefined || container === undefined ? undefined : this.#enter(facts, start, depth + 1);
    return this.#tail(codec, space, start, end, inner, depth + 1) && clean;
  }

  #tail(
    codec: OptionCodec,
    space: Space,
    start: number,
    end: number,
    inner: Container | undefined,
    depth: number,
  ): boolean {
    const { tail } = codec;
    if (tail.kind === 'options') {
      const from =
        codec.fixed === undefined ? fieldsEnd(codec, this.#bytes, start, end) : start + codec.fixed;
      return from >= 0 && this.#options(tail.space ?? space, from, end, inner, depth);
    }
    const from = lastFieldStart(codec, start);
    if (tail.kind === 'message') return this.#message(tail.protocol, from, end, inner, depth);
    if (tail.kind === 'none') return true;
    const vendor = tail.vendors.get(readU32(this.#bytes, start)) ?? EMPTY_SPACE;
    return this.#options(vendor, from, end, undefined, depth);
  }

  /** What an option that holds others tells, and the container for those. */
  #enter(facts: OptionFacts, start: number, depth: number): Container | undefined {
    const container = this.#container(depth);
    if (facts.kind === 'association') container.iaid = readU32(this.#bytes, start + facts.offset);
    else if (facts.kind === 'lease') {
      container.lease = this.#lease(facts, start);
      container.insideLease = true;
    } else if (facts.kind !== 'group') return undefined;
    return container;
  }

  #lease(facts: OptionFacts, start: number): LeaseGlance {
    const bytes = this.#bytes;
    const lease = this.glance.addLease();
    lease.address = start + facts.offset;
    lease.addressOctets = facts.size;
    if (facts.prefixLength >= 0) lease.prefixLength = bytes[start + facts.prefixLength] as number;
    if (facts.preferredLifetime >= 0)
      lease.preferredLifetime = readU32(bytes, start + facts.preferredLifetime);
    if (facts.validLifetime >= 0) lease.validLifetime = readU32(bytes, start + facts.validLifetime);
    return lease;
  }

  /** What an option without others inside tells. */
  #learn(facts: OptionFacts, codec: OptionCodec, start: number, end: number, container: Container): void {
    const { glance } = this;
    const from = start + facts.offset;
    switch (facts.kind) {
      case 'numbers':
        if (end - start === codec.fixed) this.#numbers(facts, start, container);
        break;
      case 'client':
        if (from <= end) this.#client(facts, from, end, container);
        break;
      case 'status':
        if (end - start >= codec.minimum) this.#status(facts, start, end, container);
        break;
      case 'lease':
        if (end - start === codec.fixed) container.lease = this.#lease(facts, start);
        break;
      case 'message':
        glance.statusMessageStart = from;
        glance.statusMessageEnd = end;
        break;
      case 'relationship':
        if (container.insideLease) break;
        glance.relationshipNameStart = from;
        glance.relationshipNameEnd = end;
        break;
      default:
    }
  }

  #numbers(facts: OptionFacts, start: number, { lease, insideLease }: Container): void {
    for (const { slot, offset, size, unix } of facts.numbers) {
      const numbers =
        lease !== undefined && slot <= Slot.startTimeOfState
          ? lease.numbers
          : !insideLease && slot >= Slot.startTimeOfState
            ? this.glance.numbers
            : undefined;
      if (numbers === undefined) continue;
      const value =
        size === 4 ? readU32(this.#bytes, start + offset) : readNumber(this.#bytes, start + offset, size);
      if (!unix) numbers[slot] = value;
      else numbers[slot] = value === 0 ? ABSENT : wrapSeconds(value - EPOCH_2000_UNIX_SECONDS);
    }
  }

  /** In a flat message a client belongs to the lease before it. */
  #client(facts: OptionFacts, from: number, end: number, container: Container): void {
    const { glance } = this;
    const { lease, insideLease } = container;
    if (lease !== undefined && !insideLease) {
      if (facts.weak && lease.clientStart !== ABSENT) return;
      lease.clientStart = from;
      lease.clientEnd = end;
      return;
    }
    if (facts.weak) return;
    container.clientStart = from;
    container.clientEnd = end;
    if (glance.clientStart !== ABSENT) return;
    glance.clientStart = from;
    glance.clientEnd = end;
  }

  #status(facts: OptionFacts, start: number, end: number, container: Container): void {
    const { glance } = this;
    const code = readNumber(this.#bytes, start + facts.offset, facts.size);
    if (container.lease === undefined) container.statusCode = code;
    else container.lease.statusCode = code;
    const known = glance.statusCode;
    if (known !== ABSENT && (known !== STATUS_SUCCESS || code === STATUS_SUCCESS)) return;
    glance.statusCode = code;
    if (facts.said === ABSENT) return;
    glance.statusMessageStart = start + facts.said;
    glance.statusMessageEnd = end;
  }

  /** Client, IA and status may stand after the leases that they are about. */
  #passDown({ leasesBefore, clientStart, clientEnd, iaid, statusCode }: Container): void {
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
