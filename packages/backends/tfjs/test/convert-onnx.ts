import {
  attributeFloat, attributeInt, attributeInts, inferShapes, readModel, tensorShape, tensorValues, type NodeProto, type OnnxModel,
} from '@pellucid/onnx-graph';
import type { JoinedModel } from './contract-models.ts';

/** Values of a stored tensor. */
interface Stored {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type Attributes = Readonly<Record<string, unknown>>;
type Type = 'float32' | 'int32';

const typeOf = (type: Type): Attributes => ({ type: type === 'float32' ? 'DT_FLOAT' : 'DT_INT32' });
const text = (value: string): Attributes => ({ s: Buffer.from(value).toString('base64') });
const integers = (list: readonly number[]): Attributes => ({ list: { i: list.map(String) } });

/** The same values with the axes in another order: axis i of the result is axis `order[i]`. */
function transposed({ shape, data }: Stored, order: readonly number[]): Stored {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const target = order.map((axis) => shape[axis]!);
  const result = Float32Array.from(data, (_, place) => {
    let rest = place;
    let from = 0;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += (rest % target[axis]!) * strides[order[axis]!]!;
      rest = Math.floor(rest / target[axis]!);
    }
    return data[from]!;
  });
  return { shape: target, data: result };
}

/** A graph model under construction: channels last, what was a Conv and a Relu fused as the converter fuses them. */
class GraphBuilder {
  readonly nodes: Attributes[] = [];
  readonly weights: { readonly name: string; readonly value: Stored; readonly type: Type }[] = [];
  /** What reads a tensor of the ONNX graph reads here. */
  readonly names = new Map<string, string>();

  constant(name: string, value: Stored, type: Type = 'float32'): string {
    if (!this.weights.some((weight) => weight.name === name)) {
      this.weights.push({ name, value, type });
      this.nodes.push({ name, op: 'Const', input: [], attr: { dtype: typeOf(type) } });
    }
    return name;
  }

  list(name: string, values: readonly number[]): string {
    return this.constant(name, { shape: [values.length], data: Float32Array.from(values) }, 'int32');
  }

  node(name: string, op: string, input: readonly string[], attr: Attributes = {}): string {
    this.nodes.push({ name, op, input, attr: { T: typeOf('float32'), ...attr } });
    return name;
  }

  bytes(): JoinedModel {
    const parts = this.weights.map(({ value, type }) => new Uint8Array(type === 'int32' ? Int32Array.from(value.data).buffer : value.data.slice().buffer));
    const weightsManifest = [{ paths: ['weights.bin'], weights: this.weights.map(({ name, value, type }) => ({ name, shape: value.shape, dtype: type })) }];
    return { modelJson: JSON.stringify({ format: 'graph-model', modelTopology: { node: this.nodes, versions: {} }, weightsManifest }), weights: Buffer.concat(parts) };
  }
}

/** One node of the ONNX graph in the graph model; gives the name of its result. */
type Translate = (builder: GraphBuilder, node: NodeProto, context: Context) => string;

interface Context {
  readonly stored: (name: string) => Stored;
  readonly shapeOf: (name: string) => readonly unknown[];
  /** Fuse activations and biases, as newer converters do. */
  readonly fused: boolean;
}

const square = (values: readonly number[]): readonly number[] => [1, ...values, 1];

/** Whether zeros are added as TensorFlow does it for the same size: the converter writes all other padding as an operation of its own. */
function keepsSize(node: NodeProto, [, , height = 1, width = 1]: readonly number[]): boolean {
  const pads = attributeInts(node, 'pads', [0, 0, 0, 0]);
  const [rows, columns] = [(height - 1) / 2, (width - 1) / 2];
  return attributeInts(node, 'strides', [1, 1]).every((stride) => stride === 1) && pads.join() === [rows, columns, rows, columns].join();
}

/** Zeros around an image; the image itself where there are none. */
function padded(builder: GraphBuilder, node: NodeProto, x: string): string {
  const [top = 0, left = 0, bottom = 0, right = 0] = attributeInts(node, 'pads', [0, 0, 0, 0]);
  if (top + left + bottom + right === 0) return x;
  const name = `${node.output[0]!}/pad`;
  const pads = builder.constant(`${name}/pads`, { shape: [4, 2], data: Float32Array.of(0, 0, top, bottom, left, right, 0, 0) }, 'int32');
  return builder.node(name, 'Pad', [x, pads]);
}

const convolution: Translate = (builder, node, { stored, fused }) => {
  const [x = '', w = '', b = ''] = node.input;
  const output = node.output[0]!;
  const filter = stored(w);
  const depthwise = attributeInt(node, 'group', 1) > 1;
  if (depthwise && filter.shape[1] !== 1) throw new Error('grouped convolutions are not converted');
  const kernel = builder.constant(`${output}/kernel`, transposed(filter, depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]));
  const attr = {
    strides: integers(square(attributeInts(node, 'strides', [1, 1]))), dilations: integers(square(attributeInts(node, 'dilations', [1, 1]))),
    padding: text(keepsSize(node, filter.shape) ? 'SAME' : 'VALID'), data_format: text('NHWC'),
  };
  const given = builder.names.get(x) ?? x;
  const from = keepsSize(node, filter.shape) ? given : padded(builder, node, given);
  const bias = b === '' ? null : builder.constant(`${output}/bias`, stored(b));
  if (bias === null || !fused) {
    const plain = builder.node(`${output}/plain`, depthwise ? 'DepthwiseConv2dNative' : 'Conv2D', [from, kernel], attr);
    return bias === null ? plain : builder.node(output, 'BiasAdd', [plain, bias], { data_format: text('NHWC') });
  }
  const fusing = { fused_ops: { list: { s: [Buffer.from('BiasAdd').toString('base64')] } }, num_args: { i: '1' }, epsilon: { f: 0 } };
  return builder.node(output, depthwise ? 'FusedDepthwiseConv2dNative' : '_FusedConv2D', [from, kernel, bias], { ...attr, ...fusing });
};

