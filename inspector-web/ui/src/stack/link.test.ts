import { expect, test } from 'vitest';
import { both, filterLink, quoted } from './link.ts';

test('what has a meaning in the grammar is quoted', () => {
  expect(quoted('/books')).toBe('/books');
  expect(quoted('/books/{id}')).toBe('"/books/{id}"');
  expect(quoted('a "b" \\c')).toBe('"a \\"b\\" \\\\c"');
  expect(quoted('a*')).toBe('"a*"');
});

test('a layer and a view lead to the cycles that passed them', () => {
  expect(filterLink.passed({ kind: 'layer', name: 'session' })).toBe('layer:session');
  expect(filterLink.passed({ kind: 'handler', name: 'show' })).toBe('handler:show');
  expect(filterLink.passed({ kind: 'server', name: 'serve' })).toBeNull();
});

test('what stands side by side stays what it was', () => {
  expect(both('', 'route:/a')).toBe('route:/a');
  expect(both('status:5xx', 'route:/a')).toBe('status:5xx route:/a');
  expect(both('status:5xx or time:>1s', 'route:/a')).toBe('(status:5xx or time:>1s) route:/a');
});
