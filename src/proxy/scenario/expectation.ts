/**
 * What a scenario expects, one line each, and how far it has come true:
 *
 *   primary|secondary|both STATE [within TIME]      was announced last on a connection that is up
 *   primary|secondary|both stays|never STATE        for the whole phase
 *   connection up|down [within TIME]                is so when the phase begins, or comes to be
 *   bindings equal [within TIME]                    no lease on which the servers are of different minds
 *   no BNDUPD unanswered [within TIME]              the newest update of every lease was answered
 *   [N] TYPE [p>s|s>p] [where FILTER] [within TIME] at least N such messages arrive (1 unless said)
 *   no TYPE [p>s|s>p] [where FILTER]                none, for the whole phase
 *   no finding [RULE]                               no server breaks RFC 8156 (docs/checks.md), or this rule of it, for
 *                                                   the whole phase; `transition-*` is all rules that begin so
 */

import type { Analysis } from '../../analyze/analysis.ts';
import { RULE_IDS } from '../../analyze/checks/rules.ts';
import { divergenceOf } from '../../analyze/leases.ts';
import { nearest } from '../../base/nearest.ts';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Message } from '../../dissect/message.ts';
import { requireFilterOfOne } from '../../filter/compile.ts';
import type { ProxyEvent } from '../events.ts';
import { parseSeconds } from '../faults/kind.ts';
import { messageTypes } from '../faults/message-types.ts';
import { type EndpointName, STATE_NAMES } from '../wire-states.ts';

/** `holds`: true for now; what must stay true is only decided at the end of its phase. */
export type Standing = 'open' | 'holds' | 'met' | 'failed';

/** What an expectation looks at. */
export interface Scene {
  readonly now: number;
  readonly analysis: Analysis;
  readonly states: Readonly<Record<EndpointName, string | null>>;
  readonly connectionsOpen: number;
}

/** One expectation on its way through a phase. */
export interface Watch {
  /** Takes an event of the phase. */
  event(event: ProxyEvent): void;
  standing(scene: Scene): Standing;
  /** What is missing, for the report. */
  missing(scene: Scene): string;
}

export interface Expectation {
  readonly text: string;
  /** Seconds within which it must come true; `undefined`: it must hold for the whole phase. */
  readonly within: number | undefined;
  /**
   * Whether what is so when its phase begins counts, however short it lasts from there. Of states and leases it does not:
   * the orders of the phase have yet to change them.
   */
  readonly atOnce: boolean;
  /** Whether it has to be told of findings. */
  readonly asksForFindings: boolean;
  begin(): Watch;
}

export const WITHIN_DEFAULT_SECONDS = 60;

const TIMED = /^(.*?)\s+within\s+(\S+)$/;

type Maker = (words: readonly string[], text: string, dissectors: Dissectors) => (() => Watch) | undefined;

/** Reads one line. Throws InputError with the forms that exist. */
export function parseExpectation(text: string, dissectors: Dissectors): Expectation {
  const timed = TIMED.exec(text.trim());
  const seconds = timed === null ? undefined : parseSeconds(timed[2] as string);
  if (timed !== null && seconds === undefined) throw wrong(text, 'a time such as 90s after "within"');
  const words = (timed?.[1] ?? text).trim().split(/\s+/);
  for (const maker of MAKERS) {
    const begin = maker(words, text, dissectors);
    if (begin === undefined) continue;
    const lasting = isLasting(words);
    if (lasting && timed !== null) throw wrong(text, 'no "within": this holds for the whole phase');
    return {
      text: text.trim(),
      within: lasting ? undefined : (seconds ?? WITHIN_DEFAULT_SECONDS),
      atOnce: words[0] === 'connection',
      asksForFindings: words[1] === 'finding',
      begin,
    };
  }
  throw wrong(
    text,
    '"primary NORMAL within 90s", "bindings equal", "no BNDUPD unanswered", "2 BNDREPLY s>p" or the like',
  );
}

