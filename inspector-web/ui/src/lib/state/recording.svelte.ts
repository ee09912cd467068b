import { ApiError, post } from '../api/client.ts';
import type { Recording } from '../api/model';
import { tool } from './tool.svelte.ts';

/** How often a recording is looked after while it runs, in milliseconds. */
const LOOK_MS = 2_000;

/** The recording of the inspector: one for all who look at it. */
class Recorder {
  /** Why it could not be started or stopped. */
  problem = $state<string | null>(null);

  get now(): Recording | null {
    return tool.status?.recording ?? null;
  }

  get running(): boolean {
    return this.now?.running ?? false;
  }

  /** A file is shown: nothing comes that could be recorded. */
  get impossible(): boolean {
    return (tool.status?.opened ?? null) !== null;
  }

  async toggle(): Promise<void> {
    try {
      // Everything that is kept goes into the file too: it is what the list shows.
      await (this.running ? post('/api/recording/stop', null) : post('/api/recording', { history: true }));
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof ApiError ? error.message : String(error);
    }
    await tool.load().catch(() => undefined);
  }

  /** Looks after it until the returned function is called. */
  watch(): () => void {
    const timer = setInterval(() => void tool.load().catch(() => undefined), LOOK_MS);
    return () => clearInterval(timer);
  }
}

export const recorder = new Recorder();
