import type { MessageLine, MessageView } from '../api/model';
import { shown } from './shown.ts';
import { SIGNS } from './signs.ts';

/** What a line of a message is about. */
export function lineLabel(line: MessageLine): string {
  if (line.what === 'header') return shown(line.name);
  return line.what === 'extension' ? 'ext' : line.what;
}

export function lineValue(line: MessageLine): string {
  return shown(line.what === 'extension' ? (line.name ?? line.value) : line.value);
}

/** The lines of a message as text: what the step did, and who set each last. */
export function messageText(message: MessageView): string {
  const lines = message.lines.map((line) => {
    const by = line.history[0];
    const sign = line.op ? SIGNS[line.op].sign : ' ';
    return `${sign} ${lineLabel(line)}: ${lineValue(line)}${by ? `  ← ${shown(by.name)}` : ''}`;
  });
  return lines.join('\n');
}
