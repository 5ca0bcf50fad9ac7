/**
 * What is asked of a control and how it answers, without HTTP: requests and answers as values. The routes of a running
 * proxy and of a running server are written in these terms; http-server.ts carries them.
 */

export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Decoded JSON; `undefined` if there was none. */
  readonly body: unknown;
}

export type ControlAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'text'; readonly type: string; readonly text: string }
  /** One JSON object a line. */
  | { readonly kind: 'lines'; readonly values: Iterable<unknown> }
  /** Server-sent events; `listen` returns what to do when the reader has gone. */
  | {
      readonly kind: 'events';
      readonly listen: (tell: (kind: string, value: unknown) => void) => () => void;
    };

/** A request that is not carried out: HTTP status, a stable code, one sentence. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function json(value: unknown, status = 200): ControlAnswer {
  return { kind: 'json', status, value };
}

/** Text in the Prometheus exposition format. */
export function metrics(text: string): ControlAnswer {
  return { kind: 'text', type: 'text/plain; version=0.0.4; charset=utf-8', text };
}

export function refusal({ status, code, message }: Refused): ControlAnswer {
  return json({ error: { code, message } }, status);
}
