/** Asks a running proxy through its control: for `leasetap fault` and `leasetap watch`. */
import { ControlConnection } from '../../control/http-client.ts';
import type { ControlPlace } from '../../control/place.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { eventFromJson } from '../../proxy/event-json.ts';
import type { FaultView, ProxyEvent } from '../../proxy/events.ts';
import type { FaultDirection } from '../../proxy/faults/spec.ts';
import { fromJsonKeys } from '../../proxy/json-keys.ts';
import type { Known } from '../../proxy/known.ts';

/** A relationship as the control tells it. */
export interface RelationshipTold {
  readonly name: string;
  readonly listen: string;
  readonly to: string;
  readonly enabled: boolean;
}

export class ProxyClient {
  private readonly connection: ControlConnection;
  /** Before the path of what is about faults and events. */
  private readonly within: string;

  /** `relationship`: all that is asked is about this one. */
  constructor(place: ControlPlace, relationship?: string) {
    this.connection = new ControlConnection(place, 'proxy');
    this.within = relationship === undefined ? '' : `/proxies/${encodeURIComponent(relationship)}`;
  }

  /** All methods reject with InputError: nobody there, no permission, or the proxy's own reason. */
  async list(): Promise<readonly FaultView[]> {
    return fromJsonKeys(await this.call('GET', `${this.within}/faults`)) as readonly FaultView[];
  }

  /** `fault` is the short form or an object. */
  async add(fault: unknown): Promise<FaultView> {
    return fromJsonKeys(await this.call('POST', `${this.within}/faults`, { fault })) as FaultView;
  }

  async remove(id: string): Promise<void> {
    await this.call('DELETE', `${this.within}/faults/${encodeURIComponent(id)}`);
  }

  /** Whether there was something to let go. */
  async release(id: string, order: readonly number[] | undefined): Promise<boolean> {
    const place = `${this.within}/faults/${encodeURIComponent(id)}/release`;
    const answer = await this.call('POST', place, order === undefined ? undefined : { order });
    return (answer as { released: boolean }).released;
  }

  /** Everything waits from the next message on, or from the first that matches the filter; or only one direction. */
  async pause(what: { readonly when?: string; readonly direction?: FaultDirection }): Promise<FaultView> {
    return fromJsonKeys(await this.call('POST', `${this.within}/pause`, what)) as FaultView;
  }

  /** `false` if nothing was held. */
  async step(): Promise<boolean> {
    return ((await this.call('POST', `${this.within}/step`)) as { released: boolean }).released;
  }

  async resume(): Promise<void> {
    await this.call('POST', `${this.within}/resume`);
  }

  /** Names of the faults that were removed. */
  async reset(): Promise<readonly string[]> {
    return ((await this.call('POST', `${this.within}/reset`)) as { removed: readonly string[] }).removed;
  }

  async relationships(): Promise<readonly RelationshipTold[]> {
    return (await this.call('GET', '/proxies')) as readonly RelationshipTold[];
  }

  /** `settings`: RelationshipInput of docs/openapi-proxy.yaml. */
  async addRelationship(settings: unknown): Promise<RelationshipTold> {
    return (await this.call('POST', '/proxies', settings)) as RelationshipTold;
  }

  async changeRelationship(name: string, changes: unknown): Promise<RelationshipTold> {
    return (await this.call('PATCH', `/proxies/${encodeURIComponent(name)}`, changes)) as RelationshipTold;
  }

  async removeRelationship(name: string): Promise<void> {
    await this.call('DELETE', `/proxies/${encodeURIComponent(name)}`);
  }

  /** What is known, then what happens, until `signal` or the end of the proxy. Faults in `tied` end with it. */
  async *events(
    dissectors: Dissectors,
    signal: AbortSignal,
    tied: readonly string[] = [],
  ): AsyncIterable<ProxyEvent | Known> {
    const query = tied.length === 0 ? '' : `?${new URLSearchParams({ tied: tied.join(',') })}`;
    for await (const told of this.connection.events(`${this.within}/events${query}`, signal)) {
      const event = eventFromJson(told, dissectors);
      if (event !== undefined) yield event;
    }
  }

  /** Any request of docs/openapi-proxy.yaml that is answered with JSON. */
  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.connection.json(method, path, body);
  }
}
