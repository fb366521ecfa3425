/** The message of whatever was thrown. Not by `instanceof`: Node's errors may come from another realm, as under test runners. */
export function reasonOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : String(cause);
}

/** The code of a system error, such as `ENOENT`; empty for any other error. */
export function systemCode(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}
