import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Octets } from '../api/model';
import { shown } from './shown.ts';
import { duration, size } from './units.ts';

interface Vectors {
  escape: { bytes: Octets; shown: string }[];
  duration: [number, string][];
  size: [number, string][];
}

/** The same file that the functions of these names in Rust are tested with. */
const vectors: Vectors = JSON.parse(readFileSync('../../core/src/text/vectors.json', 'utf8'));

describe('as the inspector writes it', () => {
  test.each(vectors.escape)('$shown', (vector) => {
    expect(shown(vector.bytes)).toBe(vector.shown);
  });
  test.each(vectors.duration)('%d ns', (ns, words) => expect(duration(ns)).toBe(words));
  test.each(vectors.size)('%d bytes', (bytes, words) => expect(size(bytes)).toBe(words));
});

test('nothing that steers or hides is left of any character', () => {
  let all = '';
  for (let code = 0; code <= 0x10ffff; code++) if (code < 0xd800 || code > 0xdfff) all += String.fromCodePoint(code);
  const once = shown(all);
  expect(shown(once)).toBe(once);
  expect(once).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
});

test('what is not there is shown as nothing', () => {
  expect(shown(null) + shown(undefined)).toBe('');
});
