import type { Op } from '../api/model';

/** How an edit is marked: a sign and a word, so that colour is never alone. */
export const SIGNS: Record<Op, { sign: string; word: string }> = {
  add: { sign: '+', word: 'added' },
  remove: { sign: '−', word: 'removed' },
  change: { sign: '~', word: 'changed' },
  move: { sign: '↷', word: 'moved' },
};
