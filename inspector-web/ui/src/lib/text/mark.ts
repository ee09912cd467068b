import type { MarkLine } from '../api/model';
import { shown } from './shown.ts';
import { count, duration, size } from './units.ts';

/** A word for a kind of mark. */
export const MARK_WORDS: Record<MarkLine['mark'], string> = {
  body_frame: 'frame',
  log: 'log',
  sql: 'sql',
  error: 'error',
  panic: 'panic',
  rebuilt: 'rebuilt',
};

/** A mark in one line, fit to be shown. */
export function markLine(mark: MarkLine): string {
  switch (mark.mark) {
    case 'body_frame':
      return `${size(mark.len)} of body ${mark.body}`;
    case 'log': {
      const fields = Object.entries(mark.fields).map(([name, value]) => ` ${shown(name)}=${shown(value)}`);
      return `${shown(mark.level)} ${shown(mark.target)}: ${shown(mark.message)}${fields.join('')}`;
    }
    case 'sql': {
      const rows = mark.rows === null ? [] : [mark.rows === 1 ? '1 row' : `${count(mark.rows)} rows`];
      const time = mark.elapsed_ns === null ? [] : [duration(mark.elapsed_ns)];
      const figures = [...rows, ...time].join(', ');
      return shown(mark.statement.replace(/\s+/g, ' ').trim()) + (figures && ` (${figures})`);
    }
    case 'error':
      return mark.chain.map(shown).join(' ← ');
    case 'panic':
      return `${shown(mark.message)} at ${shown(mark.at)}`;
    case 'rebuilt':
      return 'the layer outside handed on a request that was built afresh';
  }
}

/** Whether a mark says that something went wrong. */
export function isFault(mark: MarkLine): boolean {
  return mark.mark === 'error' || mark.mark === 'panic' || (mark.mark === 'log' && mark.level === 'ERROR');
}
