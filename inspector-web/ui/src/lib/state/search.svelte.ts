import { ApiError, get } from '../api/client.ts';
import type { Found } from '../api/model';
import { opened } from './opened.svelte.ts';
import { said } from './said.svelte.ts';

/** What is searched for in the open cycle. */
class Search {
  text = $state('');
  /** The steps at which it is, in order; none while nobody has said. */
  steps = $state.raw<number[] | null>(null);
  #abort = new AbortController();
  #question = '';
  #answer = Promise.resolve();

  /** Asks where the text is in a cycle, unless that was asked. */
  ask(id: string): Promise<void> {
    const question = `${id} ${this.text}`;
    if (question !== this.#question) {
      this.#question = question;
      this.#answer = this.#load(id);
    }
    return this.#answer;
  }

  /** Goes to the next step (1) of the open cycle at which it is, or the one before (-1), round and round. */
  async go(by: 1 | -1): Promise<void> {
    if (!opened.timeline) return;
    await this.ask(opened.timeline.id);
    const found = this.steps ?? [];
    const here = opened.step;
    const next = by === 1 ? (found.find((at) => at > here) ?? found[0]) : (found.findLast((at) => at < here) ?? found.at(-1));
    if (next !== undefined) opened.jump(next);
  }

  async #load(id: string): Promise<void> {
    this.#abort.abort();
    this.steps = null;
    if (this.text === '') return;
    const { signal } = (this.#abort = new AbortController());
    try {
      this.steps = (await get<Found>(`/api/cycles/${id}/search`, { q: this.text }, signal)).steps;
    } catch (error) {
      if (signal.aborted) return;
      this.#question = '';
      said.say(error instanceof ApiError ? error.message : String(error));
    }
  }
}

export const search = new Search();
