import type { NodeProto } from '@pellucid/onnx-graph';
import type { RuleContext } from './gradient-rule.ts';

/** Attributes that name axes. */
const AXES: ReadonlySet<string> = new Set(['axes', 'axis', 'batch_axis', 'batch_dims', 'perm', 'start', 'end', 'time_axis']);
/** Attributes that count windows, groups or parts. */
const COUNTS: ReadonlySet<string> = new Set([
  'block_shape', 'blocksize', 'dilations', 'group', 'hidden_size', 'kernel_shape', 'kv_num_heads', 'num_groups', 'num_heads', 'num_outputs', 'output_height', 'output_padding', 'output_width',
  'pads', 'q_num_heads', 'sampling_ratio', 'size', 'split', 'strides',
]);

/** Far above what any network has; rules make lists of so many numbers. */
const MOST_AXES = 64;
const MOST_COUNTED = 2 ** 20;
const LONGEST_AXIS = 2 ** 26;

const numbersOf = ({ i, ints }: NodeProto['attribute'][number]): readonly number[] => [...ints, i].map(Number);

/** What makes a node impossible, as the end of a sentence, or `null`: damaged files hold numbers that would fill the memory. */
export function nodeProblem({ node, types }: RuleContext): string | null {
  for (const attribute of node.attribute) {
    const most = AXES.has(attribute.name) ? MOST_AXES : COUNTS.has(attribute.name) ? MOST_COUNTED : Infinity;
    const wrong = numbersOf(attribute).find((value) => Math.abs(value) > most);
    if (wrong !== undefined) return `its attribute \`${attribute.name}\` holds ${wrong}`;
    const windows = attribute.name === 'kernel_shape' ? attribute.ints.reduce((product, length) => product * Number(length), 1) : 1;
    if (windows > MOST_COUNTED) return `its windows have ${windows} elements`;
  }
  const long = types.flatMap((type) => type?.shape ?? []).find((length) => typeof length === 'number' && length > LONGEST_AXIS);
  return long === undefined ? null : `an axis of its inputs has the length ${long}`;
}
