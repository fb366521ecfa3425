import { attributeString, intAttribute, stringAttribute } from '@pellucid/onnx-graph';
import { expandAxes, knownShape, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { positionsAlong } from './linear-maps.ts';

/** Letters for the axes of an ellipsis, counted from the right; few enough to be free in any equation that is written by hand. */
const SPARE = [...'ZYXWVUTSRQPONMLKJIHGFEDCBA'];

/** The letters of each operand and of the result, an ellipsis spelled out. */
function parseEquation(emit: Emitter, equation: string, inputs: readonly string[]): { terms: string[]; result: string } {
  const [left = '', right] = equation.replaceAll(' ', '').split('->');
  const spare = SPARE.filter((letter) => !equation.includes(letter));
  let most = 0;
  const terms = left.split(',').map((term, i) => {
    if (!term.includes('...')) return term;
    const count = knownShape(emit, inputs[i] ?? '').length - (term.length - 3);
    most = Math.max(most, count);
    return term.replace('...', spare.slice(0, count).reverse().join(''));
  });
  const ellipsis = spare.slice(0, most).reverse().join('');
  const letters = [...left.replaceAll(/[,.]/g, '')];
  const implicit = `...${letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort().join('')}`;
  return { terms, result: (right ?? implicit).replace('...', ellipsis) };
}

/** An operand without the axes of length 1 along which it is spread over the others. */
function withoutSpread(emit: Emitter, inputs: readonly string[], terms: readonly string[], i: number): { axes: number[]; letters: string } {
  const letters = terms[i] ?? '';
  const axes = [...letters].flatMap((letter, axis) => {
    if (knownShape(emit, inputs[i] ?? '')[axis] !== 1) return [];
    const others = terms.map((term, k) => (k === i || !term.includes(letter) ? 1 : knownShape(emit, inputs[k] ?? '')[term.indexOf(letter)]));
    return others.some((length) => length !== 1) ? [axis] : [];
  });
  return { axes, letters: [...letters].filter((_, axis) => !axes.includes(axis)).join('') };
}

/** Where a letter stands in a term for the second time or later: [the first place, this place]. */
const repeats = (term: string): (readonly [first: number, again: number])[] =>
  [...term].flatMap((letter, axis) => (term.indexOf(letter) < axis ? [[term.indexOf(letter), axis] as const] : []));

/** The axes that a term repeats put back, in order: of them the gradient reaches the diagonal alone. */
function ontoDiagonals(emit: Emitter, dx: string, x: string, term: string): string {
  let whole = dx;
  for (const [first, again] of repeats(term)) {
    whole = unsqueeze(emit, whole, [again]);
    const rank = knownShape(emit, whole).length;
    const along = (axis: number): string =>
      emit.op('Reshape', [positionsAlong(emit, x, axis), emit.integers([-1, ...Array.from({ length: rank - 1 - axis }, () => 1)])]);
    const same = emit.op('Equal', [along(first), along(again)]);
    whole = emit.op('Mul', [whole, emit.op('Cast', [same], [intAttribute('to', emit.typeOf(x).elementType)])]);
  }
  return whole;
}

/**
 * A sum of products is linear in each operand: its gradient is the sum of products of dy and the other operands, spread over what the operand alone
 * was summed over.
 */
export const einsum: GradientRule = ({ emit, node, dy, inputs, wanted }) => {
  const { terms, result } = parseEquation(emit, attributeString(node, 'equation', ''), inputs);
  const parts = inputs.map((_, i) => withoutSpread(emit, inputs, terms, i));
  return inputs.map((x, i) => {
    if (!wanted[i]) return null;
    const others = inputs.flatMap((other, k) => (k === i ? [] : [squeeze(emit, other, parts[k]?.axes ?? [])]));
    const otherLetters = parts.flatMap(({ letters }, k) => (k === i ? [] : [letters]));
    const { letters } = parts[i]!;
    const reached = [...new Set(letters)].filter((letter) => result.includes(letter) || otherLetters.some((term) => term.includes(letter)));
    const sum = emit.op('Einsum', [dy, ...others], [stringAttribute('equation', `${[result, ...otherLetters].join(',')}->${reached.join('')}`)]);
    const term = terms[i] ?? '';
    const missing = [...new Set(term)].flatMap((letter, axis) => (reached.includes(letter) ? [] : [axis]));
    const whole = ontoDiagonals(emit, unsqueeze(emit, sum, missing), x, term);
    const summed = [...term].flatMap((letter, axis) => (letters.includes(letter) && !reached.includes(letter) ? [axis] : []));
    return summed.length === 0 ? whole : expandAxes(emit, whole, x, summed);
  });
};
