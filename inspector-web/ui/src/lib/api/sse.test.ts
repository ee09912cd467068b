import { expect, test } from 'vitest';
import { EventReader } from './sse.ts';

const STREAM = ': still here\n\nevent: cycle\nid: 7\ndata: {"a":1}\n\ndata: x\ndata:y\n\nevent: lagged\ndata: {"missed":3}\n\n';

const WANTED = [
  { event: 'cycle', id: '7', data: '{"a":1}' },
  { event: 'message', id: '7', data: 'x\ny' },
  { event: 'lagged', id: '7', data: '{"missed":3}' },
];

test('events are the same, however the stream is cut', () => {
  for (let size = 1; size <= STREAM.length; size++) {
    const reader = new EventReader();
    const events = [];
    for (let at = 0; at < STREAM.length; at += size) events.push(...reader.push(STREAM.slice(at, at + size)));
    expect(events).toEqual(WANTED);
  }
});

test('what is not whole is not given', () => {
  expect(new EventReader().push('event: cycle\ndata: {}\n')).toEqual([]);
});
