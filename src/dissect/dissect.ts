/**
 * A frame as a message. The header is read at once, because every view wants it; tree, problems and JSON when somebody
 * asks. Messages inside a frame share its octets and copy none.
 */
import { readU32 } from '../base/bytes.ts';
import { opposite } from '../base/flow.ts';
import type { Connection, Frame, ProtocolName } from '../base/frame.ts';
import { jsonText } from '../base/json-text.ts';
import { EPOCH_2000_UNIX_SECONDS, wrapSeconds } from '../base/time.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { MICROSECONDS, timestampText } from '../base/timestamp.ts';
import { readNumber } from './codecs/numbers.ts';
import type { Dissectors } from './compile.ts';
import { factsFrom } from './facts.ts';
import { Glance } from './glance.ts';
import { glanceAt } from './glance-walk.ts';
import { putMessageOptions } from './json.ts';
import { JsonBuffer, Piece } from './json-buffer.ts';
import { PROBLEMS_MAX } from './limits.ts';
import type { Message, ReadProblem, TreeNode } from './message.ts';
import type { Facts } from './message-facts.ts';
import type { CompiledProtocol, MessageCodec } from './space.ts';
import { statusAt } from './status-walk.ts';
import { messageTree } from './tree.ts';
import { optionObjects } from './tree-json.ts';
import { messageCodecAt } from './walk.ts';

/** The message in a frame. `index` counts messages over the capture or session. */
export function dissect(dissectors: Dissectors, frame: Frame, index: number): Message {
  return new DissectedMessage(protocolOf(dissectors, frame.connection), frame, index);
}

/** The protocol of a connection, as its speakers mean it. */
export function protocolOf(dissectors: Dissectors, { protocol, dialect }: Connection): CompiledProtocol {
  const standard = dissectors.protocols.get(protocol);
  if (standard === undefined) throw new Error(`no dissector for ${protocol}`);
  return (dialect === undefined ? undefined : standard.dialects.get(dialect)) ?? standard;
}

const INDEX = new Piece('{"index":');
const FRAME = new Piece(',"frame":');
const TIMESTAMP = new Piece(',"timestamp":"');
const SENT = new Piece(',"sent_time":');
const SIZE = new Piece(',"message_size":');
const OPTIONS = new Piece(',"options":');
const RESYNC = new Piece(',"resync":true');
const NULL = new Piece('null');
const CLOSE = 0x7d;
const POINT = 0x2e;

/** What `json()` writes into; empty between calls. */
const scratch = new JsonBuffer();

const NO_PROBLEMS: readonly ReadProblem[] = [];

/**
 * Whose glance stands in the one there is, and facts made from it. Not kept with the message: whoever wants them wants
 * them of one message after the other, and they are larger than the message.
 */
let lastGlanced: DissectedMessage | undefined;
let lastGlance = new Glance();
let lastFacts: Facts | undefined;

/** A message; or, where nobody keeps any, each of many in turn: `take` puts another one in its place. */
export class DissectedMessage implements Message {
  frame: Frame;
  index: number;
  msgType = -1;
  private compiled: CompiledProtocol;
  private codec: MessageCodec;
  private glanced = false;
  private clean: boolean | undefined;
  private builtTree: TreeNode | undefined;
  private foundProblems: readonly ReadProblem[] | undefined;

  constructor(protocol: CompiledProtocol, frame: Frame, index: number) {
    this.frame = frame;
    this.index = index;
    this.compiled = protocol;
    this.codec = protocol.unknown;
    this.take(protocol, frame, index);
  }

  /** Becomes the message of this frame, which may be the same object with other contents. */
  take(protocol: CompiledProtocol, frame: Frame, index: number): void {
    const { bytes, start, end } = frame;
    this.frame = frame;
    this.index = index;
    this.compiled = protocol;
    this.codec = start < end ? messageCodecAt(protocol, bytes, start) : protocol.unknown;
    this.msgType = start < end ? (bytes[start] as number) : -1;
    this.glanced = false;
    this.clean = undefined;
    this.builtTree = undefined;
    this.foundProblems = undefined;
  }

