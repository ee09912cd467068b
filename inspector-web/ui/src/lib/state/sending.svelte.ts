import { ApiError, post } from '../api/client.ts';
import type { Sending, StartSending } from '../api/model';
import { isRecord, Stored } from './stored.svelte.ts';
import { tool } from './tool.svelte.ts';

/** How often a sending is looked after while somebody looks, in milliseconds. */
const LOOK_MS = 500;

/** What somebody wants to send: one cycle, or what matches a filter. */
export interface Choice {
  id: string | null;
  filter: string;
}

/** Where to; an empty endpoint: where the inspector's own variables say, else the usual place. */
export interface Target {
  endpoint: string;
  protocol: string;
  bodies: boolean;
}

export const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'];

const isTarget = (value: unknown): value is Target =>
  isRecord(value) &&
  typeof value.endpoint === 'string' &&
  PROTOCOLS.includes(value.protocol as string) &&
  typeof value.bodies === 'boolean';

export const target = new Stored<Target>('send', { endpoint: '', protocol: PROTOCOLS[0]!, bodies: false }, isTarget);

/** The sending of the inspector to a collector: one for all who look at it. */
class Sender {
  /** What is to be sent, while somebody is asked where to. */
  choice = $state<Choice | null>(null);
  /** Why it could not be started or stopped. */
  problem = $state<string | null>(null);

  get now(): Sending | null {
    return tool.status?.sending ?? null;
  }

  get running(): boolean {
    return this.now?.running ?? false;
  }

  ask(choice: Choice): void {
    this.problem = null;
    this.choice = choice;
  }

  start({ id, filter }: Choice, follow: boolean): Promise<void> {
    const { endpoint, protocol, bodies } = target.value;
    const what = id === null ? { filter, follow } : { ids: [id] };
    const where = endpoint.trim() === '' ? {} : { endpoint: endpoint.trim(), protocol };
    return this.#does('/api/send', { ...what, ...where, bodies } satisfies Partial<StartSending>);
  }

  stop(): Promise<void> {
    return this.#does('/api/send/stop', null);
  }

  async #does(path: string, sent: unknown): Promise<void> {
    try {
      await post(path, sent);
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof ApiError ? error.message : String(error);
    }
    await tool.load().catch(() => undefined);
  }

  /** Looks after it until the returned function is called. */
  watch(): () => void {
    const look = () => void tool.load().catch(() => undefined);
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }
}

export const sender = new Sender();
