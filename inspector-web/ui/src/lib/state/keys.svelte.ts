import { ApiError, get } from '../api/client.ts';
import type { KeyGroup } from '../api/model';
import { pause, pauseAfter } from '../api/pause.ts';

/** What a command does here; false: nothing, the key is the browser's. */
export type Handler = () => boolean | void;

/** Keys as the table writes them. */
const NAMES: Record<string, string> = {
  ' ': 'Space',
  Escape: 'Esc',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
};

/** The table of keys, which the terminal UI has too, and what its commands do on this page. */
class Keys {
  groups = $state.raw<KeyGroup[]>([]);
  #commands = $derived(
    new Map(this.groups.flatMap((group) => group.commands.flatMap((line) => line.web.map((key) => [key, line.command])))),
  );
  #handlers: Map<string, Handler>[] = [];
  /** Keys that are pressed while the table is asked for; each `load` has its own. */
  #early: string[] | null = null;

  async load(): Promise<void> {
    const early: string[] = (this.#early = []);
    const groups = await this.#table(early).catch(() => null);
    if (this.#early !== early) return;
    this.#early = null;
    if (!groups) return;
    this.groups = groups;
    for (const key of early) this.#take(key);
  }

  /** The table, asked for until it comes, unless the token is refused or another `load` asks. */
  async #table(early: string[]): Promise<KeyGroup[]> {
    for (let failed = 0; ; failed++) {
      try {
        return await get<KeyGroup[]>('/api/keys');
      } catch (error) {
        if (this.#early !== early || (error instanceof ApiError && error.status === 401)) throw error;
        await pause(pauseAfter(failed));
      }
    }
  }

  /** Gives commands something to do until the returned function is called. The newest is asked first. */
  on(handlers: Record<string, Handler>): () => void {
    const map = new Map(Object.entries(handlers));
    this.#handlers.push(map);
    return () => {
      this.#handlers = this.#handlers.filter((one) => one !== map);
    };
  }

  /** The keys of a command, for a tooltip. */
  of(command: string): string {
    for (const group of this.groups) {
      const line = group.commands.find((one) => one.command === command);
      if (line) return line.web.join(' ');
    }
    return '';
  }

  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.metaKey || event.altKey || isTyping(event)) return;
    if (!this.groups.length) this.#early?.push(written(event));
    else if (this.#take(written(event))) event.preventDefault();
  }

  #take(key: string): boolean {
    const command = this.#commands.get(key);
    return command !== undefined && this.run(command);
  }

  /** Does what a command does here; false: it is nothing. */
  run(command: string): boolean {
    const handlers = this.#handlers.toReversed().map((map) => map.get(command));
    return handlers.some((handler) => handler && handler() !== false);
  }
}

function written(event: KeyboardEvent): string {
  const name = NAMES[event.key] ?? event.key;
  const shift = event.shiftKey && name.length > 1 ? 'Shift-' : '';
  return `${event.ctrlKey ? 'Ctrl-' : ''}${shift}${name}`;
}

/** Whether the key goes to something that has a use for it. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  if (target.closest('dialog, [role="menu"]')) return true;
  if (target.matches('input:not([type="range"], [type="checkbox"]), textarea, select')) return true;
  const presses = event.key === 'Enter' || event.key === ' ';
  return presses && target.matches('button, a, summary, input');
}

export const keys = new Keys();
