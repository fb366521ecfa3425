import {
  attributeFloat, attributeInt, copyWith, ElementType, inferShapes, makeNode, makeTensor, replaceParts, tensorProducers, tensorShape, tensorValues, uniqueNames,
  type NodeProto, type OnnxModel, type TensorProto, type TensorType, type WritableElementType,
} from '@pellucid/onnx-graph';

/** y = factor x + shift, per channel. */
interface ChannelMap {
  readonly factor: Float64Array;
  readonly shift: Float64Array;
}

/** Floats that the merged weights can be written in. */
const WRITABLE: readonly number[] = [ElementType.FLOAT, ElementType.DOUBLE, ElementType.FLOAT16];

type Stored = ReadonlyMap<string, TensorProto>;

/** The numbers of a stored tensor, or of one that follows from shapes: exporters write the bias that a layer lacks as computed zeros. */
type KnownNumbers = (name: string) => ArrayLike<number | bigint> | null;

function knownNumbers(model: OnnxModel, stored: Stored): KnownNumbers {
  let types: ReadonlyMap<string, TensorType> | undefined;
  return (name) => {
    const tensor = stored.get(name);
    if (tensor !== undefined) return tensorValues(tensor);
    types ??= inferShapes(model);
    const values = types.get(name)?.values?.filter((value) => typeof value === 'number');
    return values?.length === types.get(name)?.values?.length ? (values ?? null) : null;
  };
}

function channelMap(node: NodeProto, stored: Stored): ChannelMap | null {
  const trains = attributeInt(node, 'training_mode', 0) === 1 || node.output.filter((name) => name !== '').length > 1;
  const parameters = node.input.slice(1, 5).flatMap((name) => stored.get(name) ?? []);
  if (trains || attributeInt(node, 'spatial', 1) === 0 || parameters.length !== 4) return null;
  const [scale, bias, mean, variance] = parameters.map((tensor) => Float64Array.from(tensorValues(tensor), Number)) as [
    Float64Array, Float64Array, Float64Array, Float64Array,
  ];
  const epsilon = attributeFloat(node, 'epsilon', 1e-5);
  const factor = scale.map((value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
  return { factor, shift: bias.map((value, channel) => value - mean[channel]! * factor[channel]!) };
}

/** The output channel that each weight belongs to; `null` for a node whose weights are not understood. */
function channelOfWeight(node: NodeProto, shape: readonly number[]): ((index: number) => number) | null {
  const [rows = 1, columns = 1, ...kernel] = shape;
  const taps = kernel.reduce((product, length) => product * length, 1);
  const byRow = (index: number): number => Math.floor(index / (taps * columns));
  const byColumn = (index: number): number => Math.floor(index / taps) % columns;
  switch (node.opType) {
    case 'Conv':
      return byRow;
    case 'ConvTranspose': {
      const perGroup = rows / attributeInt(node, 'group', 1);
      return (index) => Math.floor(byRow(index) / perGroup) * columns + byColumn(index);
    }
    case 'Gemm':
      if (attributeFloat(node, 'beta', 1) !== 1) return null;
      return attributeInt(node, 'transB', 0) === 1 ? byRow : byColumn;
    default:
      return null;
  }
}

/** The node and its stored operands with a map of its channels merged into them; `null` where that cannot be done. */
function merge(
  node: NodeProto, output: string, { factor, shift }: ChannelMap, stored: Stored, numbers: KnownNumbers, unique: (wanted: string) => string,
): { readonly node: NodeProto; readonly tensors: readonly TensorProto[] } | null {
  const [x = '', w = '', b = ''] = node.input;
  const weights = stored.get(w);
  const bias = b === '' ? null : numbers(b);
  const channelOf = weights && channelOfWeight(node, tensorShape(weights));
  if (!channelOf || !WRITABLE.includes(weights.dataType) || (b !== '' && bias?.length !== factor.length)) return null;
  const elementType = weights.dataType as WritableElementType;
  const scaled = Float64Array.from(tensorValues(weights), (value, i) => Number(value) * factor[channelOf(i)]!);
  const shifted = shift.map((value, channel) => value + Number(bias?.[channel] ?? 0) * factor[channel]!);
  const names = [unique(`${w}/merged`), unique(`${output}/bias`)] as const;
  return {
    node: makeNode(node.opType, [x, ...names], [output], node.attribute),
    tensors: [makeTensor(names[0], elementType, tensorShape(weights), scaled), makeTensor(names[1], elementType, [factor.length], shifted)],
  };
}

/**
 * Merges batch normalisations into the convolutions and dense layers before them: w' = w s, b' = b s + t for y = s x + t. One whose input
 * is in `kept`, or comes from anything else, stays.
 */
export function mergeBatchNorm(model: OnnxModel, kept: readonly string[]): OnnxModel {
  const stored = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const producers = tensorProducers(model);
  const numbers = knownNumbers(model, stored);
  const unique = uniqueNames(model);
  const tensors: TensorProto[] = [];
  const nodes = model.graph.node.map((node) => {
    const [x = '', output = ''] = [node.input[0], node.output[0]];
    const source = producers.get(x);
    if (node.opType !== 'BatchNormalization' || source === undefined || kept.includes(x)) return node;
    const map = channelMap(node, stored);
    const merged = map && merge(source, output, map, stored, numbers, unique);
    if (!merged) return node;
    tensors.push(...merged.tensors);
    return copyWith(merged.node, { name: node.name });
  });
  if (tensors.length === 0) return model;
  return replaceParts(model, { node: nodes, initializer: [...model.graph.initializer, ...tensors] });
}
