import type { Octets } from '../api/model';
import { pieces } from './octets.ts';

// Control characters, separators of lines, direction marks, what is invisible: the set of `onionskin::text::escape`. The
// vectors in core/src/text/vectors.json hold the two together.
const ODD =
  /[\0-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * What came from outside, fit to be read: whatever could hide, break a line or turn its direction is shown, not obeyed.
 * Every text of an app passes through here, on its way into a text node or an attribute that is read out.
 */
export function shown(value: Octets | null | undefined): string {
  if (value === null || value === undefined) return '';
  let out = '';
  for (const piece of pieces(value)) {
    out += typeof piece === 'number' ? byte(piece) : piece.replace(ODD, written);
  }
  return out;
}

function written(char: string): string {
  const code = char.codePointAt(0)!;
  return NAMED[char] ?? (code < 0x80 ? byte(code) : `\\u{${code.toString(16)}}`);
}

function byte(value: number): string {
  return `\\x${value.toString(16).padStart(2, '0')}`;
}
