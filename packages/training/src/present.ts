/** A value that is there by construction. */
export function present<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`internal: there is no ${what}`);
  return value;
}
