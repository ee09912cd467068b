import { expect, test } from 'vitest';
import { sourceLink } from './source.ts';

const CODE = 'vscode://file/{path}:{line}';

test('a path of the app is one here', () => {
  const source = { file: 'src/my app.rs', line: 7 };
  expect(sourceLink(source, '/srv/shop', CODE, [])).toBe('vscode://file/srv/shop/src/my%20app.rs:7');
  expect(sourceLink(source, null, CODE, [])).toBe('vscode://file/src/my%20app.rs:7');
  const map = [
    { from: '', to: '/never' },
    { from: '/srv', to: '/home/me' },
  ];
  expect(sourceLink(source, '/srv/shop/', CODE, map)).toBe('vscode://file/home/me/shop/src/my%20app.rs:7');
});

test('an absolute path stays, with its drive', () => {
  const link = (file: string) => sourceLink({ file, line: 1 }, '/srv', 'idea://open?file={path}&line={line}', []);
  expect(link('/a/b.rs')).toBe('idea://open?file=/a/b.rs&line=1');
  expect(link('C:/a/b.rs')).toBe('idea://open?file=C:/a/b.rs&line=1');
});

test('a path is only ever a path', () => {
  const link = (file: string) => sourceLink({ file, line: 1 }, null, 'x://open?file={path}&line={line}', []);
  expect(link('a&b=c#d?e"<>{line}$&')).toBe('x://open?file=a%26b%3Dc%23d%3Fe%22%3C%3E%7Bline%7D%24%26&line=1');
});

test('a template that is no link of an editor gives none', () => {
  for (const template of ['', '{path}', '//evil/{path}', 'javascript:alert(1)//{path}', 'JavaScript:x', 'data:text/html,x']) {
    expect(sourceLink({ file: 'a.rs', line: 1 }, null, template, []), template).toBeNull();
  }
});
