import type { Source } from '../api/model';

/** How paths begin in the app (in a container), and how they begin here. */
export interface PathMap {
  from: string;
  to: string;
}

/** The link that opens a place in the source in an editor, by the editor's template; none if that is no URL. A path only ever becomes a part of the URL, never its scheme. */
export function sourceLink(source: Source, cwd: string | null, template: string, paths: PathMap[]): string | null {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(template) || /^(javascript|data|blob|vbscript):/i.test(template)) return null;
  let path = source.file;
  if (!isAbsolute(path) && cwd) path = `${cwd.replace(/[\\/]$/, '')}/${path}`;
  const map = paths.find(({ from }) => from && path.startsWith(from));
  if (map) path = map.to + path.slice(map.from.length);
  const written = path.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':');
  return template
    .replaceAll('/{path}', () => (written.startsWith('/') ? written : `/${written}`))
    .replaceAll('{path}', () => written)
    .replaceAll('{line}', String(source.line));
}

const isAbsolute = (path: string) => path.startsWith('/') || /^[a-z]:[\\/]/i.test(path);
