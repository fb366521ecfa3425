/** How the error is shared among the tests of a family. */
export type Correction = 'holm' | 'benjamini-hochberg' | 'none';

/**
 * p-values that can be compared with the level as they are, whatever the number of tests: Holm's hold the chance of a single false finding in the
 * family to the level, Benjamini and Hochberg's the expected share of false ones among the findings.
 * @see Holm 1979, A simple sequentially rejective multiple test procedure; Benjamini and Hochberg 1995
 */
export function adjustForMany(p: readonly number[], correction: Correction): number[] {
  if (correction === 'none') return [...p];
  const order = p.map((_, i) => i).sort((a, b) => p[a]! - p[b]!);
  const adjusted = new Array<number>(p.length).fill(1);
  if (correction === 'holm') {
    let highest = 0;
    order.forEach((test, place) => {
      highest = Math.max(highest, Math.min(1, p[test]! * (p.length - place)));
      adjusted[test] = highest;
    });
    return adjusted;
  }
  let lowest = 1;
  for (let place = order.length - 1; place >= 0; place--) {
    const test = order[place]!;
    lowest = Math.min(lowest, (p[test]! * p.length) / (place + 1));
    adjusted[test] = lowest;
  }
  return adjusted;
}