const dense: Translate = (builder, node, { stored, fused }) => {
  const [x = '', w = '', b = ''] = node.input;
  const output = node.output[0]!;
  const matrix = stored(w);
  const kernel = builder.constant(`${output}/kernel`, attributeInt(node, 'transB', 0) === 1 ? transposed(matrix, [1, 0]) : matrix);
  const bias = builder.constant(`${output}/bias`, stored(b));
  const attr = { transpose_a: { b: false }, transpose_b: { b: false } };
  const from = builder.names.get(x) ?? x;
  if (!fused) return builder.node(output, 'BiasAdd', [builder.node(`${output}/plain`, 'MatMul', [from, kernel], attr), bias]);
  const fusing = { fused_ops: { list: { s: [Buffer.from('BiasAdd').toString('base64')] } }, num_args: { i: '1' }, epsilon: { f: 0 } };
  return builder.node(output, '_FusedMatMul', [from, kernel, bias], { ...attr, ...fusing });
};

const normalization: Translate = (builder, node, { stored }) => {
  const [x = '', ...parameters] = node.input;
  const output = node.output[0]!;
  const constants = parameters.map((name) => builder.constant(`${output}/${name}`, stored(name)));
  return builder.node(output, 'FusedBatchNormV3', [builder.names.get(x) ?? x, ...constants], { epsilon: { f: attributeFloat(node, 'epsilon', 1e-5) }, data_format: text('NHWC'), is_training: { b: false } });
};

const maxPool: Translate = (builder, node) => {
  const attr = {
    ksize: integers(square(attributeInts(node, 'kernel_shape', [1, 1]))), strides: integers(square(attributeInts(node, 'strides', [1, 1]))),
    padding: text('VALID'), data_format: text('NHWC'),
  };
  return builder.node(node.output[0]!, 'MaxPool', [builder.names.get(node.input[0]!) ?? node.input[0]!], attr);
};

/** An image lies channels first when it is flattened. */
const flatten: Translate = (builder, node, { shapeOf }) => {
  const [x = ''] = node.input;
  const output = node.output[0]!;
  const from = builder.names.get(x) ?? x;
  const turned = shapeOf(x).length === 4 ? builder.node(`${output}/turned`, 'Transpose', [from, builder.list(`${output}/order`, [0, 3, 1, 2])]) : from;
  return builder.node(output, 'Reshape', [turned, builder.list(`${output}/shape`, [-1, Number(shapeOf(output)[1])])]);
};

const plain = (op: string): Translate => (builder, node) => builder.node(node.output[0]!, op, node.input.map((name) => builder.names.get(name) ?? name));
const activation = (op: string): Translate => (builder, node) => builder.node(node.output[0]!, op, [builder.names.get(node.input[0]!) ?? node.input[0]!]);

const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  Add: plain('AddV2'),
  BatchNormalization: normalization,
  // Every Clip of these networks is a ReLU6.
  Clip: activation('Relu6'),
  Conv: convolution,
  Flatten: flatten,
  Gemm: dense,
  GlobalAveragePool: (builder, node) => {
    const output = node.output[0]!;
    return builder.node(output, 'Mean', [builder.names.get(node.input[0]!) ?? node.input[0]!, builder.list(`${output}/axes`, [1, 2])], { keep_dims: { b: true } });
  },
  HardSigmoid: (builder, node) => {
    const [output, x] = [node.output[0]!, node.input[0]!];
    const three = builder.constant('three', { shape: [], data: Float32Array.of(3) });
    const sixth = builder.constant('sixth', { shape: [], data: Float32Array.of(1 / 6) });
    const bounded = builder.node(`${output}/bounded`, 'Relu6', [builder.node(`${output}/moved`, 'AddV2', [builder.names.get(x) ?? x, three])]);
    return builder.node(output, 'Mul', [bounded, sixth]);
  },
  MaxPool: maxPool,
  Mul: plain('Mul'),
  Relu: activation('Relu'),
  Tanh: activation('Tanh'),
};

/** The part of an ONNX model that these networks use, as a graph model with the same values, channels last. */
export function asTfjsGraph(file: Uint8Array, fused: boolean): JoinedModel {
  const model: OnnxModel = readModel(file, 'golden');
  const { graph } = model;
  const builder = new GraphBuilder();
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const stored = (name: string): Stored => {
    const tensor = initializers.get(name);
    if (tensor === undefined) throw new Error(`\`${name}\` is not stored`);
    return { shape: tensorShape(tensor), data: Float32Array.from(tensorValues(tensor), Number) };
  };
  const types = inferShapes(model);
  const shapeOf = (name: string): readonly unknown[] => types.get(name)?.shape ?? [];
  const input = graph.input[0]!.name;
  const [, channels, ...extent] = shapeOf(input);
  const dimensions = [-1, ...extent, channels].map((size) => ({ size: String(size) }));
  builder.nodes.push({ name: 'input', op: 'Placeholder', input: [], attr: { dtype: typeOf('float32'), shape: { shape: { dim: dimensions } } } });
  builder.names.set(input, 'input');
  for (const node of graph.node) {
    if (node.opType === 'Constant') continue;
    const translate = TRANSLATIONS[node.opType];
    if (translate === undefined) throw new Error(`${node.opType} is not converted`);
    builder.names.set(node.output[0]!, translate(builder, node, { stored, fused, shapeOf }));
  }
  return builder.bytes();
}
