import { place } from '../lib/state/place.svelte.ts';

/** Shows the cycles that a figure counts. */
export function showCycles(filter: string): void {
  place.go({ screen: 'cycles', filter, off: false, cycle: null });
}
