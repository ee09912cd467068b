import type { StepView, Timeline } from '../lib/api/model';
import { messageText } from '../lib/text/message.ts';
import { shown } from '../lib/text/shown.ts';

/** What has the focus, or is pointed at, and can be copied. */
export function heldValue(): string | undefined {
  const pointed = [...document.querySelectorAll<HTMLElement>('[data-copy]:hover')].at(-1);
  const held = document.activeElement?.closest<HTMLElement>('[data-copy]');
  return (held ?? pointed)?.dataset.copy;
}

/** Both messages at a step, with their bodies as they are shown in the panes. */
export function stepText(timeline: Timeline, view: StepView, panes: HTMLElement): string {
  const row = timeline.steps[view.step]?.row;
  const name = row == null ? '' : timeline.rows[row]?.name;
  const head = `${shown(timeline.method)} ${shown(timeline.target)}, step ${view.step + 1}: ${shown(name)}`;
  const sides = [['request', view.request, '.req'], ['response', view.response, '.res']] as const;
  const texts = sides.flatMap(([side, message, pane]) => {
    if (!message) return [];
    const body = panes.querySelector<HTMLElement>(`${pane} .content`)?.innerText;
    return `${side}\n${messageText(message)}${body ? `\n\n${body}` : ''}`;
  });
  return [head, ...texts].join('\n\n');
}
