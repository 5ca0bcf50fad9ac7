/** The next model from what happened: a key, something from the session, time passing. Pure but for what grows in place. */

import { InputError } from '../base/problem.ts';
import { timestampMillis } from '../base/timestamp.ts';
import { answered, runCommand, withList } from './commands.ts';
import { find, setFilter, work } from './filtering.ts';
import { bindingOf } from './keymap.ts';
import type { EventRow, Model, Prompt, Size, Step } from './model.ts';
import { PANES } from './model.ts';
import type { SessionItem } from './session.ts';

export type Input =
  /** `character` is what was typed, if it was something printable. */
  | { readonly kind: 'key'; readonly key: string; readonly character?: string }
  | { readonly kind: 'item'; readonly item: SessionItem }
  | { readonly kind: 'tick'; readonly nowMillis: number }
  | { readonly kind: 'resize'; readonly size: Size }
  /** There was time for a piece of what `hasWork` tells of. */
  | { readonly kind: 'work' }
  /** What became of an effect. */
  | { readonly kind: 'answer'; readonly text: string; readonly alarming: boolean };

/** Events kept; a tenth goes at once when there are more. */
const EVENTS_MAX = 2_000;
/** Characters of a line that somebody types. */
const PROMPT_MAX = 500;

export function update(model: Model, input: Input): Step {
  switch (input.kind) {
    case 'key':
      return model.prompt === undefined ? pressed(model, input.key) : typed(model, model.prompt, input);
    case 'item':
      return [received(model, input.item), []];
    case 'tick':
      return [ticked(model, input.nowMillis), []];
    case 'resize':
      return [resized(model, input.size), []];
    case 'work':
      return [work(model), []];
    case 'answer':
      return [answered(model, input.text, input.alarming), []];
  }
}

function pressed(model: Model, key: string): Step {
  const binding = bindingOf(key, model.focus);
  return binding === undefined ? [model, []] : runCommand(model, binding.command);
}

function typed(model: Model, prompt: Prompt, input: Extract<Input, { kind: 'key' }>): Step {
  const { key, character } = input;
  if (key === 'escape' || key === 'C-c') return [{ ...model, prompt: undefined }, []];
  if (key === 'enter') return entered(model, prompt);
  if (key === 'backspace' || key === 'C-h') return [asked(model, prompt, prompt.text.slice(0, -1)), []];
  if (key === 'C-u') return [asked(model, prompt, ''), []];
  const printable = character !== undefined && /^[\x20-\x7e]+$/.test(character);
  return [printable ? asked(model, prompt, `${prompt.text}${character}`) : model, []];
}

function asked(model: Model, prompt: Prompt, text: string): Model {
  return { ...model, prompt: { kind: prompt.kind, text: text.slice(0, PROMPT_MAX), problem: undefined } };
}

function entered(model: Model, prompt: Prompt): Step {
  const closed: Model = { ...model, prompt: undefined };
  if (prompt.kind === 'command') return runCommand(closed, prompt.text);
  try {
    return [prompt.kind === 'find' ? find(closed, 1, prompt.text) : setFilter(closed, prompt.text), []];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [{ ...model, prompt: { ...prompt, problem: error.message } }, []];
  }
}

function received(model: Model, item: SessionItem): Model {
  switch (item.kind) {
    case 'message':
      return withMessage(model, item);
    case 'finding':
      model.judging.found(item.finding);
      return withFindings(model, item.relationship);
    case 'judge':
      if ('msgType' in item.look) model.judging.push(item.look);
      else model.judging.notice(item.look);
      return withFindings(model);
    case 'judged':
      model.judging.end();
      return tryingAgain(withFindings(model), ASKS_FOR_FINDINGS);
    case 'notice': {
      const alarming = item.notice.kind !== 'connection' && item.notice.kind !== 'encrypted';
      return withEvent(model, {
        atMillis: timestampMillis(item.notice.seen.time),
        text: item.notice.message,
        alarming,
      });
    }
    case 'note':
      if (item.closedFlow !== undefined) model.analysis.closed(item.closedFlow);
      return withEvent(model, item);
    case 'known':
      for (const relationship of item.relationships) model.analysis.adopt(relationship);
      return { ...model };
    case 'faults':
      return { ...model, faults: item.faults };
    case 'servers':
      return { ...model, servers: item.servers };
    case 'end':
      return ended(model, item.text);
  }
}

/** What the checks have found meanwhile, as events at the time of the message that it is about. */
function withFindings(model: Model, relationship?: string): Model {
  const where = relationship === undefined ? '' : `${relationship}: `;
  let next = model;
  for (const { id, section, message, summary, severity } of model.judging.news()) {
    const text = `${where}${id} (§${section}) #${message.index} ${message.name}: ${summary}`;
    next = withEvent(next, { atMillis: message.atMillis, text, alarming: severity === 'error' });
  }
  return next;
}

function ended(model: Model, text: string): Model {
  const next = { ...model, ended: text };
  return model.live ? next : tryingAgain(next, ASKS_FOR_REPLIES);
}

/** What was not known yet may have hidden what a filter asked for. */
function tryingAgain(model: Model, asks: RegExp): Model {
  return asks.test(model.filterText) ? setFilter(model, model.filterText) : model;
}

const ASKS_FOR_REPLIES = /reply|finding/i;
const ASKS_FOR_FINDINGS = /finding/i;

function withMessage(model: Model, item: Extract<SessionItem, { kind: 'message' }>): Model {
  const { history, analysis } = model;
  let replyTo: number | undefined;
  let rttMillis: number | undefined;
  let next = model;
  // What the servers make of each other follows from what arrives, not from what was sent.
  for (const event of analysis.push(item.onward ?? item.message, item.verdict !== 'dropped')) {
    if (event.kind === 'exchange') {
      replyTo = event.exchange.request.index;
      rttMillis = event.exchange.rttMillis;
      history.answer(item.message.protocol, replyTo, item.message.index);
    } else if (event.kind === 'state' && !model.live && event.change.from !== event.change.to) {
      const { role, from, to } = event.change;
      const text = from === undefined ? `${role} is ${to}` : `${role}: ${from} -> ${to}`;
      const atMillis = timestampMillis(item.message.frame.seen.time);
      next = withEvent(next, { atMillis, text, alarming: false });
    }
  }
  history.add({
    message: item.message,
    onward: item.onward,
    verdict: item.verdict,
    hits: item.hits,
    replyTo,
    rttMillis,
    replyIn: undefined,
    repeats: analysis.exchanges.repeats,
  });
  if (!model.follow) return next;
  return withList(next, 'messages', { cursor: history.end - 1, top: next.lists.messages.top });
}

function withEvent(model: Model, event: EventRow): Model {
  const { events } = model;
  const wasLast = model.lists.events.cursor >= events.length - 1;
  if (events.length >= EVENTS_MAX) events.splice(0, Math.ceil(EVENTS_MAX / 10));
  events.push({ atMillis: event.atMillis, text: event.text, alarming: event.alarming });
  return wasLast
    ? withList(model, 'events', { cursor: events.length - 1, top: model.lists.events.top })
    : model;
}

function ticked(model: Model, nowMillis: number): Model {
  const answer =
    model.answer !== undefined && model.answer.untilMillis > nowMillis ? model.answer : undefined;
  return { ...model, nowMillis, answer };
}

function resized(model: Model, size: Size): Model {
  return PANES.reduce((next, pane) => withList(next, pane, next.lists[pane]), { ...model, size });
}
