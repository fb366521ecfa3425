/** Number of single-letter edits between two names (Levenshtein distance). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, replaced));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** A sentence that offers the known names closest to an unknown one: `Did you mean a, b?` or the list of all when few. */
export function suggestNames(unknown: string, known: readonly string[], most = 3): string {
  if (known.length === 0) return 'There are none.';
  const wanted = unknown.toLowerCase();
  const scored = known
    .map((name) => {
      const lower = name.toLowerCase();
      const contained = lower.includes(wanted) || wanted.includes(lower);
      return { name, distance: contained ? 0 : editDistance(wanted, lower) };
    })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most);
  const quoted = scored.map(({ name }) => `\`${name}\``).join(', ');
  return known.length <= most ? `There is: ${quoted}.` : `Did you mean ${quoted}?`;
}
