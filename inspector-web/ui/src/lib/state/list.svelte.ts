import { ApiError, get } from '../api/client.ts';
import { Live } from '../api/live.svelte.ts';
import type { CyclePage, ListedCycle, Problem } from '../api/model';
import { apps } from './apps.svelte.ts';
import { PAGE, Rows } from './rows.ts';

/** How often new cycles are put on top. */
const SHOW_EVERY_MS = 100;

/** The list of cycles as the screen sees it: rows by index, live or frozen. */
class CycleList {
  /** How many rows there are. */
  length = $state(0);
  /** Counts up whenever a row may have changed. */
  version = $state(0);
  frozen = $state(false);
  /** Came while frozen. */
  news = $state(0);
  /** The row that has the cursor; -1: none. */
  cursor = $state(-1);
  /** Rows that came on top since the list was asked for: whoever has scrolled away adds them to keep the place. */
  pushed = $state(0);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** Live events missed since the page was opened. */
  missed = $state(0);
  readonly live: Live;

  #rows = new Rows();
  #filter = '';
  #asked = new Set<number>();
  #generation = new AbortController();
  #arrived: ListedCycle[] = [];
  #due: ReturnType<typeof setTimeout> | undefined;
  #shown = 0;

  constructor() {
    this.live = new Live({
      cycles: (cycles) => this.#arrive(cycles),
      run: (run) => apps.put(run),
      gap: (missed) => {
        this.missed += missed;
        if (this.frozen) this.news += missed;
        else void this.load(this.#filter);
      },
    });
  }

  /** The inspector does not know the token: it is another one than the tab was opened for. */
  get refused(): boolean {
    return this.problem?.status === 401 || this.live.refused;
  }

  row(index: number): ListedCycle | undefined {
    void this.version;
    return this.#rows.at(index);
  }

  /** Asks anew, for what matches a filter. */
  async load(filter: string): Promise<void> {
    this.#generation.abort();
    const { signal } = (this.#generation = new AbortController());
    this.#filter = filter;
    this.#asked.clear();
    try {
      const page = await get<CyclePage>('/api/cycles', { filter, limit: PAGE }, signal);
      const kept = this.cursor >= 0 ? this.#rows.at(this.cursor)?.id : undefined;
      this.#rows.reset(page.until, page.matched);
      this.#rows.put(0, page.cycles);
      this.#arrived = [];
      this.news = 0;
      this.problem = null;
      this.cursor = kept === undefined ? -1 : this.#rows.find(kept);
      this.#changed();
      this.live.follow(filter, page.until);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      this.problem = error.problem;
      if (error.status === 401) this.live.stop();
      if (error.status === 0) setTimeout(() => !signal.aborted && this.load(filter), 2_000);
    } finally {
      if (!signal.aborted) this.loaded = true;
    }
  }

  /** Holds the view still, or goes on from now. */
  freeze(frozen: boolean): void {
    this.frozen = frozen;
    if (!frozen) void this.load(this.#filter);
  }

  /** Sees to it that these rows come. */
  need(from: number, to: number): void {
    for (const page of this.#rows.missing(from, to)) {
      if (!this.#asked.has(page)) void this.#fetch(page);
    }
  }

  /** The row of a cycle, if it is near enough to be known; -1 if not. */
  find(id: string): number {
    return this.#rows.find(id);
  }

  async #fetch(page: number): Promise<void> {
    const { signal } = this.#generation;
    const until = this.#rows.until;
    this.#asked.add(page);
    try {
      const query = { filter: this.#filter, limit: PAGE, skip: page * PAGE, until };
      const answer = await get<CyclePage>('/api/cycles', query, signal);
      if (until !== this.#rows.until) return;
      this.#rows.matched = answer.matched;
      this.#rows.put(page, answer.cycles);
      this.#changed();
    } catch (error) {
      if (!signal.aborted && error instanceof ApiError) this.problem = error.problem;
    } finally {
      this.#asked.delete(page);
    }
  }

  #arrive(cycles: ListedCycle[]): void {
    if (this.frozen) {
      this.news += cycles.length;
      return;
    }
    this.#arrived.push(...cycles);
    // Nobody reads faster; and frames in between are left to scrolling.
    this.#due ??= setTimeout(() => this.#show(), Math.max(0, this.#shown + SHOW_EVERY_MS - performance.now()));
  }

  #show(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    this.#shown = performance.now();
    const before = this.#rows.length;
    this.#rows.push(this.#arrived);
    this.#arrived = [];
    const more = this.#rows.length - before;
    if (this.cursor >= 0) this.cursor += more;
    this.pushed += more;
    this.#changed();
  }

  #changed(): void {
    this.length = this.#rows.length;
    this.version++;
  }
}

export const list = new CycleList();
