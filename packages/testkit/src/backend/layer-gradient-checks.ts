import { batchSize, findLayer, gradientAt, INPUT, randomStream, sampleData, sizeOf, zeros, type GradientPoint, type Tensor } from '@pellucid/core';
import type { SubjectCheck } from './backend-check.ts';
import { referenceSample } from './expected.ts';
import { logitsPosition, referenceActivations, referenceGradients } from './reference.ts';
import { require } from '../method/assertions.ts';
import { assertClose, assertRefused, inputSample, layerSample, toLayout, type Subject } from './subject.ts';

/** Random weights for the values of a layer, channels first, for as many samples as the batch has. */
function weightsFor({ network, batch }: Subject, position: number): Tensor {
  const { shape } = referenceActivations(network, referenceSample(batch, 0))[position]!;
  const { normal } = randomStream(5, network.name, String(position));
  const length = batchSize(batch) * sizeOf(shape);
  return { shape: [batchSize(batch), ...shape], data: Float32Array.from({ length }, normal) };
}

/** Up to the layer where a gradient starts, the network ends there. */
async function startsAtLayers(subject: Subject, tolerance: number): Promise<void> {
  const { model, network, batch, input } = subject;
  for (let position = 0; position <= logitsPosition(network); position++) {
    const names = network.layers.slice(0, position + 1).map(({ name }) => name);
    const [from] = names.slice(-1) as [string];
    const weights = weightsFor(subject, position);
    const of = { kind: 'cotangent', cotangent: toLayout(weights, findLayer(model, from).layout) } as const;
    const at: GradientPoint[] = [INPUT, ...names];
    const whole = await model.evaluate({ input, gradient: { of, from, at } });
    const single = await model.evaluate({ input, gradient: { of, from, at } }, { memoryBudget: 1 });
    const until = { ...network, layers: network.layers.slice(0, position + 1) };
    for (let sample = 0; sample < batchSize(batch); sample++) {
      const expected = referenceGradients(until, referenceSample(batch, sample), Float64Array.from(sampleData(weights, sample)));
      for (const answer of [whole, single]) {
        assertClose(inputSample(model, gradientAt(answer, INPUT), sample), expected[0]!, tolerance, `gradient of ${from} at the input, sample ${sample}`);
        names.forEach((name, i) => {
          const values = layerSample(model, name, gradientAt(answer, name), sample);
          assertClose(values, expected[i + 1]!, tolerance, `gradient of ${from} at ${name}, sample ${sample}`);
        });
      }
    }
  }
}

async function refusesStarts({ model, network, input, batch }: Subject): Promise<void> {
  const count = batchSize(batch);
  const from = network.layers[0]!.name;
  const last = network.layers[logitsPosition(network)]!.name;
  const { shape } = referenceActivations(network, referenceSample(batch, 0))[0]!;
  const cotangent = toLayout(zeros([count, ...shape]), findLayer(model, from).layout);
  const weighted = (values: Tensor) => ({ kind: 'cotangent', cotangent: values }) as const;
  const refused = [
    [{ of: { kind: 'sum-of-logits' }, from, at: [INPUT] }, 'REQUEST_INVALID', 'an objective of the logits from a layer'],
    [{ of: weighted(zeros([count, 1])), from, at: [INPUT] }, 'SHAPE_MISMATCH', 'a cotangent that has not the shape of its layer'],
    [{ of: weighted(zeros([count - 1, ...cotangent.shape.slice(1)])), from, at: [INPUT] }, 'SHAPE_MISMATCH', 'a cotangent of a layer for too few samples'],
    [{ of: weighted(cotangent), from: 'no-such-layer', at: [INPUT] }, 'LAYER_NOT_FOUND', 'a gradient from an unknown layer'],
    [{ of: weighted(cotangent), from, at: [last] }, 'GRADIENT_UNREACHABLE', 'a gradient from a layer at one behind it'],
  ] as const;
  for (const [gradient, code, what] of refused) await assertRefused(model, { input, gradient }, code, what);
}

/** A place that the objective does not depend on has the gradient zero, where that is asked for. */
async function givesZeros({ model, network, input, batch }: Subject): Promise<void> {
  const [from, last] = [network.layers[0]!.name, network.layers[logitsPosition(network)]!.name];
  const { shape } = referenceActivations(network, referenceSample(batch, 0))[0]!;
  const cotangent = toLayout({ shape: [batchSize(batch), ...shape], data: new Float32Array(batchSize(batch) * sizeOf(shape)).fill(1) }, findLayer(model, from).layout);
  const of = { kind: 'cotangent', cotangent } as const;
  const { activations, gradients } = await model.evaluate({ input, activations: [last], gradient: { of, from, at: [INPUT, last], unreachable: 'zero' } });
  const alone = await model.evaluate({ input, gradient: { of, from, at: [last], unreachable: 'zero' } });
  for (const answer of [gradients, alone.gradients]) {
    const zero = answer.get(last);
    require(zero?.shape.join() === activations.get(last)?.shape.join() && zero?.data.every((value) => value === 0) === true, 'the gradient at a layer behind is zeros in its shape');
  }
  require(gradients.get(INPUT)?.data.some((value) => value !== 0) === true, 'the gradient at the input is still there');
}

/** Demands on gradients that start from the values of a layer in place of the logits. */
export const layerGradientChecks: readonly SubjectCheck[] = [
  ['gives the gradient of weighted values of every layer', startsAtLayers],
  ['refuses gradients that do not fit the layer they start from', refusesStarts],
  ['gives zeros where nothing depends on a place, if asked to', givesZeros],
];