/** Whoever says it of a whole run must not be told that it held because it came true once, or not in time to fail. */
export function mustLast({ text, within }: Expectation): void {
  if (within !== undefined)
    throw wrong(text, 'what holds from beginning to end, such as "both never PARTNER-DOWN" or "no finding"');
}

/** At some time in a whole run, whenever that is. */
export function mustComeTrue({ text, within }: Expectation): void {
  if (within === undefined) throw wrong(text, 'what comes true at some time, such as "secondary RECOVER"');
  if (TIMED.test(text)) throw wrong(text, 'no "within": at any time of the run will do');
}

function wrong(text: string, wanted: string): InputError {
  return new InputError(`expect "${text}": expected ${wanted}`);
}

function isLasting(words: readonly string[]): boolean {
  return words[1] === 'stays' || words[1] === 'never' || (words[0] === 'no' && words[2] !== 'unanswered');
}

const MAKERS: readonly Maker[] = [stateMaker, connectionMaker, bindingsMaker, findingMaker, messagesMaker];

function namesOf(word: string | undefined): readonly EndpointName[] | undefined {
  if (word === 'both') return ['primary', 'secondary'];
  return word === 'primary' || word === 'secondary' ? [word] : undefined;
}

function stateMaker(words: readonly string[], text: string): (() => Watch) | undefined {
  const names = namesOf(words[0]);
  if (names === undefined) return undefined;
  const lasting = words[1] === 'stays' || words[1] === 'never';
  const state = words[lasting ? 2 : 1]?.toUpperCase();
  if (state === undefined || words.length > (lasting ? 3 : 2))
    throw wrong(text, `a state after "${words[0]}"`);
  if (!STATE_NAMES.includes(state)) throw wrong(text, `one of ${STATE_NAMES.join(', ')}`);
  if (!lasting) return () => reached(names, state);
  return () => lasts(names, state, words[1] === 'stays');
}

function reached(names: readonly EndpointName[], state: string): Watch {
  const missing = ({ states }: Scene): string[] =>
    names
      .filter((name) => states[name] !== state)
      .map((name) => `the ${name} is in ${states[name] ?? 'no known state'}`);
  return {
    event: () => undefined,
    standing: (scene) => (missing(scene).length === 0 ? 'met' : 'open'),
    missing: (scene) => missing(scene).join(', '),
  };
}

function lasts(names: readonly EndpointName[], state: string, wanted: boolean): Watch {
  let broken: string | undefined;
  // Nobody stays where nobody has seen it.
  const unseen = new Set(wanted ? names : []);
  const look = (name: EndpointName, now: string | null): void => {
    if (!names.includes(name) || now === null) return;
    unseen.delete(name);
    if ((now === state) !== wanted) broken ??= `the ${name} was in ${now}`;
  };
  return {
    event: (event) => {
      if (event.kind === 'state') look(event.who, event.state);
    },
    standing: ({ states }) => {
      for (const name of names) look(name, states[name]);
      if (broken !== undefined) return 'failed';
      return unseen.size === 0 ? 'holds' : 'open';
    },
    missing: () => broken ?? [...unseen].map((name) => `the ${name} was in no known state`).join(', '),
  };
}

function connectionMaker(words: readonly string[], text: string): (() => Watch) | undefined {
  if (words[0] !== 'connection') return undefined;
  const up = words[1] === 'up';
  if (words.length !== 2 || (!up && words[1] !== 'down'))
    throw wrong(text, '"connection up" or "connection down"');
  return () => ({
    event: () => undefined,
    standing: ({ connectionsOpen }) => (connectionsOpen > 0 === up ? 'met' : 'open'),
    missing: ({ connectionsOpen }) => `${connectionsOpen} connections are open`,
  });
}

