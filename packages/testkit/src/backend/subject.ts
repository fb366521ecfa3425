import {
  convertLayout, findLayer, sampleData, type Layout, type ModelAdapter, type PellucidError, type Query, type Tensor,
  isPellucidError, batchSize,
} from '@pellucid/core';
import { contractBatch, type ContractNetwork } from './contract-network.ts';

/** What a model under test must offer. */
export type SubjectModel = ModelAdapter<'activations' | 'gradient'>;

/** A loaded model, the network that it was made from, and a batch for it in its own layout. */
export interface Subject {
  readonly network: ContractNetwork;
  readonly model: SubjectModel;
  /** Channels first. */
  readonly batch: Tensor;
  /** In the model's layout. */
  readonly input: Tensor;
}

/** A batch in the layout of the reference (channels first) turned into that of the model, or of one of its layers. */
export function toLayout(batch: Tensor, layout: Layout): Tensor {
  return batch.shape.length === 4 ? convertLayout(batch, 'NCHW', layout) : batch;
}

function fromLayout(batch: Tensor, layout: Layout): Tensor {
  return batch.shape.length === 4 ? convertLayout(batch, layout, 'NCHW') : batch;
}

/** A loaded model with a batch of samples. */
export function makeSubject(network: ContractNetwork, model: SubjectModel, count = 4): Subject {
  const batch = contractBatch(network, count);
  return { network, model, batch, input: toLayout(batch, model.input.layout) };
}

/** A statement that must hold. @throws Error that says what was violated. */
export function assert(holds: boolean, violation: () => string): asserts holds {
  if (!holds) throw new Error(violation());
}

/** Compares one sample of an answer with the right values, relative to the largest of them. */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert(actual.length === expected.length, () => `${what}: expected ${expected.length} values, got ${actual.length}`);
  let scale = 0;
  for (const value of Array.from(expected)) scale = Math.max(scale, Math.abs(value));
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert(
      difference <= tolerance * Math.max(scale, 1e-6),
      () => `${what}: expected ${expected[i]} at index ${i}, got ${actual[i]} (tolerance ${tolerance} of ${scale})`,
    );
  }
}

/** One sample of a layer's answer, channels first. */
export function layerSample(model: SubjectModel, layer: string, answer: Tensor, sample: number): Float32Array {
  return sampleData(fromLayout(answer, findLayer(model, layer).layout), sample);
}

/** One sample of an answer at the input, channels first. */
export function inputSample(model: SubjectModel, answer: Tensor, sample: number): Float32Array {
  return sampleData(fromLayout(answer, model.input.layout), sample);
}

/** Asserts that a query is refused with one of the typed errors. */
export async function assertRefused<Offers extends 'activations' | 'gradient' | 'intervention'>(
  model: ModelAdapter<Offers>,
  query: Query<Offers>,
  code: PellucidError['code'] | null,
  what: string,
  settings: { readonly signal?: AbortSignal; readonly memoryBudget?: number } = {},
): Promise<void> {
  const wanted = code ?? 'any typed error';
  try {
    await model.evaluate(query, settings);
  } catch (error) {
    const got = isPellucidError(error) ? error.code : String(error);
    assert(isPellucidError(error) && (code === null || error.code === code), () => `${what}: expected ${wanted}, got ${got}`);
    return;
  }
  throw new Error(`${what}: expected ${wanted}, but an answer for ${batchSize(query.input)} samples came`);
}
