import { assertFinite, equalShapes, formatShape, PellucidError, sizeOf, suggestNames, type LayerParameters, type ModelAdapter, type ModelParameters, type Tensor } from '@pellucid/core';
import { ElementType, makeTensor, replaceParts, tensorShape, tensorValues, type OnnxModel, type TensorProto } from '@pellucid/onnx-graph';
import { createHash } from 'node:crypto';
import type { Network } from '../model/network.ts';
import { lazyMap } from './lazy-map.ts';
import { learntTensors } from './learnt-tensors.ts';

/** Makes the adapter of a network with other weights. */
export type MakeCopy = (network: Network, hash: string) => Promise<ModelAdapter>;

/** What the caller may keep and change: never a view of the model. */
function readTensor(stored: TensorProto): Tensor {
  return { shape: tensorShape(stored), data: new Float32Array(tensorValues(stored)) };
}

function checkTensor(model: string, name: string, value: Tensor, known: ReadonlyMap<string, TensorProto>): void {
  const stored = known.get(name);
  if (stored === undefined) throw new PellucidError('LAYER_NOT_FOUND', { layer: name, model, help: suggestNames(name, [...known.keys()]) });
  const shape = tensorShape(stored);
  if (!equalShapes(shape, value.shape) || value.data.length !== sizeOf(shape)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: `value of \`${name}\``, expected: formatShape(shape), actual: `${formatShape(value.shape)} with ${value.data.length} values`, help: 'Values keep the shape that `read` gives.',
    });
  }
  assertFinite(value, `value of \`${name}\``);
}

/** The element type stays, so that the nodes which read the tensor still fit. */
function store(stored: TensorProto, name: string, { shape, data }: Tensor): TensorProto {
  return makeTensor(name, stored.dataType === Number(ElementType.FLOAT16) ? ElementType.FLOAT16 : ElementType.FLOAT, shape, data);
}

/** A model with other values for constants, wherever they stand: the file's other weights stay where they are. */
function replaceConstants(model: OnnxModel, changed: ReadonlyMap<string, TensorProto>): OnnxModel {
  const { initializer, node } = model.graph;
  const inNodes = node.filter(({ opType, output }) => opType === 'Constant' && changed.has(output[0] ?? '')).flatMap(({ output }) => changed.get(output[0] ?? '') ?? []);
  return replaceParts(model, {
    node: node.filter(({ opType, output }) => opType !== 'Constant' || !changed.has(output[0] ?? '')),
    initializer: [...initializer.map((tensor) => changed.get(tensor.name) ?? tensor), ...inNodes],
  });
}

function hashOf(original: string, tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256').update(original);
  for (const [name, { data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${name}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/**
 * What a network learnt, and networks that learnt something else. Tensors are read when they are asked for; those that are given are handed to the
 * engine as they are, and must not change while the copy lives.
 */
export function modelParameters(network: Network, hash: Promise<string>, makeCopy: MakeCopy, assertAlive: () => void): ModelParameters {
  const { name: modelName, model } = network;
  const layers = learntTensors(model, network.input.name, new Set(network.layers.map(({ name }) => name)));
  const known = new Map(layers.flatMap(({ tensors }) => [...tensors]));
  const read = (name: string): Tensor => {
    assertAlive();
    const stored = known.get(name);
    if (stored === undefined) throw new Error(`internal: no parameter ${name}`);
    return readTensor(stored);
  };
  return {
    read: () => Promise.resolve().then(() => {
      assertAlive();
      return layers.map(({ layer, tensors }): LayerParameters => ({ layer, tensors: lazyMap([...tensors.keys()], read) }));
    }),
    replace: async (tensors) => {
      assertAlive();
      for (const [name, value] of tensors) checkTensor(modelName, name, value, known);
      const changed = new Map([...tensors].flatMap(([name, value]) => {
        const stored = known.get(name);
        return stored === undefined ? [] : [[name, store(stored, name, value)] as const];
      }));
      return makeCopy({ ...network, model: replaceConstants(model, changed) }, hashOf(await hash, tensors));
    },
  };
}
