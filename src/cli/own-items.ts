/** What a command itself has to tell, among all that its session tells. */
import type { Session, SessionItem } from '../tui/session.ts';

/** The session with items of our own: `tell` hands one to everybody who listens. */
export function withOwnItems(session: Session): {
  readonly session: Session;
  readonly tell: (item: SessionItem) => void;
} {
  const listeners = new Set<(item: SessionItem) => void>();
  return {
    tell: (item) => {
      for (const listener of listeners) listener(item);
    },
    session: {
      ...session,
      subscribe: (listener) => {
        const stop = session.subscribe(listener);
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
          stop();
        };
      },
    },
  };
}

/** A line about something that happens now. */
export function note(text: string, alarming: boolean): SessionItem {
  return { kind: 'note', atMillis: Date.now(), text, alarming };
}
