import { expect, test } from 'vitest';
import type { ListedCycle } from '../lib/api/model';
import { Slots } from './slots.ts';

/** Cycles of two runs, the newest first. */
const cycles = Array.from({ length: 40 }, (_, i) => ({ position: 40 - i, app: 'shop', run: i < 20 ? 'b' : 'a' }) as ListedCycle);
const from = (offset: number) => (index: number) => cycles[index + offset];

test('a row that stays on the screen stays the same element with the same in it', () => {
  const slots = new Slots();
  const before = slots.rows(0, 10, 40, from(0));
  const after = slots.rows(3, 13, 40, from(0));
  expect(after.slice(0, 7)).toEqual(before.slice(3));
  for (let i = 0; i < 7; i++) expect(after[i]).toBe(before[i + 3]);
  // Those that came have the elements of those that went.
  expect(after.slice(7).map(({ key }) => key)).toEqual(before.slice(0, 3).map(({ key }) => key));
});

test('rows that come on top leave those below as they are', () => {
  const slots = new Slots();
  const before = slots.rows(5, 15, 35, from(5));
  const after = slots.rows(10, 20, 40, from(0));
  for (let i = 0; i < 10; i++) expect(after[i]).toBe(before[i]);
});

test('every row has an element of its own, at the end of the list and in a larger window too', () => {
  const slots = new Slots();
  for (const [start, end] of [[0, 10], [35, 40], [20, 38], [0, 0], [2, 20]] as const) {
    const rows = slots.rows(start, end, 40, from(0));
    expect(new Set(rows.map(({ key }) => key)).size).toBe(end - start);
    expect(rows.map(({ cycle }) => cycle)).toEqual(cycles.slice(start, end));
  }
});

test('after a jump every element is where it was, whichever way', () => {
  const slots = new Slots();
  const keys = (start: number) => slots.rows(start, start + 7, 40, from(0)).map(({ key }) => key);
  const first = keys(3);
  for (const start of [12, 33, 20, 0, 8]) expect(keys(start)).toEqual(first);
  // From there on it scrolls as before.
  expect(keys(10)).toEqual([...first.slice(2), ...first.slice(0, 2)]);
});

test('a row comes, and a run begins', () => {
  const slots = new Slots();
  const [empty] = slots.rows(19, 20, 40, () => undefined);
  const [there] = slots.rows(19, 20, 40, from(0));
  expect([empty!.cycle, there!.cycle?.position, there!.begins]).toEqual([undefined, 21, true]);
  expect(slots.rows(18, 19, 40, from(0))[0]!.begins).toBe(false);
});
