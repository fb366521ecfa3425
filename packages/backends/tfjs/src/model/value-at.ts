/** The value of a map at a key that must be there. */
export function valueAt<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`internal: nothing is known of \`${String(key)}\``);
  return value;
}
