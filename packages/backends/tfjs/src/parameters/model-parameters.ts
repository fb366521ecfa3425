import { createHash } from 'node:crypto';

import { assertFinite, equalShapes, formatShape, PellucidError, sizeOf, suggestNames, type ModelAdapter, type ModelParameters, type Tensor } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import { inScope } from '../engine/scope.ts';
import { readTensor, type Network } from '../model/network.ts';
import type { NetworkParameters } from './network-parameters.ts';

/** What the parameters of a model are made from. */
export interface ParameterSettings {
  readonly name: string;
  readonly hash: string;
  /** Runs work alone on the engine, as long as the model lives. */
  readonly exclusive: <Result>(work: () => Result | Promise<Result>) => Promise<Result>;
  /** Makes the adapter of a network with other weights. */
  readonly makeCopy: (network: Network, hash: string) => ModelAdapter;
}

type Known = ReadonlyMap<string, () => tf.Tensor>;

function checkTensor(model: string, name: string, value: Tensor, known: Known): void {
  const stored = known.get(name);
  if (stored === undefined) throw new PellucidError('LAYER_NOT_FOUND', { layer: name, model, help: suggestNames(name, [...known.keys()]) });
  const { shape } = stored();
  if (!equalShapes(shape, value.shape) || value.data.length !== sizeOf(shape)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: `value of \`${name}\``, expected: formatShape(shape), actual: `${formatShape(value.shape)} with ${value.data.length} values`, help: 'Values keep the shape that `read` gives.',
    });
  }
  assertFinite(value, `value of \`${name}\``);
}

function hashOf(original: string, tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256').update(original);
  for (const [name, { data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${name}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** Frees what a failed copy left behind, and what the engine made on the way. */
async function copyNetwork({ copy }: NetworkParameters, tensors: ReadonlyMap<string, Tensor>): Promise<Network> {
  const before = new Set(Object.keys(tf.engine().registeredVariables));
  tf.engine().startScope('copy');
  try {
    // The engine would work on the caller's own memory otherwise.
    return await copy(new Map([...tensors].map(([name, { shape, data }]) => [name, tf.tensor(data.slice(), [...shape])])));
  } catch (error) {
    for (const [name, variable] of Object.entries(tf.engine().registeredVariables)) if (!before.has(name)) variable.dispose();
    throw error;
  } finally {
    tf.engine().endScope();
  }
}

/** Reading what a network learnt, and networks that learnt something else. */
export function modelParameters(parameters: NetworkParameters, { name: model, hash, exclusive, makeCopy }: ParameterSettings): ModelParameters {
  const known: Known = new Map(parameters.layers.flatMap(({ tensors }) => [...tensors]));
  const read = (tensor: tf.Tensor): Tensor => {
    const { shape, data } = readTensor(tensor);
    return { shape, data: data.slice() };
  };
  return {
    read: () => exclusive(() => inScope(() =>
      parameters.layers.map(({ layer, tensors }) => ({ layer, tensors: new Map([...tensors].map(([name, tensor]) => [name, read(tensor())])) })))),
    replace: (tensors) => exclusive(async () => {
      for (const [name, value] of tensors) checkTensor(model, name, value, known);
      return makeCopy(await copyNetwork(parameters, tensors), hashOf(hash, tensors));
    }),
  };
}
