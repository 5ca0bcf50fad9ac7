/** Armed faults with what they do and how often they did it; and the list of what happened. */
import { type FaultView, WAITING_NAMED_MAX } from '../../proxy/events.ts';
import { padText, safeText } from '../../render/escape.ts';
import { type Line, span } from '../../render/style.ts';
import { listLines } from '../draw.ts';
import { contentRows, type Place } from '../layout.ts';
import type { Model } from '../model.ts';
import { rangeOf } from '../rows.ts';

const ID_COLUMNS_MAX = 20;

export function faultsLines(model: Model, place: Place, focused: boolean): Line[] {
  if (!model.canFault) return [[span(' nothing can be faulted here: no proxy is running', 'dim')]];
  if (model.faults.length === 0) {
    return [[span(' none armed: d drops the next BNDREPLYs, s skews a clock, : for all others', 'dim')]];
  }
  const size = { columns: place.columns, rows: contentRows(place) };
  return listLines(model.lists.faults, rangeOf(model, 'faults'), size, focused, (at) => {
    const fault = model.faults[at];
    return fault === undefined ? [] : faultLine(fault, model.nowMillis);
  });
}

function faultLine(fault: FaultView, now: number): Line {
  const times = fault.spec.times === undefined ? '' : `/${fault.spec.times}`;
  const ends =
    fault.endsMillis === undefined
      ? ''
      : `, heals in ${Math.max(0, Math.ceil((fault.endsMillis - now) / 1000))}s`;
  return [
    span(padText(safeText(fault.id), Math.max(4, Math.min(fault.id.length + 1, ID_COLUMNS_MAX))), 'strong'),
    span(padText(`${fault.hits}${times} hits`, 11), fault.hits > 0 ? 'bad' : 'plain'),
    span(`${heldText(fault, now)}${safeText(fault.sentence)}${ends}`, fault.heldOctets > 0 ? 'bad' : 'plain'),
  ];
}

/** In front of the sentence: on a narrow terminal it is what must be seen. */
function heldText({ heldOctets, waiting = [], keepaliveEndsMillis }: FaultView, now: number): string {
  if (heldOctets === 0) return '';
  const what =
    waiting.length > 0
      ? `${waiting.length}${waiting.length < WAITING_NAMED_MAX ? '' : '+'} message${waiting.length === 1 ? '' : 's'}`
      : `${heldOctets} octets`;
  const left = keepaliveEndsMillis === undefined ? undefined : Math.ceil((keepaliveEndsMillis - now) / 1000);
  if (left === undefined) return `HOLDS ${what}: `;
  return `HOLDS ${what}, receiver gives up ${left > 0 ? `in ${left}s` : 'now'}: `;
}

export function eventsLines(model: Model, place: Place, focused: boolean): Line[] {
  const size = { columns: place.columns, rows: contentRows(place) };
  return listLines(model.lists.events, rangeOf(model, 'events'), size, focused, (at) => {
    const event = model.events[at];
    if (event === undefined) return [];
    const time = new Date(event.atMillis).toISOString().slice(11, 19);
    return [span(`${time} `, 'dim'), span(safeText(event.text), event.alarming ? 'bad' : 'plain')];
  });
}
