import { ApiError, get } from '../api/client.ts';
import type { CycleSpans } from '../api/model';

/** What other services did in the trace of the cycle that is open. Spans may come long after it. */
class Spans {
  beside = $state.raw<CycleSpans | null>(null);

  #id: string | null = null;
  #abort = new AbortController();

  /** Asks for those of a cycle, again if they are here. What is shown stays until the answer comes. */
  async load(id: string): Promise<void> {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    if (id !== this.#id) this.beside = null;
    this.#id = id;
    try {
      const beside = await get<CycleSpans>(`/api/cycles/${id}/spans`, {}, signal);
      if (!signal.aborted) this.beside = beside;
    } catch (error) {
      // The cycle itself says why it can't be asked.
      if (!signal.aborted && !(error instanceof ApiError)) throw error;
    }
  }
}

export const spans = new Spans();
