import { ApiError, get } from '../api/client.ts';
import type { Problem, Row, StepLine, StepView, Timeline } from '../api/model';
import { place } from './place.svelte.ts';
import { Player } from './player.svelte.ts';

/** The cycle that is open, and the messages at the step where its replay stands. */
class Opened {
  timeline = $state.raw<Timeline | null>(null);
  view = $state.raw<StepView | null>(null);
  problem = $state.raw<Problem | null>(null);
  readonly player = new Player(() => this.step + 1 < this.steps && this.go(this.step + 1));

  #id: string | null = null;
  #views = new Map<number, StepView>();
  #abort = new AbortController();

  /** How many steps there are. */
  get steps(): number {
    return this.timeline?.steps.length ?? 0;
  }

  /** Where the replay stands. */
  get step(): number {
    return Math.max(0, Math.min(place.step, this.steps - 1));
  }

  /** The row of the step. */
  get row(): number | null {
    return this.timeline?.steps[this.step]?.row ?? null;
  }

  rowOf(index: number | null | undefined): Row | undefined {
    return index === null || index === undefined ? undefined : this.timeline?.rows[index];
  }

  /** Opens a cycle, or none. */
  async open(id: string | null): Promise<void> {
    if (id === this.#id && this.problem === null) return;
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    this.#id = id;
    this.#views.clear();
    this.player.stop();
    this.problem = null;
    if (id === null) {
      this.timeline = this.view = null;
      return;
    }
    try {
      const timeline = await get<Timeline>(`/api/cycles/${id}/timeline`, {}, signal);
      this.view = null;
      this.timeline = timeline;
      await this.#show();
    } catch (error) {
      if (signal.aborted) return;
      this.timeline = this.view = null;
      if (!(error instanceof ApiError)) throw error;
      this.problem = error.problem;
    }
  }

  /** Goes to a step, or as near as there is one. Always true: there the player goes on. */
  go(step: number): true {
    place.go({ step: Math.max(0, Math.min(step, this.steps - 1)) });
    void this.#show();
    return true;
  }

  /** Goes to a step because somebody wants to look at it. */
  jump(step: number): void {
    this.player.stop();
    this.go(step);
  }

  /** Goes to the next step (1), or the one before (-1), where something went wrong, if there is one. */
  problemStep(by: 1 | -1): boolean {
    return this.#where(by, (step) => step.problem);
  }

  /** The same, where something changed. */
  changedStep(by: 1 | -1): boolean {
    return this.#where(by, (step) => step.edits.length > 0);
  }

  #where(by: 1 | -1, wanted: (step: StepLine) => boolean): boolean {
    const steps = this.timeline?.steps ?? [];
    for (let at = this.step + by, step = steps[at]; step; at += by, step = steps[at]) {
      if (wanted(step)) return this.jump(at), true;
    }
    return false;
  }

  /** Plays, from the first step again if at the last; or stops. */
  play(): void {
    if (this.player.playing) return this.player.stop();
    if (this.step + 1 >= this.steps) this.go(0);
    this.player.start();
  }

  /** Shows the messages at the step; until they are here, those of the step before stay. */
  async #show(): Promise<void> {
    const [id, step] = [this.#id, this.step];
    if (!this.timeline) return;
    const view = await this.#view(step);
    if (this.#id === id && this.step === step && view) this.view = view;
    if (step + 1 < this.steps) void this.#view(step + 1);
  }

  async #view(step: number): Promise<StepView | null> {
    const known = this.#views.get(step);
    if (known) return known;
    const { signal } = this.#abort;
    try {
      const view = await get<StepView>(`/api/cycles/${this.#id}/steps/${step}/view`, {}, signal);
      if (!signal.aborted) this.#views.set(step, view);
      return view;
    } catch (error) {
      if (!signal.aborted && error instanceof ApiError) this.problem = error.problem;
      return null;
    }
  }
}

export const opened = new Opened();
