/**
 * Builds the tree of a message: every option, field and problem with its place. Nothing in the octets can make it
 * throw; what cannot be read is a problem on the node, and reading goes on behind it.
 */
import { readU16, readU32, toHex } from '../base/bytes.ts';
import type { FieldCodec } from './codec.ts';
import { NESTING_MAX } from './limits.ts';
import type { Field, NodeKind, ReadProblem, TreeNode } from './message.ts';
import type { CompiledProtocol, MessageCodec, OptionCodec, Space } from './space.ts';
import { optionOf } from './space.ts';
import {
  EMPTY_SPACE,
  hasWrongOffset,
  lastFieldStart,
  messageCodecAt,
  OPTION_HEADER_OCTETS,
  optionsStart,
  prefixIn,
} from './walk.ts';

/** Where a part of the tree is being built. */
class Site {
  readonly bytes: Uint8Array;
  readonly space: Space;
  readonly kind: NodeKind;
  /** Options inside options so far. */
  readonly depth: number;
  readonly name: string | number;
  /** For options that are read here: where the option around has its prefix; -1: it has none. */
  readonly around: number;
  private readonly outer: Site | undefined;

  constructor(
    bytes: Uint8Array,
    space: Space,
    kind: NodeKind,
    depth: number,
    name: string | number,
    outer?: Site,
    around = -1,
  ) {
    this.bytes = bytes;
    this.space = space;
    this.kind = kind;
    this.depth = depth;
    this.name = name;
    this.outer = outer;
    this.around = around;
  }

  /** Names down to here, joined by `/`. Made when a problem wants it, which is hardly ever. */
  get path(): string {
    const outer = this.outer?.path ?? '';
    return outer === '' || this.name === '' ? `${outer}${this.name}` : `${outer}/${this.name}`;
  }

  /** The same place, where other options are meant. */
  within(space: Space, kind: NodeKind, around = -1): Site {
    return new Site(this.bytes, space, kind, this.depth, this.name, this.outer, around);
  }

  /** A named place inside this one. */
  inside(name: string | number, deeper: number): Site {
    return new Site(this.bytes, this.space, this.kind, this.depth + deeper, name, this);
  }
}

interface Draft {
  readonly fields: Field[];
  readonly children: TreeNode[];
  readonly problems: ReadProblem[];
}

/** The tree of the message `bytes[start, end)`. `space` is that of its dialect. */
export function messageTree(
  protocol: CompiledProtocol,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
): TreeNode {
  return buildMessage(protocol, new Site(bytes, space, 'option', 0, ''), start, end);
}

/** The options that fill all of `bytes`, in a space of their own: for examples and for tests of definitions. */
export function optionTrees(space: Space, bytes: Uint8Array, kind: 'option' | 'sub-option'): TreeNode[] {
  const draft: Draft = { fields: [], children: [], problems: [] };
  readOptions(new Site(bytes, space, kind, 0, ''), 0, bytes.length, draft, 'example');
  return draft.children;
}

function buildMessage(protocol: CompiledProtocol, site: Site, start: number, end: number): TreeNode {
  const { bytes } = site;
  const draft: Draft = { fields: [], children: [], problems: [] };
  const codec = start < end ? messageCodecAt(protocol, bytes, start) : protocol.unknown;
  const named = site.inside(codec.name ?? (start < end ? `message ${bytes[start]}` : 'message'), 0);
  readHeader(codec, named, start, end, draft);
  const from = optionsStart(codec.header, bytes, start, end);
  if (end - start < codec.header.size || from > end) {
    const wanted = Math.max(codec.header.size, from - start);
    const what = site.depth === 0 ? 'message-size' : 'message length';
    const text = `${what} ${end - start} is less than the ${wanted}-octet header`;
    draft.problems.push(problemAt(named, 'message-too-short', start, text));
  } else {
    readOptions(named, from, end, draft, 'message');
  }
  return {
    kind: 'message',
    name: start < end ? codec.name : null,
    code: start < end ? (bytes[start] as number) : null,
    encapsulates: true,
    start,
    end,
    ...draft,
  };
}

