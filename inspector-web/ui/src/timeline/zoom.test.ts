import { expect, test } from 'vitest';
import { ticks, Zoom } from './zoom.svelte.ts';

function zoom(): Zoom {
  const zoom = new Zoom();
  zoom.reset(1_000_000);
  return zoom;
}

test('all of it at first', () => {
  expect([zoom().x(0), zoom().x(250_000), zoom().x(1_000_000), zoom().whole]).toEqual([0, 25, 100, true]);
});

test('what is under the pointer stays there', () => {
  const view = zoom();
  view.by(0.5, 0.25);
  expect([view.from, view.to]).toEqual([125_000, 625_000]);
  expect(view.x(250_000)).toBe(25);
});

test('the view stays inside the cycle, and is never empty', () => {
  const view = zoom();
  view.show(-5, 10);
  expect([view.from, view.to]).toEqual([0, 1_000]);
  view.show(999_999, 2_000_000);
  expect([view.from, view.to]).toEqual([0, 1_000_000]);
  view.show(500_000, 700_000);
  view.pan(9);
  expect([view.from, view.to]).toEqual([800_000, 1_000_000]);
});

test('a ruler has round times', () => {
  expect(ticks(0, 1_000_000)).toEqual([0, 200_000, 400_000, 600_000, 800_000, 1_000_000]);
  expect(ticks(3_100, 4_000)).toEqual([3_200, 3_400, 3_600, 3_800, 4_000]);
});
