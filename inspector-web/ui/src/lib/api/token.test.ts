import { expect, test } from 'vitest';
import { tokenIn } from './token.ts';

const TOKEN = '0123456789abcdef'.repeat(4);

test('a token is found alone and in a URL', () => {
  for (const text of [TOKEN, ` ${TOKEN}\n`, `http://127.0.0.1:7335/#token=${TOKEN}`, `#token=${TOKEN}&cycle=a-1`, `#cycle=a-1&token=${TOKEN}`]) {
    expect(tokenIn(text), text).toBe(TOKEN);
  }
});

test('nothing else is a token', () => {
  for (const text of ['', 'token', TOKEN.slice(1), `${TOKEN}0`, TOKEN.toUpperCase(), `http://x/?token=${TOKEN}`]) {
    expect(tokenIn(text), text).toBeNull();
  }
});
