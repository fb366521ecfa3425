import type * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';

/** A layer, with the parts that have no public type. */
export interface Layer extends layers.Layer {
  /** The function that a layer applies to its result. */
  activation?: Activation | null;
  readonly dataFormat?: string;
}

/** What a layer applies to its result. */
export interface Activation {
  readonly apply: (value: tf.Tensor) => tf.Tensor;
  readonly getClassName: () => string;
}

/** A layer that holds others. */
interface Container extends Layer {
  readonly layers: Layer[];
  readonly inputs: SymbolicTensor[];
  readonly outputs: SymbolicTensor[];
}

const isContainer = (layer: Layer): layer is Container => 'layers' in layer && 'outputs' in layer;

/** A layer that computes something itself, and the models around it. */
export interface Leaf {
  readonly layer: Layer;
  /** From the outermost model inwards, the layer's own name last. */
  readonly path: readonly string[];
}

/** Every layer that computes something, also inside nested models; each object once. */
export function collectLeaves(model: LayersModel): Leaf[] {
  const seen = new Set<Layer>();
  const visit = (layer: Layer, path: readonly string[]): Leaf[] => {
    if (seen.has(layer) || layer.getClassName() === 'InputLayer') return [];
    seen.add(layer);
    if (isContainer(layer)) return layer.layers.flatMap((inner) => visit(inner, [...path, inner.name]));
    return [{ layer, path }];
  };
  return model.layers.flatMap((layer) => visit(layer as Layer, [layer.name]));
}

/** The name of the function that a layer applies, such as `relu`. */
export function activationName(layer: Layer): string | undefined {
  return layer.activation?.getClassName();
}

/** Layers that pass scores on without changing their values at inference. */
const TRANSPARENT: ReadonlySet<string> = new Set(['Dropout', 'Flatten', 'Reshape']);

/** The innermost layer that writes a symbolic tensor. */
function writerOf(tensor: SymbolicTensor): Layer {
  const layer = tensor.sourceLayer as Layer;
  return isContainer(layer) ? writerOf(layer.outputs[tensor.outputTensorIndex ?? 0]!) : layer;
}

/** Functions that turn scores into probabilities, each class by itself or, `true`, all together. */
const PROBABILITIES: ReadonlyMap<string, boolean> = new Map([['logSoftmax', true], ['sigmoid', false], ['softmax', true]]);

/**
 * The layer with which a softmax or sigmoid ends the model: `Softmax`, `Activation`, or one that applies it to its own result. Undefined
 * where the output is no probabilities.
 * @param covers - whether a softmax over the output's last axis is over all its values
 */
export function finalProbabilities(model: LayersModel, covers: boolean): Layer | undefined {
  let layer = writerOf(model.outputs[0]!);
  while (TRANSPARENT.has(layer.getClassName())) {
    const source = layer.inboundNodes[0]?.inputTensors[0];
    if (source === undefined) return undefined;
    layer = writerOf(source);
  }
  const together = layer.getClassName() === 'Softmax' ? true : PROBABILITIES.get(activationName(layer) ?? '');
  return together === undefined || (together && !covers) ? undefined : layer;
}

/** What is called in place of a layer's own computation. */
export type Intercept = (leaf: Leaf, inputs: tf.Tensor[], compute: () => tf.Tensor | tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** Runs a synchronous pass in which every leaf goes through `intercept`. The layers are as before when it returns. */
export function intercepting<Result>(leaves: readonly Leaf[], intercept: Intercept, pass: () => Result): Result {
  const restore: (() => void)[] = [];
  try {
    for (const leaf of leaves) {
      const { layer } = leaf;
      const own = Object.getOwnPropertyDescriptor(layer, 'call');
      const original = layer.call.bind(layer);
      layer.call = (inputs, kwargs) => intercept(leaf, Array.isArray(inputs) ? inputs : [inputs], () => original(inputs, kwargs));
      restore.push(() => {
        if (own === undefined) Reflect.deleteProperty(layer, 'call');
        else Object.defineProperty(layer, 'call', own);
      });
    }
    return pass();
  } finally {
    restore.forEach((undo) => {
      undo();
    });
  }
}

const LINEAR: Activation = { apply: (value) => value, getClassName: () => 'linear' };

/** Computes a layer without the function that it applies to its result. */
export function withoutActivation(layer: Layer, compute: () => tf.Tensor | tf.Tensor[]): tf.Tensor {
  const result = withActivation(layer, LINEAR, compute);
  return Array.isArray(result) ? result[0]! : result;
}

/** Computes a layer with another function in place of the one that it applies to its result. */
export function withActivation<Result>(layer: Layer, replacement: Activation, compute: () => Result): Result {
  const { activation } = layer;
  layer.activation = replacement;
  try {
    return compute();
  } finally {
    if (activation === undefined) delete layer.activation;
    else layer.activation = activation;
  }
}

/** Frees a model. Its own `dispose` forgets the weights of models inside it. */
export function disposeAll(model: LayersModel): void {
  const values = model.weights.map((weight) => weight.read());
  model.dispose();
  for (const value of values) if (!value.isDisposed) value.dispose();
}
