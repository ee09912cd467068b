import type { Problem } from './model';
import { takeToken } from './token.ts';

/** An answer that is a failure. `status` 0: there was no answer. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
  get status(): number {
    return this.problem.status;
  }
}

export type Params = Record<string, string | number | null | undefined>;

/** An answer of the API; rejects with an {@link ApiError}, or as `fetch` does when the signal aborts it. */
export async function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const answer = await ask(path, params, {}, signal);
  return (await answer.json()) as T;
}

/** Has something done, and gives the answer. */
export async function post<T>(path: string, sent: unknown): Promise<T> {
  const answer = await ask(path, {}, { 'content-type': 'application/json' }, undefined, JSON.stringify(sent));
  return (await answer.json()) as T;
}

/** The same, before its body is read. What has a body is posted. */
export async function ask(
  path: string,
  params: Params,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
  body?: string,
): Promise<Response> {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const authorization = `Bearer ${takeToken() ?? ''}`;
  const url = given.length ? `${path}?${query}` : path;
  const answer = await fetch(url, { headers: { ...headers, authorization }, signal: signal ?? null, ...(body !== undefined && { method: 'POST', body }) }).catch((error) => {
    if (signal?.aborted) throw error;
    throw new ApiError(problem(0, 'The inspector does not answer.'));
  });
  if (answer.ok) return answer;
  if (answer.status === 401) throw new ApiError(problem(401, 'The inspector does not know the token of this tab.'));
  throw new ApiError(await answer.json().catch(() => problem(answer.status, answer.statusText)));
}

/** Saves what a path answers as a file: the token can't be in a link. */
export async function download(path: string, name: string, params: Params = {}): Promise<void> {
  const blob = await (await ask(path, params)).blob();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function problem(status: number, detail: string): Problem {
  return { type: 'about:blank', title: 'No answer', status, detail };
}
