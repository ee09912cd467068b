import { expect, test } from 'vitest';
import type { ListedCycle } from '../api/model';
import { PAGE, Rows } from './rows.ts';

const cycle = (position: number) => ({ position, id: `r-${position}` }) as ListedCycle;

/** Cycles from position `newest` down. */
const page = (newest: number, n = PAGE) => Array.from({ length: n }, (_, i) => cycle(newest - i));

/** 1,000 cycles, whose first page is there. */
function some(): Rows {
  const rows = new Rows();
  rows.reset(1_000, 1_000);
  rows.put(0, page(1_000));
  return rows;
}

test('rows are newest first, and what nobody asked for is not there', () => {
  const rows = some();
  expect(rows.length).toBe(1_000);
  expect(rows.at(0)?.position).toBe(1_000);
  expect(rows.at(99)?.position).toBe(901);
  expect(rows.at(100)).toBeUndefined();
  expect(rows.missing(50, 260)).toEqual([1, 2]);
  expect(rows.missing(950, 2_000)).toEqual([9]);
});

test('new ones come on top, once each, and push the pages down', () => {
  const rows = some();
  rows.push([cycle(1_001), cycle(1_003)]);
  rows.push([cycle(1_003), cycle(1_004)]);
  expect([0, 1, 2, 3].map((i) => rows.at(i)?.position)).toEqual([1_004, 1_003, 1_001, 1_000]);
  expect(rows.length).toBe(1_003);
  expect(rows.missing(0, 103)).toEqual([]);
  expect(rows.missing(0, 104)).toEqual([1]);
  expect([rows.find('r-1003'), rows.find('r-1000'), rows.find('r-5')]).toEqual([1, 3, -1]);
});

test('what gathered on top becomes pages, and nothing moves', () => {
  const rows = some();
  const all = Array.from({ length: 5_050 }, (_, i) => cycle(1_001 + i));
  rows.push(all.slice(0, 3_000));
  rows.push(all.slice(3_000));
  expect(rows.length).toBe(6_050);
  expect(rows.until).toBe(6_050);
  expect(rows.at(0)?.position).toBe(6_050);
  expect(rows.at(4_999)?.position).toBe(1_051);
  expect(rows.at(5_000)).toBeUndefined();
  expect(rows.missing(4_900, 5_100)).toEqual([50]);
});

test('pages that were looked at longest ago make room', () => {
  const rows = new Rows();
  rows.reset(20_000, 20_000);
  for (let i = 0; i < 100; i++) rows.put(i, page(20_000 - i * PAGE));
  expect(rows.at(0)).toBeUndefined();
  expect(rows.at(99 * PAGE)?.position).toBe(10_100);
});
