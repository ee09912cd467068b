import { get } from '../api/client.ts';
import type { App, Run } from '../api/model';

/** The apps and their runs. */
class Apps {
  all = $state.raw<App[]>([]);
  #runs = $derived(new Map(this.all.flatMap((app) => app.runs.map((run) => [run.run, run]))));
  #due: ReturnType<typeof setTimeout> | undefined;

  async load(): Promise<void> {
    this.all = await get<App[]>('/api/apps');
  }

  /** Names of those that are connected. */
  get connected(): string[] {
    return this.all.filter((app) => app.runs.some((run) => run.connected)).map((app) => app.name);
  }

  run(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  /** Takes in that a run came, went or sent its map. */
  put(run: Run): void {
    const known = this.#runs.get(run.run);
    if (known) {
      const swap = (one: Run) => (one.run === run.run ? run : one);
      this.all = this.all.map((app) => ({ ...app, runs: app.runs.map(swap) }));
    } else {
      // Its app is not named here. Several come at once when the line is new.
      clearTimeout(this.#due);
      this.#due = setTimeout(() => void this.load().catch(() => undefined), 50);
    }
  }
}

export const apps = new Apps();
