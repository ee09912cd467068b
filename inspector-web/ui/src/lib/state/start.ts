import { apps } from './apps.svelte.ts';
import { keys } from './keys.svelte.ts';
import { list } from './list.svelte.ts';
import { opened } from './opened.svelte.ts';
import { place } from './place.svelte.ts';
import { tool } from './tool.svelte.ts';

/** What the page asks for once it has a token. Each part shows by itself what it could not get. */
export function start(): void {
  for (const part of [apps, keys, tool]) part.load().catch(() => undefined);
  void list.load(place.active);
  if (opened.problem) void opened.open(place.cycle);
}
