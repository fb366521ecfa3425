import { createHash } from 'node:crypto';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON whose keys are sorted, so that equal values have equal texts; fields that are undefined are gone. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) && !ArrayBuffer.isView(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner);
}

/** SHA-256, hexadecimal, of texts and bytes one after the other. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** SHA-256 of a value that JSON can hold. */
export function hashOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
