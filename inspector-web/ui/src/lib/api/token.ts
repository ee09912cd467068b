const KEY = 'token';

/** The token out of a URL's fragment, or one pasted alone; none if it has not its form. */
export function tokenIn(text: string): string | null {
  const found = /^(?:.*#(?:.*&)?token=)?([0-9a-f]{64})(?:&.*)?$/.exec(text.trim());
  return found?.[1] ?? null;
}

/** Whether the URL brings a token. */
export function hasToken(): boolean {
  return new URLSearchParams(location.hash.slice(1)).has(KEY);
}

/**
 * The token of this tab. It comes in the fragment, which no server sees, once: it is kept for this tab and taken out of
 * the address bar, the rest of the fragment stays.
 */
export function takeToken(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get(KEY);
  if (given) {
    sessionStorage.setItem(KEY, given);
    fragment.delete(KEY);
    history.replaceState(null, '', `#${fragment}`);
  }
  return sessionStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}