  get standardType(): number {
    return this.codec === this.compiled.unknown ? this.msgType : this.codec.standardType;
  }

  get msgName(): string | null {
    return this.codec.name;
  }

  get transactionId(): number | null {
    const { offset, size } = this.codec.header.transactionId;
    return this.number(offset, size);
  }

  get sentTime(): number | null {
    const { offset, size, epoch } = this.codec.header.sentTime;
    const sent = this.number(offset, size);
    return sent === null || epoch === 'time-2000' ? sent : wrapSeconds(sent - EPOCH_2000_UNIX_SECONDS);
  }

  get protocol(): ProtocolName {
    return this.frame.connection.protocol;
  }

  get size(): number {
    return this.frame.end - this.frame.start;
  }

  glance(): Glance {
    if (this.glanced && lastGlanced === this) return lastGlance;
    const { bytes, start, end, claimed } = this.frame;
    lastGlance = glanceAt(this.compiled, bytes, start, end);
    lastGlanced = this;
    lastFacts = undefined;
    this.glanced = true;
    this.clean = lastGlance.clean && claimed === undefined;
    return lastGlance;
  }

  facts(): Facts {
    const glance = this.glance();
    lastFacts ??= factsFrom(glance);
    return lastFacts;
  }

  statusCode(): number {
    const { bytes, start, end } = this.frame;
    return statusAt(this.compiled, bytes, start, end);
  }

  problems(): readonly ReadProblem[] {
    this.foundProblems ??= this.isClean() ? NO_PROBLEMS : collectProblems(this.tree());
    return this.foundProblems;
  }

  tree(): TreeNode {
    this.builtTree ??= this.buildTree();
    return this.builtTree;
  }

  json(): string {
    const from = scratch.length;
    this.writeJson(scratch);
    const text = scratch.text(from);
    scratch.clear(from);
    return text;
  }

  writeJson(out: JsonBuffer): void {
    const { bytes, start, end, resync, claimed, tls } = this.frame;
    this.writeHead(out);
    out.put(OPTIONS);
    const from = out.length;
    const clean = claimed === undefined && putMessageOptions(out, this.compiled, bytes, start, end);
    if (!clean) {
      out.clear(from);
      out.putText(jsonText(optionObjects(this.tree())));
    }
    if (resync) out.put(RESYNC);
    if (tls !== undefined) out.putText(`,"tls":${jsonText(tls)}`);
    // Some options can only be written the long way, although nothing is wrong with them.
    const problems = clean ? [] : this.problems();
    if (problems.length > 0) out.putText(malformedMembers(problems, start));
    out.putCode(CLOSE);
  }

  writeHead(out: JsonBuffer): void {
    const { connection, direction, seen } = this.frame;
    out.put(INDEX);
    out.putNumber(this.index);
    out.put(FRAME);
    out.putNumber(seen.packet);
    out.put(TIMESTAMP);
    putTimestamp(out, seen.time);
    out.put(endsJson(connection)[direction]);
    if (this.codec.name === null) putMaybe(out, this.msgType < 0 ? null : this.msgType);
    out.put(this.codec.jsonName);
    putMaybe(out, this.transactionId);
    out.put(SENT);
    putMaybe(out, this.sentTime);
    out.put(SIZE);
    const counted = this.compiled.framing?.counts === 'message-and-prefix' ? this.size + 2 : this.size;
    out.putNumber(this.frame.claimed ?? counted);
    this.putOtherFields(out);
  }

  private buildTree(): TreeNode {
    const { bytes, start, end, claimed } = this.frame;
    const tree = messageTree(this.compiled, this.compiled.space, bytes, start, end);
    if (claimed === undefined) return tree;
    const message = `message-size ${claimed}, but the next message begins after ${this.size} octets`;
    const problem = { code: 'message-size-wrong', path: tree.name ?? '', message, offset: start };
    return { ...tree, problems: [problem, ...tree.problems] };
  }

