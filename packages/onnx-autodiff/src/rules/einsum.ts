import { attributeString, stringAttribute } from '@pellucid/onnx-graph';
import { expandAxes, knownShape, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';

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

/**
 * A sum of products is linear in each operand: its gradient is the sum of products of dy and the other operands, spread over what the operand alone
 * was summed over.
 */
export const einsum: GradientRule = ({ emit, node, dy, inputs, wanted }) => {
  const equation = attributeString(node, 'equation', '');
  const { terms, result } = parseEquation(emit, equation, inputs);
  if (terms.some((term) => new Set(term).size < term.length)) return emit.fail(`an operand repeats an axis in \`${equation}\``, 'Write the diagonal as an operator of its own.');
  const parts = inputs.map((_, i) => withoutSpread(emit, inputs, terms, i));
  return inputs.map((x, i) => {
    if (!wanted[i]) return null;
    const others = inputs.flatMap((other, k) => (k === i ? [] : [squeeze(emit, other, parts[k]?.axes ?? [])]));
    const otherLetters = parts.flatMap(({ letters }, k) => (k === i ? [] : [letters]));
    const { axes, letters } = parts[i]!;
    const reached = [...letters].filter((letter) => result.includes(letter) || otherLetters.some((term) => term.includes(letter)));
    const sum = emit.op('Einsum', [dy, ...others], [stringAttribute('equation', `${[result, ...otherLetters].join(',')}->${reached.join('')}`)]);
    const alone = [...(terms[i] ?? '')].flatMap((letter, axis) => (axes.includes(axis) || reached.includes(letter) ? [] : [axis]));
    const whole = unsqueeze(emit, sum, [...axes, ...alone].sort((a, b) => a - b));
    return alone.length === 0 ? whole : expandAxes(emit, whole, x, alone);
  });
};
