import { choiceOption, type MetricCurves, type OptionSpec } from '@pellucid/core';

/** In which order pixels or regions go. All scores are turned so that higher is better. */
export type RemovalOrder = SingleOrder | 'combined';

/** Most relevant first, least relevant first, or at random. */
export type SingleOrder = 'morf' | 'lerf' | 'random';

/** The option that chooses it. */
export function orderOption(fallback: RemovalOrder): OptionSpec<RemovalOrder> {
  return choiceOption(['morf', 'lerf', 'combined', 'random'], fallback, 'Most relevant first, least relevant first, half the sum of both scores, or a random order as a control.');
}

const combine = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => (value - b[i]!) / 2);
// 0 - x, as the negative of no fall is no fall: 0, not -0.
const negate = (values: Float64Array): Float64Array => values.map((value) => 0 - value);

/** Falls and their means for an order: as they are, negative for the least relevant first, half the difference of both orders for `combined`. */
export async function turnFalls(order: RemovalOrder, fallsOf: (order: SingleOrder) => Promise<MetricCurves>): Promise<MetricCurves> {
  if (order === 'morf' || order === 'random') return fallsOf(order);
  const lerf = await fallsOf('lerf');
  if (order === 'lerf') return { scores: negate(lerf.scores), at: lerf.at, curves: lerf.curves.map(negate) };
  const morf = await fallsOf('morf');
  return { scores: combine(morf.scores, lerf.scores), at: morf.at, curves: morf.curves.map((curve, sample) => combine(curve, lerf.curves[sample]!)) };
}
