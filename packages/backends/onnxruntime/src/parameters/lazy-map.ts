/**
 * A map whose values are read when they are asked for, each time anew: none is held here, and what a caller does with one stays with the
 * caller. Names are unique.
 */
export function lazyMap<Value>(names: readonly string[], read: (name: string) => Value): ReadonlyMap<string, Value> {
  const known = new Set(names);
  const entries = function* (): Generator<[string, Value], undefined> {
    for (const name of known) yield [name, read(name)];
  };
  const values = function* (): Generator<Value, undefined> {
    for (const name of known) yield read(name);
  };
  const map: ReadonlyMap<string, Value> = {
    size: known.size,
    has: (name) => known.has(name),
    get: (name) => (known.has(name) ? read(name) : undefined),
    keys: () => known.keys(),
    values,
    entries,
    forEach: (visit) => { for (const [name, value] of entries()) visit(value, name, map); },
    [Symbol.iterator]: entries,
  };
  return map;
}
