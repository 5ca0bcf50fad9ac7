/**
 * Termination of TLS by a relay: both sockets of a connection as legs that turn to TLS by themselves, with what happens
 * on them told to the engine, the recording and the key log.
 */
import type { Socket } from 'node:net';
import type { Conversation } from '../conversation.ts';
import type { ProxyEngine } from '../engine.ts';
import { flawedIdentity } from './flawed.ts';
import type { TlsIdentity } from './handshake.ts';
import { TlsLeg, type TlsLegListener } from './leg.ts';

export interface TlsTermination {
  /** What we show: [0] to the primary, in the secondary's place; [1] to the secondary, in the primary's. */
  readonly identities: readonly [TlsIdentity, TlsIdentity];
  /** PEM of the authorities of which one must have signed the certificates of both; absent: any will do. */
  readonly ca?: string;
  /** Signs certificates that a fault wants to be wrong: one of the authorities, with its key. */
  readonly authority?: TlsIdentity;
  /** Gets the lines of the key log, with their newlines. */
  readonly keylog?: (line: string) => void;
}

/** `conversation` is not asked before the first octet comes. */
export function terminated(
  sockets: readonly [Socket, Socket],
  { identities, ca, authority, keylog }: TlsTermination,
  engine: ProxyEngine,
  conversation: () => Conversation,
): readonly [TlsLeg, TlsLeg] {
  const legOf = (leg: 0 | 1): TlsLeg =>
    new TlsLeg(sockets[leg], {
      leg,
      identity: () => {
        const flaw = engine.certificateFlaw(conversation(), leg);
        return flaw === undefined ? identities[leg] : flawedIdentity(identities[leg], flaw, authority);
      },
      ca,
      listener: listenerOf(leg, engine, conversation, keylog ?? (() => undefined)),
    });
  return [legOf(0), legOf(1)];
}

function listenerOf(
  leg: 0 | 1,
  engine: ProxyEngine,
  conversation: () => Conversation,
  keylog: (line: string) => void,
): TlsLegListener {
  const record = () => engine.wireRecord(conversation());
  let shaking = false;
  const handshakeEnds = (): void => {
    if (shaking) record()?.handshakeEnds();
    shaking = false;
  };
  return {
    wire: (direction, octets) => record()?.wire(leg, direction, octets, engine.nowMillis()),
    wireEnded: (direction) => record()?.wireEnded(leg, direction, engine.nowMillis()),
    handshakeBegins: () => {
      shaking = true;
      record()?.handshakeBegins();
    },
    secured: (about) => {
      handshakeEnds();
      engine.tls(conversation(), leg, 'secured', about);
    },
    failed: (why) => {
      handshakeEnds();
      engine.tls(conversation(), leg, 'failed', why);
    },
    keylog: (line) => {
      record()?.secret(line);
      keylog(line);
    },
  };
}
