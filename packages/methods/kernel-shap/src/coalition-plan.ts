import type { RandomStream } from '@pellucid/core';

/** Which coalitions are asked about: some sizes completely, the others by random pairs of a coalition and its complement. */
export interface CoalitionPlan {
  readonly features: number;
  /** Rows of zeros and ones, and the weight of each. */
  readonly enumerated: Uint8Array;
  readonly weights: Float64Array;
  /** The sizes that are left to chance, up to half the features, with the weight of both a size and its opposite. */
  readonly sampledSizes: readonly number[];
  readonly sampledWeights: readonly number[];
  /** Random pairs that the budget leaves. */
  readonly pairs: number;
}

/** The weight of all coalitions of a size together: (F - 1) / (s (F - s)), from equation 5 of the paper times their number. */
const sizeWeight = (features: number, size: number): number => (features - 1) / (size * (features - size));

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.round(result);
}

/** Calls back with every set of `size` features, in lexicographic order. */
function forEachSubset(features: number, size: number, visit: (members: readonly number[]) => void): void {
  const members = Array.from({ length: size }, (_, i) => i);
  for (;;) {
    visit(members);
    let place = size - 1;
    while (place >= 0 && members[place] === features - size + place) place--;
    if (place < 0) return;
    members[place]! += 1;
    for (let i = place + 1; i < size; i++) members[i] = members[i - 1]! + 1;
  }
}

/** A row for each set of a size, and where the opposite size is another one, for each complement. */
function enumerateSize(features: number, size: number): Uint8Array[] {
  const rows: Uint8Array[] = [];
  forEachSubset(features, size, (members) => {
    const row = new Uint8Array(features);
    for (const member of members) row[member] = 1;
    rows.push(row);
    if (2 * size !== features) rows.push(row.map((value) => 1 - value));
  });
  return rows;
}

/**
 * Spends a budget of coalitions: whole sizes from the outside in, as long as their share of the weight pays for all of them, then random pairs. The
 * single features and their complements always come whole: they make the regression solvable.
 */
export function planCoalitions(features: number, budget: number): CoalitionPlan {
  const half = Math.floor(features / 2);
  const sizes = Array.from({ length: half }, (_, i) => i + 1);
  const weightOf = (size: number): number => sizeWeight(features, size) * (2 * size === features ? 1 : 2);
  const rows: Uint8Array[] = [];
  const weights: number[] = [];
  let left = budget;
  while (sizes.length > 0) {
    const [size = 0] = sizes;
    const share = weightOf(size) / sizes.reduce((sum, other) => sum + weightOf(other), 0);
    const number = binomial(features, size) * (2 * size === features ? 1 : 2);
    if (number > left || (size > 1 && number > share * left)) break;
    sizes.shift();
    left -= number;
    rows.push(...enumerateSize(features, size));
    for (let i = 0; i < number; i++) weights.push(weightOf(size) / number);
  }
  const enumerated = new Uint8Array(rows.length * features);
  rows.forEach((row, i) => { enumerated.set(row, i * features); });
  const pairs = sizes.length === 0 ? 0 : Math.floor(left / 2);
  return { features, enumerated, weights: Float64Array.from(weights), sampledSizes: sizes, sampledWeights: sizes.map(weightOf), pairs };
}

/** One random coalition of the sizes that were not enumerated, and its complement: two rows. */
export function drawPair({ features, sampledSizes, sampledWeights }: CoalitionPlan, { uniform, permutation }: RandomStream): Uint8Array {
  let at = uniform() * sampledWeights.reduce((a, b) => a + b, 0);
  const place = sampledWeights.findIndex((weight) => (at -= weight) < 0);
  const size = sampledSizes[place < 0 ? sampledSizes.length - 1 : place] ?? 1;
  const pair = new Uint8Array(2 * features);
  pair.fill(1, features);
  for (const member of permutation(features).slice(0, size)) {
    pair[member] = 1;
    pair[features + member] = 0;
  }
  return pair;
}
