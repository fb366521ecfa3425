import {
  batchSize, findLayer, formatShape, hashValues, INPUT, PellucidError, sizeOf, throwIfAborted, validateBatch, validateGradient,
  type Evaluation, type EvaluateOptions, type GradientPoint, type LayerInfo, type Objective, type Query, type Tensor,
} from '@pellucid/core';
import type { ContractNetwork } from '../src/backend/contract-network.ts';
import { expectedAnswer } from '../src/backend/expected.ts';
import { referenceActivations } from '../src/backend/reference.ts';
import type { SubjectModel } from '../src/backend/subject.ts';

const stack = (samples: readonly ArrayLike<number>[], shape: readonly number[]): Tensor => ({
  shape: [samples.length, ...shape],
  data: Float32Array.from(samples.flatMap((values) => Array.from(values))),
});

const layoutOf = (shape: readonly number[]): 'NCHW' | 'NC' => (shape.length === 3 ? 'NCHW' : 'NC');

function checkObjective(objective: Objective, count: number, model: SubjectModel): void {
  const { name, classes } = model;
  if (objective.kind === 'cotangent') {
    const actual = formatShape(objective.cotangent.shape);
    if (actual !== formatShape([count, classes])) {
      throw new PellucidError('SHAPE_MISMATCH', { what: 'cotangent', expected: formatShape([count, classes]), actual, help: '' });
    }
  } else if (objective.kind !== 'sum-of-logits') {
    objective.targets.forEach((target, sample) => {
      if (Number.isInteger(target) && target >= 0 && target < classes) return;
      throw new PellucidError('TARGET_OUT_OF_RANGE', { target, sample, model: name, classes, last: classes - 1 });
    });
  }
}

/** The reference as a model: what a right backend does, in the fewest words. */
export function referenceModel(network: ContractNetwork): SubjectModel {
  const { name, inputShape, classes } = network;
  const outputs = referenceActivations(network, { shape: inputShape, data: new Float64Array(inputShape.reduce((a, b) => a * b)) });
  const layers = network.layers.map((layer, i): LayerInfo => {
    const shape = [null, ...outputs[i]!.shape];
    return { name: `${layer.name}:0`, aliases: [layer.name], kind: layer.kind, operator: layer.kind, shape, layout: layoutOf(outputs[i]!.shape) };
  });
  let disposed = false;

  const evaluate = async ({ input, activations = [], gradient }: Query<'activations' | 'gradient'>, { signal }: EvaluateOptions = {}): Promise<Evaluation> => {
    if (disposed) throw new PellucidError('REQUEST_INVALID', { action: 'ask it', problem: 'it was disposed', help: '' });
    validateBatch(input, model.input, 'input');
    const from = gradient?.from === undefined ? undefined : validateGradient(gradient, batchSize(input), model);
    if (gradient && from === undefined) checkObjective(gradient.of, batchSize(input), model);
    const position = (point: GradientPoint): number => (point === INPUT ? 0 : layers.indexOf(findLayer(model, point)) + 1);
    const wanted = [...activations.map(position), ...(gradient?.at ?? []).map(position)];
    const until = from === undefined ? network : { ...network, layers: network.layers.slice(0, layers.indexOf(from) + 1) };
    for (const point of gradient?.at ?? []) {
      if (position(point) > until.layers.length && gradient?.unreachable === undefined) throw new PellucidError('GRADIENT_UNREACHABLE', { of: from?.name ?? 'logits', at: String(point), help: '' });
    }
    await Promise.resolve();
    throwIfAborted(signal, 'the evaluation');
    const samples = Array.from({ length: batchSize(input) }, (_, sample) => {
      if (from === undefined || gradient === undefined) return expectedAnswer(network, input, sample, gradient?.of ?? { kind: 'sum-of-logits' });
      const { gradients } = expectedAnswer(until, input, sample, gradient.of);
      return { ...expectedAnswer(network, input, sample, { kind: 'sum-of-logits' }), gradients };
    });
    const shapes = [inputShape, ...outputs.map(({ shape }) => shape)];
    if (wanted.some((place) => place >= shapes.length)) throw new Error('internal: no such place');
    return {
      output: stack(samples.map((sample) => sample.output), [classes]),
      logits: stack(samples.map(({ logits }) => logits), [classes]),
      activations: new Map(activations.map((layer) => [
        layer, stack(samples.map((sample) => sample.activations[position(layer) - 1]!.data), shapes[position(layer)]!),
      ])),
      gradients: new Map((gradient?.at ?? []).map((point) => [
        point, stack(samples.map(({ gradients }) => gradients[position(point)] ?? new Float64Array(sizeOf(shapes[position(point)]!))), shapes[position(point)]!),
      ])),
      uncovered: [],
    };
  };

  const weights = network.layers.flatMap((layer) =>
    layer.kind === 'conv' ? [...layer.filters.data, ...layer.bias.data] : layer.kind === 'dense' ? [...layer.weights.data, ...layer.bias.data] : [],
  );
  const model: SubjectModel = {
    name,
    hash: hashValues(Float32Array.from(weights)).replaceAll(/[^0-9a-f]/g, '').padEnd(64, '0'),
    backend: { name: 'reference', engine: 'loops', device: 'cpu', versions: {} },
    input: { name: 'input', shape: [null, ...inputShape], layout: layoutOf(inputShape) },
    output: { name: 'output', shape: [null, classes], layout: 'NC' },
    classes,
    layers,
    capabilities: new Set(['activations', 'gradient']),
    bytesPerSample: 1000,
    evaluate,
    dispose: async () => {
      await Promise.resolve();
      disposed = true;
    },
  };
  return model;
}

