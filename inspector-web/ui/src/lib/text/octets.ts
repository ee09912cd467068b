import type { Octets } from '../api/model';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as pieces of text and, between them, single bytes that are no UTF-8. */
export function* pieces(octets: Octets): Generator<string | number> {
  if (typeof octets === 'string') {
    yield octets;
    return;
  }
  const bytes = Uint8Array.from(atob(octets.base64), (c) => c.charCodeAt(0));
  for (let at = 0; at < bytes.length; ) {
    const char = charAt(bytes, at);
    yield char?.text ?? bytes[at]!;
    at += char?.length ?? 1;
  }
}

function charAt(bytes: Uint8Array, at: number): { text: string; length: number } | null {
  const lead = bytes[at]!;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  try {
    return { text: strict.decode(bytes.subarray(at, at + length)), length };
  } catch {
    return null;
  }
}
