/** Speeds of replay. At 1x a step takes half a second: in its own time a cycle would be over before anybody saw it. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const STEP_MS = 500;

/** Moves on by itself. `next` goes to the next step and says whether there was one. */
export class Player {
  playing = $state(false);
  speed = $state(1);
  #next: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(next: () => boolean) {
    this.#next = next;
  }

  start(): void {
    this.playing = true;
    this.#wait();
  }

  stop(): void {
    this.playing = false;
    clearTimeout(this.#timer);
  }

  /** The next speed up (1) or down (-1). */
  shift(by: 1 | -1): void {
    const at = SPEEDS.indexOf(this.speed) + by;
    this.set(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))]!);
  }

  set(speed: number): void {
    this.speed = speed;
    if (this.playing) this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#next()) this.#wait();
      else this.stop();
    }, STEP_MS / this.speed);
  }
}
