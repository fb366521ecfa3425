import { attributeInt, intAttribute } from '@pellucid/onnx-graph';
import { knownShape, unsqueeze, type Emitter } from '../engine/emitter.ts';
import { joinHeads, splitHeads } from './attention.ts';
import type { Composition } from './composition.ts';

/** Every `step`-th value of the last axis of heads [B, H, L, D] in a range. */
const along = (emit: Emitter, x: string, from: number, to: number, step = 1): string =>
  emit.op('Slice', [x, emit.integers([from]), emit.integers([to]), emit.integers([3]), emit.integers([step])]);

/** Pairs of channels turned by angles that grow with the position (Su et al. 2021): the first half of channels with the second, or neighbours. */
export const rotaryEmbedding: Composition = (emit, { node, inputs: [x = '', cosines = '', sines = '', positions = ''] }) => {
  const joined = knownShape(emit, x).length === 3;
  const heads = joined ? splitHeads(emit, x, attributeInt(node, 'num_heads', 1)) : x;
  const last = knownShape(emit, x).at(-1);
  const width = typeof last === 'number' ? last / (joined ? attributeInt(node, 'num_heads', 1) : 1) : emit.fail('the size of its heads is not known');
  const turned = attributeInt(node, 'rotary_embedding_dim', 0) || width;
  const angles = (cache: string): string => unsqueeze(emit, positions === '' ? cache : emit.op('Gather', [cache, positions], [intAttribute('axis', 0)]), [1]);
  const [cosine, sine] = [angles(cosines), angles(sines)];
  const neighbours = attributeInt(node, 'interleaved', 0) === 1;
  const first = neighbours ? along(emit, heads, 0, turned, 2) : along(emit, heads, 0, turned / 2);
  const second = neighbours ? along(emit, heads, 1, turned, 2) : along(emit, heads, turned / 2, turned);
  const times = (a: string, b: string): string => emit.op('Mul', [a, b]);
  const real = emit.op('Sub', [times(cosine, first), times(sine, second)]);
  const imaginary = emit.op('Add', [times(sine, first), times(cosine, second)]);
  const pairs = neighbours
    ? emit.op('Reshape', [emit.op('Concat', [unsqueeze(emit, real, [4]), unsqueeze(emit, imaginary, [4])], [intAttribute('axis', 4)]), emit.integers([0, 0, 0, -1])])
    : emit.op('Concat', [real, imaginary], [intAttribute('axis', 3)]);
  const whole = turned === width ? pairs : emit.op('Concat', [pairs, along(emit, heads, turned, width)], [intAttribute('axis', 3)]);
  return [joined ? joinHeads(emit, whole) : whole];
};