/** Header fields as far as the octets go; the others are `null`. */
function readHeader(codec: MessageCodec, site: Site, start: number, end: number, draft: Draft): void {
  let at = start;
  for (const field of codec.header.fields) {
    const to = at + (field.size ?? 0);
    if (to <= end) draft.fields.push(...field.fields(site.bytes, at, to));
    else draft.fields.push({ name: field.name, value: null, start: Math.min(at, end), end });
    if (at - start === codec.header.optionsOffset && hasWrongOffset(codec.header, site.bytes, start, end)) {
      const text = `${field.name} ${site.bytes[at]} is less than the ${codec.header.size + 2}-octet header`;
      draft.problems.push(problemAt(site, 'options-offset-wrong', at, text));
    }
    at = to;
  }
}

/** Options of `[start, end)` into `draft.children`. `within` is what holds them, for the words of a problem. */
function readOptions(site: Site, start: number, end: number, draft: Draft, within: string): void {
  if (site.depth > NESTING_MAX) {
    const text = `more than ${NESTING_MAX} options inside each other; the rest is not read`;
    draft.problems.push(problemAt(site, 'nesting-too-deep', start, text));
    if (start < end) draft.children.push(octetsNode(site.bytes, start, end));
    return;
  }
  let at = start;
  while (end - at >= OPTION_HEADER_OCTETS) {
    const code = readU16(site.bytes, at);
    const from = at + OPTION_HEADER_OCTETS;
    const to = from + readU16(site.bytes, at + 2);
    draft.children.push(buildOption(site, code, at, to, end, within));
    if (to > end) return;
    at = to;
  }
  if (at === end) return;
  const text = `${end - at} octets after the last option of the ${within}, too few for an option`;
  const octets = toHex(site.bytes, at, end);
  draft.problems.push({ ...problemAt(site, 'option-header-cut', at, text), octets });
  draft.children.push(octetsNode(site.bytes, at, end));
}

function octetsNode(bytes: Uint8Array, start: number, end: number): TreeNode {
  const field: Field = { name: 'data', value: toHex(bytes, start, end), start, end };
  return {
    kind: 'octets',
    name: null,
    code: null,
    encapsulates: false,
    start,
    end,
    fields: [field],
    children: [],
    problems: [],
  };
}

function buildOption(
  site: Site,
  code: number,
  at: number,
  to: number,
  end: number,
  within: string,
): TreeNode {
  const codec = optionOf(site.space, code);
  const named = site.inside(codec?.name ?? code, 1);
  const draft: Draft = { fields: [], children: [], problems: [] };
  const from = at + OPTION_HEADER_OCTETS;
  if (to > end) {
    const text = `option-len ${to - from} exceeds the ${end - from} octets left`;
    const where = `option-len past the end of the ${within}`;
    draft.problems.push({ ...problemAt(named, 'option-past-end', at, text), headline: where });
  } else {
    if (site.kind === 'sub-option') draft.fields.push(hexField('sub-option-data', site.bytes, from, to));
    if (codec !== undefined) readKnown(codec, named, from, to, draft, site.around);
    else if (site.kind === 'option') draft.fields.push(unknownField(site, code, from, to));
  }
  const [problem] = draft.problems;
  if (problem !== undefined && draft.fields.length === 0 && from < Math.min(to, end)) {
    draft.problems[0] = { ...problem, octets: toHex(site.bytes, from, Math.min(to, end)) };
  }
  return {
    kind: site.kind,
    name: codec?.name ?? null,
    code,
    encapsulates: codec?.tail.kind === 'options',
    start: at,
    end: Math.min(to, end),
    ...draft,
  };
}

