import { get } from '../api/client.ts';
import type { Counters, Memory, Status } from '../api/model';
import { list } from './list.svelte.ts';

/** The state of the inspector: what it keeps, what was lost. */
class Tool {
  status = $state.raw<Status | null>(null);

  async load(): Promise<void> {
    this.status = await get<Status>('/api/status');
  }

  get counters(): Counters | null {
    return list.live.counters ?? this.status?.counters ?? null;
  }

  get memory(): Memory | null {
    return list.live.memory ?? this.status?.memory ?? null;
  }

  /** Cycles that were lost, whatever the reason. */
  get lost(): number {
    return Object.values(this.counters?.dropped ?? {}).reduce((sum, n) => sum + n, 0);
  }
}

export const tool = new Tool();