  private putOtherFields(out: JsonBuffer): void {
    const { bytes, start, end } = this.frame;
    for (const { field, offset, lead } of this.codec.header.others) {
      const to = start + offset + (field.size ?? 0);
      if (to > end) return;
      out.put(lead);
      field.json(out, bytes, start + offset, to);
    }
  }

  private isClean(): boolean {
    if (this.clean === undefined) this.glance();
    return this.clean === true;
  }

  private number(offset: number, size: number): number | null {
    const { bytes, start, end } = this.frame;
    if (size === 0 || start + offset + size > end) return null;
    return size === 4 ? readU32(bytes, start + offset) : readNumber(bytes, start + offset, size);
  }
}

/** `timestampText`, without making a string where a tick is a decimal fraction of a second since 1970. */
function putTimestamp(out: JsonBuffer, time: Timestamp): void {
  const { ticksPerSecond, digits } = time.resolution;
  // The most common first: raising to a power costs as much as all the rest.
  const digitwise = time.resolution === MICROSECONDS || (digits !== 0 && 10 ** digits === ticksPerSecond);
  if (!digitwise || time.unixSeconds < 0) {
    out.putText(timestampText(time));
    return;
  }
  out.putNumber(time.unixSeconds);
  // A one in front keeps the leading zeros; the point then takes its place.
  const at = out.length;
  out.putNumber(ticksPerSecond + time.ticks);
  out.replace(at, POINT);
}

function putMaybe(out: JsonBuffer, value: number | null): void {
  if (value === null) out.put(NULL);
  else out.putNumber(value);
}

interface EndsJson {
  readonly dialect: string | undefined;
  readonly members: readonly [Piece, Piece];
}

const connectionJson = new WeakMap<Connection, EndsJson>();

/** What all messages of one direction have from behind the timestamp up to the type, ready for both directions. */
function endsJson(connection: Connection): readonly [Piece, Piece] {
  const { flow, index, protocol, dialect } = connection;
  let ready = connectionJson.get(connection);
  if (ready === undefined || ready.dialect !== dialect) {
    const members = (from: 0 | 1): Piece => {
      const [source, target] = [flow.ends[from], flow.ends[opposite(from)]];
      const text = jsonText({
        src: source.address,
        src_port: source.port,
        dst: target.address,
        dst_port: target.port,
        connection: index,
        protocol,
        ...(dialect !== undefined && { dialect }),
        direction: from === 0 ? 'client-to-server' : 'server-to-client',
      });
      return new Piece(`",${text.slice(1, -1)},"msg_type":`);
    };
    ready = { dialect, members: [members(0), members(1)] };
    connectionJson.set(connection, ready);
  }
  return ready.members;
}

function collectProblems(tree: TreeNode): readonly ReadProblem[] {
  const found: ReadProblem[] = [];
  let count = 0;
  const visit = (node: TreeNode): void => {
    for (const problem of node.problems) if (++count <= PROBLEMS_MAX) found.push(problem);
    for (const child of node.children) visit(child);
  };
  visit(tree);
  if (count <= PROBLEMS_MAX) return found;
  const message = `${count} problems; only the first ${PROBLEMS_MAX} are listed`;
  return [...found, { code: 'too-many-problems', path: tree.name ?? '', message }];
}

/** Offsets count from the first octet of the message: where it stands in the octets that were read says nothing. */
function malformedMembers(problems: readonly ReadProblem[], start: number): string {
  const headline = problems.map((problem) => problem.headline ?? problem.message)[0] ?? 'not readable';
  const list = problems.map(({ headline: _, ...problem }) =>
    problem.offset === undefined ? problem : { ...problem, offset: problem.offset - start },
  );
  return `,"malformed":${jsonText(headline)},"problems":${jsonText(list)}`;
}