/** Contents of an option that is not one of the protocol; what other protocols call it is shown to people. */
function unknownField(site: Site, code: number, start: number, end: number): Field {
  const field = hexField('data', site.bytes, start, end);
  const known = site.space.elsewhere.get(code);
  return known === undefined ? field : { ...field, display: `elsewhere ${known}` };
}

function hexField(name: string, bytes: Uint8Array, start: number, end: number): Field {
  return { name, value: toHex(bytes, start, end), start, end };
}

/** Fields and tail of an option that a definition knows. */
function readKnown(
  codec: OptionCodec,
  site: Site,
  start: number,
  end: number,
  draft: Draft,
  around: number,
): void {
  const wrong = wrongLength(codec, end - start);
  const places = wrong === undefined ? placeFields(codec.fields, site.bytes, start, end) : [];
  if (wrong !== undefined || places === undefined) {
    const text = wrong ?? `option-len ${end - start} ends inside a field`;
    draft.problems.push(problemAt(site, 'option-len-wrong', start - 2, text));
    return;
  }
  let at = start;
  for (const [index, field] of codec.fields.entries()) {
    const to = places[index] as number;
    draft.fields.push(...field.fields(site.bytes, at, to, around));
    const problem = field.problem?.(site.bytes, at, to, around);
    if (problem !== undefined)
      draft.problems.push(problemAt(site, 'bad-value', at, `${field.name}: ${problem}`));
    at = to;
  }
  if (codec.tail.kind === 'none' && at < end) {
    const text = `${end - at} octets after the last field`;
    draft.problems.push(problemAt(site, 'option-len-wrong', at, text));
  }
  readTail(codec, site, start, at, end, draft);
}

function wrongLength(codec: OptionCodec, octets: number): string | undefined {
  const { fixed, minimum, tail } = codec;
  if (fixed !== undefined && tail.kind === 'none')
    return octets === fixed ? undefined : `option-len ${octets} is not ${fixed}`;
  return octets < minimum ? `option-len ${octets} is less than ${minimum}` : undefined;
}

/** Where each field ends, or `undefined` if one does not fit. */
function placeFields(
  fields: readonly FieldCodec[],
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly number[] | undefined {
  const places: number[] = [];
  let at = start;
  for (const field of fields) {
    const size = field.size ?? (field.extent === undefined ? end - at : field.extent(bytes, at, end));
    if (size < 0 || at + size > end) return undefined;
    at += size;
    places.push(at);
  }
  return places;
}

function readTail(
  codec: OptionCodec,
  site: Site,
  start: number,
  fieldsEnd: number,
  end: number,
  draft: Draft,
): void {
  const { tail } = codec;
  if (tail.kind === 'options') {
    readOptions(
      site.within(tail.space ?? site.space, site.kind, prefixIn(codec, start)),
      fieldsEnd,
      end,
      draft,
      `enclosing ${codec.name}`,
    );
  } else if (tail.kind === 'message') {
    readNested(tail.protocol, site, lastFieldStart(codec, start), end, draft);
  } else if (tail.kind === 'vendor') {
    const space = tail.vendors.get(readU32(site.bytes, start)) ?? EMPTY_SPACE;
    readOptions(
      site.within(space, 'sub-option'),
      lastFieldStart(codec, start),
      end,
      draft,
      'vendor-option-data',
    );
  }
}

function readNested(protocol: CompiledProtocol, site: Site, start: number, end: number, draft: Draft): void {
  if (site.depth > NESTING_MAX) {
    const text = `more than ${NESTING_MAX} options inside each other; the message is not read`;
    draft.problems.push(problemAt(site, 'nesting-too-deep', start, text));
    return;
  }
  draft.children.push(buildMessage(protocol, site.within(protocol.space, 'option'), start, end));
}

function problemAt(site: Site, code: string, offset: number, message: string): ReadProblem {
  return { code, path: site.path, message, offset };
}
