import { apps } from './apps.svelte.ts';
import { keys } from './keys.svelte.ts';
import { tool } from './tool.svelte.ts';

/** What the page asks for once, when it has a token. Each part shows by itself what it could not get. */
export function start(): void {
  for (const part of [apps, keys, tool]) part.load().catch(() => undefined);
}
