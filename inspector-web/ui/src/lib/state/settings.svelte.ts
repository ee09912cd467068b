import type { Source } from '../api/model';
import { apps } from './apps.svelte.ts';
import { isRecord, Stored } from './stored.svelte.ts';

/** Editors, and the URL that opens a file in them. */
export const EDITORS: Record<string, { name: string; template: string }> = {
  vscode: { name: 'VS Code', template: 'vscode://file/{path}:{line}' },
  zed: { name: 'Zed', template: 'zed://file/{path}:{line}' },
  jetbrains: { name: 'JetBrains', template: 'idea://open?file={path}&line={line}' },
  custom: { name: 'Another', template: '' },
};

export interface Settings {
  /** Key of {@link EDITORS}. */
  editor: string;
  /** URL of another editor, with `{path}` and `{line}` in it. */
  template: string;
  /** Paths as the app has them (in a container), and as they are here. */
  paths: { from: string; to: string }[];
}

const isSettings = (value: unknown): value is Settings =>
  isRecord(value) &&
  typeof value.editor === 'string' &&
  value.editor in EDITORS &&
  typeof value.template === 'string' &&
  Array.isArray(value.paths) &&
  value.paths.every((one) => isRecord(one) && typeof one.from === 'string' && typeof one.to === 'string');

export const settings = new Stored<Settings>('settings', { editor: 'vscode', template: '', paths: [] }, isSettings);

/** The link that opens a place in the source in the editor; none if the editor has no template. */
export function editorLink(source: Source, run: string): string | null {
  const { editor, template, paths } = settings.value;
  const cwd = apps.run(run)?.cwd ?? null;
  return sourceLink(source, cwd, EDITORS[editor]!.template || template, paths);
}

/** As {@link editorLink}, of what it depends on. A path only ever becomes a part of the URL, never its scheme. */
export function sourceLink(source: Source, cwd: string | null, template: string, paths: Settings['paths']): string | null {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(template) || /^(javascript|data|blob|vbscript):/i.test(template)) return null;
  let path = source.file;
  if (!isAbsolute(path) && cwd) path = `${cwd.replace(/[\\/]$/, '')}/${path}`;
  const map = paths.find(({ from }) => from && path.startsWith(from));
  if (map) path = map.to + path.slice(map.from.length);
  const written = path.split('/').map(encodeURIComponent).join('/');
  return template.replaceAll('{path}', () => written.replaceAll('%3A', ':')).replaceAll('{line}', String(source.line));
}

const isAbsolute = (path: string) => path.startsWith('/') || /^[a-z]:[\\/]/i.test(path);
