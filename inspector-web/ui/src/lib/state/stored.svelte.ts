/** A value that this browser keeps. What is there and not of the right form is as if it were not there. */
export class Stored<T> {
  #key: string;
  #value: T;
  #version = $state(0);

  constructor(key: string, fallback: T, isRight: (value: unknown) => value is T) {
    this.#key = `onionskin.${key}`;
    this.#value = fallback;
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.#key) ?? 'null');
      if (isRight(kept)) this.#value = kept;
    } catch {
      // Not JSON, or a browser that keeps nothing.
    }
  }

  get value(): T {
    void this.#version;
    return this.#value;
  }

  set value(value: T) {
    this.#value = value;
    this.#version++;
    try {
      localStorage.setItem(this.#key, JSON.stringify(value));
    } catch {
      // Full, or forbidden: then it holds for this tab.
    }
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
