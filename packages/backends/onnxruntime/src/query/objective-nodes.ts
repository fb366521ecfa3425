import type { GradientQuery, Objective, Tensor } from '@pellucid/core';
import { ElementType, intAttribute, makeNode, makeTensor, makeValueInfo, type Dimension, type GraphParts } from '@pellucid/onnx-graph';

/**
 * How the derivative of an objective with respect to the logits comes to be: fed as it is, or computed inside the graph from the
 * logits and fed one-hot targets.
 */
export type ObjectiveFamily = 'fed' | 'probability' | 'log-probability' | 'margin';

/** Which family an objective belongs to: one whose derivative does not depend on the logits is fed. */
export function objectiveFamily(objective: Objective): ObjectiveFamily {
  if (objective.kind === 'probability' || objective.kind === 'log-probability') return objective.kind;
  return objective.kind === 'margin' && objective.against === undefined ? 'margin' : 'fed';
}

/** What is added to a graph for an objective: `fed` is the new input and `cotangent` the derivative, both [N, classes]. */
export interface ObjectiveNodes {
  readonly fed: string;
  readonly cotangent: string;
  readonly parts: GraphParts;
}

// Below every logit that a network gives, and far from overflow when subtracted.
const UNREACHABLE = 1e30;

/** Names for the nodes, constants and inputs that are added. */
type Names = (wanted: string) => string;

/** d p_t = p_t (e_t - p) and d log p_t = e_t - p, with p the softmax and e_t the one-hot target. */
function probabilityParts(family: ObjectiveFamily, logits: string, fed: string, cotangent: string, classes: number, name: Names): GraphParts {
  const probabilities = name('objective/probabilities');
  const softmax = makeNode('Softmax', [logits], [probabilities], [intAttribute('axis', 1)]);
  if (family === 'log-probability') return { node: [softmax, makeNode('Sub', [fed, probabilities], [cotangent])] };
  const [difference, chosen, ones, scale] = ['difference', 'chosen', 'ones', 'scale'].map((part) => name(`objective/${part}`)) as [
    string, string, string, string,
  ];
  return {
    initializer: [makeTensor(ones, ElementType.FLOAT, [classes, 1], new Array<number>(classes).fill(1))],
    node: [
      softmax,
      makeNode('Sub', [fed, probabilities], [difference]),
      makeNode('Mul', [fed, probabilities], [chosen]),
      // A product with ones sums the row in every opset; ReduceSum changed its signature in 13.
      makeNode('MatMul', [chosen, ones], [scale]),
      makeNode('Mul', [difference, scale], [cotangent]),
    ],
  };
}

/** e_t - e_r, r being the first of the highest logits other than the target's. Uses only what opset 7 has. */
function marginParts(logits: string, fed: string, cotangent: string, classes: number, name: Names): GraphParts {
  const [far, shift, others, rival, positions, isRival, oneHot] = ['far', 'shift', 'others', 'rival', 'positions', 'is-rival', 'one-hot'].map(
    (part) => name(`objective/${part}`),
  ) as [string, string, string, string, string, string, string];
  return {
    initializer: [
      makeTensor(far, ElementType.FLOAT, [1], [UNREACHABLE]),
      makeTensor(positions, ElementType.INT64, [classes], Array.from({ length: classes }, (_, i) => i)),
    ],
    node: [
      makeNode('Mul', [fed, far], [shift]),
      makeNode('Sub', [logits, shift], [others]),
      makeNode('ArgMax', [others], [rival], [intAttribute('axis', 1), intAttribute('keepdims', 1)]),
      makeNode('Equal', [rival, positions], [isRival]),
      makeNode('Cast', [isRival], [oneHot], [intAttribute('to', ElementType.FLOAT)]),
      makeNode('Sub', [fed, oneHot], [cotangent]),
    ],
  };
}

/** A derivative that is fed as it is, of this shape. */
export function fedCotangent(shape: readonly Dimension[], name: Names): ObjectiveNodes {
  const fed = name('objective/cotangent');
  return { fed, cotangent: fed, parts: { input: [makeValueInfo(fed, { elementType: ElementType.FLOAT, shape })] } };
}

/** The nodes that turn what is fed into the derivative of the objective with respect to `logits` [N, classes]. */
export function objectiveNodes(
  family: ObjectiveFamily, logits: string, shape: readonly [batch: Dimension, classes: number], name: Names,
): ObjectiveNodes {
  const [, classes] = shape;
  if (family === 'fed') return fedCotangent(shape, name);
  const fed = name('objective/targets');
  const input = [makeValueInfo(fed, { elementType: ElementType.FLOAT, shape })];
  const cotangent = name('objective/cotangent');
  const parts =
    family === 'margin'
      ? marginParts(logits, fed, cotangent, classes, name)
      : probabilityParts(family, logits, fed, cotangent, classes, name);
  return { fed, cotangent, parts: { ...parts, input } };
}

/** What is fed for an objective: its derivative, of the shape [N, classes] or of the layer it starts from, or one-hot targets where the graph computes it. */
export function objectiveFeed({ of: objective, from }: Pick<GradientQuery, 'of' | 'from'>, count: number, classes: number): Tensor {
  if (from !== undefined && objective.kind === 'cotangent') return objective.cotangent;
  const data = new Float32Array(count * classes);
  if (objective.kind === 'sum-of-logits') data.fill(1);
  else if (objective.kind === 'cotangent') data.set(objective.cotangent.data);
  else {
    objective.targets.forEach((target, sample) => {
      data[sample * classes + target]! += 1;
    });
    const against = objective.kind === 'margin' ? objective.against : undefined;
    against?.forEach((rival, sample) => {
      data[sample * classes + rival]! -= 1;
    });
  }
  return { shape: [count, classes], data };
}
