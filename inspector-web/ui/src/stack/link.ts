import type { Site } from '../lib/api/model';

/** A value as the filter's grammar takes it: quoted where it has to be. */
export function quoted(value: string): string {
  return /^[\w./:@-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Filters that lead from a figure of the map to its cycles. */
export const filterLink = {
  /** Those that passed it; null: all of the run do, or none can be named. */
  passed: ({ kind, name }: Pick<Site, 'kind' | 'name'>) => {
    if (['server', 'router', 'edge'].includes(kind)) return null;
    const isView = ['handler', 'service', 'fallback', 'default_fallback', 'opaque'].includes(kind);
    return `${isView ? 'handler' : 'layer'}:${quoted(name)}`;
  },
  answered: (name: string) => `answered-by:${quoted(name)}`,
  changed: (name: string) => `changed-by:${quoted(name)}`,
};

/** Both filters at once. */
export function both(one: string, other: string): string {
  const grouped = (filter: string) => (/\bor\b|\|\|/i.test(filter) ? `(${filter})` : filter);
  return [one, other].filter(Boolean).map(grouped).join(' ');
}
