/** Pauses before the attempts that follow one that failed, in milliseconds. */
const PAUSES = [500, 1_000, 2_000, 4_000, 8_000];

/** How long to wait after so many attempts that failed (0: after the first), in milliseconds. */
export function pauseAfter(failed: number): number {
  return PAUSES[Math.min(failed, PAUSES.length - 1)]!;
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
