import { ApiError, ask } from './client.ts';
import type { Counters, ListedCycle, Memory, Run, SpanCounters } from './model';
import { pause, pauseAfter } from './pause.ts';
import { EventReader, type ServerEvent } from './sse.ts';

/** Longer silence means that the line is dead: the inspector says something every 15 s. */
const SILENCE_MS = 40_000;

export interface Listener {
  cycles(cycles: ListedCycle[]): void;
  run(run: Run): void;
  /** Events were missed, or may have been (0); what is shown must be asked for again. */
  gap(missed: number): void;
}

/** The line to the inspector's live events. It connects again by itself and resumes where it was. */
export class Live {
  state = $state<'connecting' | 'open' | 'waiting' | 'stopped'>('connecting');
  /** Why there is no connection. */
  reason = $state<string | null>(null);
  /** The inspector does not know the token. */
  refused = $state(false);
  /** When the next attempt is due, milliseconds since the Unix epoch. */
  retryAt = $state<number | null>(null);
  counters = $state.raw<Counters | null>(null);
  memory = $state.raw<Memory | null>(null);
  /** What became of the spans of other services, where they are received. */
  spans = $state.raw<SpanCounters | null>(null);

  #listener: Listener;
  #stop = new AbortController();
  #filter = '';
  #last: string | null = null;
  #attempt = 0;
  /** The line broke since what is shown was asked for. */
  #broke = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Follows what matches, from behind a position on. */
  follow(filter: string, after: number): void {
    this.#filter = filter;
    this.#last = String(after);
    this.#broke = false;
    this.retry();
  }

  /** Connects now. */
  retry(): void {
    this.stop();
    this.refused = false;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
    this.state = 'stopped';
  }

  async #run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.state = 'connecting';
      this.retryAt = null;
      try {
        await this.#listen(stop);
        this.reason = 'The inspector closed the connection.';
      } catch (error) {
        if (stop.aborted) return;
        this.reason = error instanceof Error ? error.message : String(error);
        if (error instanceof ApiError && (error.status === 401 || error.status === 400)) {
          this.state = 'stopped';
          this.refused = error.status === 401;
          return;
        }
      }
      if (stop.aborted) return;
      this.#broke = true;
      const wait = pauseAfter(this.#attempt++);
      this.state = 'waiting';
      this.retryAt = Date.now() + wait;
      await pause(wait);
    }
  }

  async #listen(stop: AbortSignal): Promise<void> {
    const silence = new AbortController();
    const signal = AbortSignal.any([stop, silence.signal]);
    const headers: Record<string, string> = this.#last === null ? {} : { 'last-event-id': this.#last };
    const answer = await ask('/api/live', { filter: this.#filter }, headers, signal);
    this.state = 'open';
    this.reason = null;
    this.#attempt = 0;
    // It may be another inspector, which counts from one again.
    if (this.#broke) this.#listener.gap(0);
    this.#broke = false;
    const reader = new EventReader();
    const chunks = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const { done, value } = await chunks.read().finally(() => clearTimeout(timer));
      if (done || stop.aborted) return;
      this.#take(reader.push(value));
    }
  }

  #take(events: ServerEvent[]): void {
    const cycles: ListedCycle[] = [];
    for (const { event, id, data } of events) {
      const value = JSON.parse(data);
      if (id !== null) this.#last = id;
      if (event === 'cycle') cycles.push(value);
      else if (event === 'run') this.#listener.run(value);
      else if (event === 'spans') this.spans = value;
      else if (event === 'lagged') this.#listener.gap(value.missed);
      else if (event === 'counters') {
        this.counters = value.counters;
        this.memory = value.memory;
      }
    }
    if (cycles.length) this.#listener.cycles(cycles);
  }
}
