/**
 * Connections between partners until an endpoint has them: who dials whom, STARTTLS and its handshake, and which
 * relationship an incoming connection belongs to. Everything here has a time limit, so that nobody holds a place open.
 */
import type { Clock } from '../base/clock.ts';
import { Acceptor, CONNECT_WAIT_MILLIS, isPartner, type Relationship } from '../failover/acceptor.ts';
import type { RelationshipConfig } from './config.ts';
import { dial, type Stream } from './sockets.ts';
import { FirstMessage, StartTlsAnswer, startTlsMessage, startTlsReply, TLS_TROUBLE } from './starttls.ts';
import {
  HANDSHAKE_MILLIS,
  isPartnerCertificate,
  secureAsPrimary,
  secureAsSecondary,
  type TlsContext,
} from './tls.ts';

/** An incoming connection whose CONNECT is there. */
export interface Received {
  /** Index in the configuration. */
  readonly relationship: number;
  readonly stream: Stream;
  /** What was received: the CONNECT and perhaps more. */
  readonly bytes: Uint8Array;
}

interface Waiting extends Relationship<number> {
  readonly config: RelationshipConfig;
}

export class Partners {
  /** Those in which we wait for the partner. */
  private readonly waiting: readonly Waiting[];
  private tls: TlsContext | undefined;
  private readonly clock: Clock;
  private readonly newTransactionId: () => number;

  constructor(
    relationships: readonly RelationshipConfig[],
    tls: TlsContext | undefined,
    clock: Clock,
    newTransactionId: () => number,
  ) {
    this.tls = tls;
    this.clock = clock;
    this.newTransactionId = newTransactionId;
    this.waiting = relationships.flatMap((config, endpoint) =>
      config.role === 'secondary'
        ? [{ partnerAddress: config.partner.address, name: config.name, endpoint, config }]
        : [],
    );
  }

  /** From now on handshakes are made with this; connections that are up stay as they are. */
  renewTls(tls: TlsContext): void {
    this.tls = tls;
  }

  /** A connection to the partner, secured as configured; rejects with a one-line reason. */
  async connect(relationship: RelationshipConfig, signal: AbortSignal): Promise<Stream> {
    const { partner, dialFrom, security } = relationship;
    const stream = await dial(partner, dialFrom, signal);
    if (security === 'none' || this.tls === undefined) return stream;
    const taken = stream.abortAfter(HANDSHAKE_MILLIS, `${TLS_TROUBLE}no answer to STARTTLS`);
    try {
      await this.askForTls(stream);
      return await secureAsPrimary(stream, this.tls, partner);
    } catch (error) {
      stream.abort((error as Error).message);
      throw error;
    } finally {
      taken();
    }
  }

  /** Waits for the first message of an incoming connection; rejects with a one-line reason and closes it. */
  async receive(stream: Stream): Promise<Received> {
    const { address } = stream.remote;
    try {
      if (!isPartner(this.waiting, address)) throw new Error('nobody at this address is a partner');
      return await this.receiveFromPartner(stream, address);
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  private async receiveFromPartner(stream: Stream, address: string): Promise<Received> {
    const first = new FirstMessage();
    const beginning = await collect(stream, (bytes) => {
      const read = first.push(bytes);
      return read.kind === 'wait' ? undefined : read;
    });
    const partner = this.waiting.filter(({ partnerAddress }) => partnerAddress === address);
    switch (beginning.kind) {
      case 'refuse':
        throw new Error(beginning.why);
      case 'plain': {
        const open = partner.filter(({ config }) => config.security === 'none');
        if (open.length === 0) throw new Error('no STARTTLS, which is required');
        return await this.identify(stream, open, address, beginning.bytes);
      }
      case 'starttls':
        return await this.secure(stream, partner, address, beginning.transactionId);
    }
  }

  /** RFC 7653 §9.1 */
  private async secure(
    stream: Stream,
    partner: readonly Waiting[],
    address: string,
    id: number,
  ): Promise<Received> {
    const secure = partner.filter(({ config }) => config.security === 'tls');
    if (secure.length === 0 || this.tls === undefined) {
      stream.send(startTlsReply(id, 'TLS is not configured here'));
      throw new Error('STARTTLS, but TLS is not configured');
    }
    await stream.sendAlone(startTlsReply(id));
    let admitted: readonly Waiting[] = [];
    const ready = await secureAsSecondary(stream, this.tls, (certificate) => {
      admitted = secure.filter(({ config }) => isPartnerCertificate(certificate, config.partner));
      return admitted.length > 0;
    });
    return await this.identify(ready, admitted, address, undefined);
  }

  /** Reads the CONNECT, which names the relationship. */
  private async identify(
    stream: Stream,
    candidates: readonly Waiting[],
    address: string,
    bytes: Uint8Array | undefined,
  ): Promise<Received> {
    const acceptor = new Acceptor<number>(candidates, address);
    const judge = (more: Uint8Array) => {
      const admission = acceptor.bytes(more, this.clock.nowMillis());
      return admission.kind === 'wait' ? undefined : admission;
    };
    const at = bytes === undefined ? undefined : judge(bytes);
    const admission = at ?? (await collect(stream, judge));
    if (admission.kind === 'refuse') {
      if (admission.bytes !== undefined) stream.send(admission.bytes);
      stream.close();
      throw new Error(admission.why);
    }
    return { relationship: admission.endpoint, stream, bytes: admission.bytes };
  }

  /** RFC 7653 §8.2 */
  private async askForTls(stream: Stream): Promise<void> {
    const answer = new StartTlsAnswer();
    const collected = collect(stream, (bytes) => answer.push(bytes)).catch((error: Error) => {
      throw new Error(`${TLS_TROUBLE}before an answer to STARTTLS: ${error.message}`);
    });
    stream.send(startTlsMessage(this.newTransactionId()));
    const outcome = await collected;
    if (outcome !== 'begin') throw new Error(`${TLS_TROUBLE}${outcome.refused}`);
  }
}

/** Feeds what arrives to `judge` until it has made up its mind; reads nothing after that. */
function collect<T>(stream: Stream, judge: (bytes: Uint8Array) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const decided = stream.abortAfter(CONNECT_WAIT_MILLIS, 'nothing that we waited for came in time');
    stream.handle({
      bytes: (bytes) => {
        const judged = judge(bytes);
        if (judged === undefined) return;
        decided();
        stream.pause();
        resolve(judged);
      },
      closed: (why) => {
        decided();
        reject(new Error(why));
      },
    });
  });
}
