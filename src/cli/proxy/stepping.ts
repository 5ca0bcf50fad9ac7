/**
 * Message by message, at the `:` prompt of the UI: `break [p>s|s>p] [FILTER]`, `step`, `resume`, and `release ID
 * [POSITION...]` for what a hold fault keeps. The same over the control (leasetap fault) and in this process.
 */
import { InputError } from '../../base/problem.ts';
import { PAUSE, pauseSpec } from '../../proxy/control-routes.ts';
import { directionOf } from '../../proxy/faults/spec.ts';
import type { ProxyHandle } from '../../proxy/handle.ts';
import type { ProxyClient } from './control-client.ts';

/** What both the control and a proxy of this process can do. */
export type Stepping = Pick<ProxyClient, 'pause' | 'step' | 'resume' | 'release'>;

const EXPECTED =
  'expected a command (see :help), or break [p>s|s>p] [FILTER], step, resume, release ID [POSITION...]';

/** Whether a line begins with one of these. */
export function isStepping(line: string): boolean {
  return /^\s*(break|step|resume|release)(\s|$)/.test(line);
}

/** Carries out a line and resolves to what came of it. Rejects with InputError. */
export function steppingCommand(proxy: Stepping): (line: string) => Promise<string> {
  return async (line) => {
    const [verb = '', ...words] = line.trim().split(/\s+/);
    switch (verb) {
      case 'break':
        return (await proxy.pause(breakAt(words))).sentence;
      case 'step':
        return (await proxy.step()) ? 'one message let go' : 'nothing is held';
      case 'resume':
        await proxy.resume();
        return 'everything goes on';
      case 'release': {
        const [id = '', ...positions] = words;
        if (!positions.every((word) => /^\d{1,6}$/.test(word)))
          throw new InputError(`"${line}": ${EXPECTED}`);
        const order = positions.length === 0 ? undefined : positions.map(Number);
        return (await proxy.release(id, order)) ? `${id} released` : 'nothing is held there';
      }
      default:
        throw new InputError(`unknown command "${verb}"; ${EXPECTED}`);
    }
  };
}

function breakAt(words: readonly string[]): Parameters<Stepping['pause']>[0] {
  const direction = directionOf(words[0]);
  const filter = (direction === undefined ? words : words.slice(1)).join(' ');
  return { ...(direction && { direction }), ...(filter !== '' && { when: filter }) };
}

/** A proxy of this process. */
export function steppingOf(proxy: ProxyHandle): Stepping {
  const existing = (id: string): void => {
    if (!proxy.listFaults().some((fault) => fault.id === id || fault.id.endsWith(`/${id}`)))
      throw new InputError(`there is no fault "${id}"`);
  };
  return {
    pause: async (what) => proxy.armFault(pauseSpec(what)),
    step: async () => {
      existing(PAUSE);
      return proxy.step(PAUSE);
    },
    resume: async () => {
      existing(PAUSE);
      proxy.removeFault(PAUSE);
    },
    release: async (id, order) => {
      existing(id);
      return proxy.release(id, order);
    },
  };
}
