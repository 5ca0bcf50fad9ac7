/** A finding of the conformance checks, as a line and as JSON. */

import { type Finding, findingFields } from '../analyze/checks/finding.ts';
import { jsonText } from '../base/json-text.ts';
import { safeText } from './escape.ts';
import { type Line, span } from './style.ts';

/** `error RFC 8156 §7.6 MUST bndupd-no-reply: #11 (packet 26) BNDUPD: …` */
export function findingLine(finding: Finding): Line {
  const { severity, rfc, section, keyword, id, message, summary, related } = finding;
  const also = related.length === 0 ? '' : ` [see ${related.map((index) => `#${index}`).join(', ')}]`;
  return [
    span(severity.padEnd(7), severity === 'error' ? 'bad' : 'warn'),
    span(` ${rfc} §${section}${keyword === null ? '' : ` ${keyword}`} `, 'dim'),
    span(id, 'strong'),
    span(`: #${message.index}${packetOf(message)} ${message.name}: ${safeText(summary)}`),
    span(also, 'dim'),
  ];
}

/** A running proxy does not always know. */
function packetOf({ packet }: Finding['message']): string {
  return packet === 0 ? '' : ` (packet ${packet})`;
}

/** One JSON object in one line. `message_index` and `frame` are those of messages in JSON. */
export function findingJson(finding: Finding): string {
  return jsonText(findingFields(finding));
}
