import { apps } from '../lib/state/apps.svelte.ts';
import { place } from '../lib/state/place.svelte.ts';
import { both } from './link.ts';

/** Shows the cycles that a figure counts: those of its run that match the filter of now, and this. */
export function showCycles(filter: string, run: string): void {
  const runs = apps.all.reduce((sum, app) => sum + app.runs.length, 0);
  const counted = both(place.off ? '' : place.filter, filter);
  place.go({ screen: 'cycles', filter: runs > 1 && !counted.includes(`run:${run}`) ? both(counted, `run:${run}`) : counted, off: false, cycle: null });
}
