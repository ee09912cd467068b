import { isRecord, isStrings, Stored } from './stored.svelte.ts';

const KEPT = 20;

/** Filters used before, newest first. */
export const recent = new Stored<string[]>('filters', [], isStrings);

/** Filters with names. */
export const named = new Stored<Record<string, string>>(
  'named-filters',
  { errors: 'status:>=500', slow: 'time:>100ms' },
  (value): value is Record<string, string> => isRecord(value) && isStrings(Object.values(value)),
);

export function remember(filter: string): void {
  if (filter) recent.value = [filter, ...recent.value.filter((one) => one !== filter)].slice(0, KEPT);
}

export function name(title: string, filter: string): void {
  named.value = { ...named.value, [title]: filter };
}

export function forget(title: string): void {
  named.value = Object.fromEntries(Object.entries(named.value).filter(([one]) => one !== title));
}
