import type { Source } from '../api/model';
import { sourceLink, type PathMap } from '../text/source.ts';
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
  paths: PathMap[];
}

const isSettings = (value: unknown): value is Settings =>
  isRecord(value) &&
  typeof value.editor === 'string' &&
  value.editor in EDITORS &&
  typeof value.template === 'string' &&
  Array.isArray(value.paths) &&
  value.paths.every((one) => isRecord(one) && typeof one.from === 'string' && typeof one.to === 'string');

export const settings = new Stored<Settings>('settings', { editor: 'vscode', template: '', paths: [] }, isSettings);

/** The link that opens a place in the source of an app run; none if the editor has no template. */
export function editorLink(source: Source, run: string): string | null {
  const { editor, template, paths } = settings.value;
  const cwd = apps.run(run)?.cwd ?? null;
  return sourceLink(source, cwd, EDITORS[editor]!.template || template, paths);
}