function bindingsMaker(words: readonly string[]): (() => Watch) | undefined {
  const sentence = words.join(' ');
  if (sentence === 'bindings equal') {
    return () =>
      leaseWatch(({ analysis, now }) =>
        [...analysis.leases.all()].flatMap((lease) => {
          const why = divergenceOf(lease, now);
          return why === undefined && lease.statements.at(-1)?.outcome !== 'pending'
            ? []
            : [`${lease.text}: ${why ?? 'not answered yet'}`];
        }),
      );
  }
  if (sentence !== 'no BNDUPD unanswered') return undefined;
  return () =>
    leaseWatch(({ analysis }) =>
      [...analysis.leases.all()].flatMap((lease) => {
        const outcome = lease.statements.at(-1)?.outcome;
        return outcome === undefined || outcome === 'acked' || outcome === 'rejected'
          ? []
          : [`${lease.text}: ${outcome}`];
      }),
    );
}

function leaseWatch(wrongLeases: (scene: Scene) => readonly string[]): Watch {
  return {
    event: () => undefined,
    standing: (scene) => (wrongLeases(scene).length === 0 ? 'met' : 'open'),
    missing: (scene) => {
      const list = wrongLeases(scene);
      return list.length === 1 ? list.join() : `${list.length} leases, e.g. ${list.slice(0, 3).join('; ')}`;
    },
  };
}

function findingMaker(
  [no, finding, rule = '*', more]: readonly string[],
  text: string,
): (() => Watch) | undefined {
  if (finding !== 'finding') return undefined;
  if (no !== 'no' || more !== undefined) throw wrong(text, '"no finding" or "no finding RULE"');
  const beginning = rule.endsWith('*') ? rule.slice(0, -1) : undefined;
  const fits = (id: string): boolean => (beginning === undefined ? id === rule : id.startsWith(beginning));
  if (!RULE_IDS.some(fits)) {
    const near = nearest(rule, RULE_IDS);
    throw wrong(text, near === undefined ? 'a rule of docs/checks.md' : `a rule such as ${near}`);
  }
  return () => {
    const found: string[] = [];
    return {
      event: (event) => {
        if (event.kind !== 'finding' || !fits(event.finding.id)) return;
        const { id, section, message, summary } = event.finding;
        found.push(
          `${id} (§${section}) #${message.index} ${message.name} of the ${message.role}: ${summary}`,
        );
      },
      standing: () => (found.length === 0 ? 'holds' : 'failed'),
      missing: () => found[0] ?? '',
    };
  };
}

function messagesMaker(
  words: readonly string[],
  text: string,
  dissectors: Dissectors,
): (() => Watch) | undefined {
  const parts = /^(?:(no|\d+)\s+)?([A-Z][A-Z0-9-]+)(?:\s+(p>s|s>p))?(?:\s+where\s+(.+))?$/.exec(
    words.join(' '),
  );
  if (parts === null) return undefined;
  const [, count, type, direction, filterText] = parts;
  if (type === undefined || !messageTypes(dissectors).has(type))
    throw wrong(text, `a message type instead of ${type}`);
  if (Number(count) === 0) throw wrong(text, `at least 1, or "no ${type}"`);
  const filter = filterText === undefined ? undefined : requireFilterOfOne(filterText, dissectors);
  const fits = (message: Message): boolean =>
    message.msgName === type &&
    (direction === undefined || (direction === 'p>s') === (message.frame.direction === 0)) &&
    (filter === undefined || filter.matches(message));
  return () => counting(fits, count === 'no' ? 0 : Number(count ?? 1));
}

/** Counts what reaches its receiver; 0 wanted means none. */
function counting(fits: (message: Message) => boolean, wanted: number): Watch {
  let seen = 0;
  return {
    event: (event) => {
      if (event.kind === 'message' && event.verdict !== 'dropped' && fits(event.onward ?? event.message))
        seen++;
    },
    standing: () => {
      if (wanted === 0) return seen === 0 ? 'holds' : 'failed';
      return seen >= wanted ? 'met' : 'open';
    },
    missing: () => `${seen} came`,
  };
}
