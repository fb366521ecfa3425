import { openEngine, type EngineName, type TfjsEngine } from '@pellucid/backend-tfjs';
import type { Tensor } from '@pellucid/core';
import type * as Core from '@tensorflow/tfjs-core';
import { BATCH_NORM_MOMENTUM } from '../../network/batch-norm.ts';
import type { NetworkDefinition } from '../../network/network.ts';
import { resolveNetwork, type ResolvedLayer } from '../../network/resolve-network.ts';
import { ADAM, adamFactors, inWholeBatches, type StepResult, type Trainer, type TrainingState } from '../trainer.ts';
import { forward, inScope, logitsOf, valueOf } from './forward.ts';
import { liveModel } from './live-model.ts';
import { placeWeights, type LiveWeights } from './live-weights.ts';
import { countCorrect } from './objective.ts';

/** Everything that a step needs. */
interface Placed {
  readonly engine: TfjsEngine;
  readonly layers: readonly ResolvedLayer[];
  readonly classes: number;
  readonly weights: LiveWeights;
  readonly first: LiveWeights;
  readonly second: LiveWeights;
}

const variableOf = ({ variables }: LiveWeights, name: string): Core.Variable => valueOf(variables, name) as Core.Variable;

/** Moves the running means towards the moments of a batch; the variance without bias, as PyTorch does. */
function keepMoments({ engine: { tf }, weights }: Placed, name: string, mean: Core.Tensor, variance: Core.Tensor, count: number): void {
  const move = (part: string, value: Core.Tensor): void => {
    const running = variableOf(weights, `${name}/${part}`);
    running.assign(tf.add(tf.mul(running, 1 - BATCH_NORM_MOMENTUM), tf.mul(value, BATCH_NORM_MOMENTUM)));
  };
  move('moving_mean', mean);
  move('moving_variance', tf.mul(variance, count / (count - 1)));
}

/** Kingma and Ba 2015, algorithm 1. */
function adam(placed: Placed, gradients: Core.NamedTensorMap, names: readonly string[], [first, second]: readonly [number, number]): void {
  const { engine: { tf }, weights } = placed;
  for (const name of names) {
    const weight = variableOf(weights, name);
    const gradient = gradients[weight.name];
    if (gradient === undefined) throw new Error(`internal: no gradient of ${name}`);
    const [m, v] = [variableOf(placed.first, name), variableOf(placed.second, name)];
    m.assign(tf.add(tf.mul(m, ADAM.beta1), tf.mul(gradient, 1 - ADAM.beta1)));
    v.assign(tf.add(tf.mul(v, ADAM.beta2), tf.mul(tf.square(gradient), 1 - ADAM.beta2)));
    weight.assign(tf.sub(weight, tf.div(tf.mul(m, first), tf.add(tf.sqrt(tf.mul(v, second)), ADAM.epsilon))));
  }
}

function step(placed: Placed, input: Tensor, labels: Int32Array, factors: readonly [number, number]): StepResult {
  const { engine: { tf }, layers, weights, first, classes } = placed;
  const { variables } = weights;
  return inScope(tf, () => {
    const x = tf.tensor(input.data, [...input.shape]);
    const expected = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
    const onMoments = (layer: ResolvedLayer, mean: Core.Tensor, variance: Core.Tensor): void => {
      const [height = 1, width = 1] = layer.shape;
      keepMoments(placed, layer.definition.name, mean, variance, labels.length * height * width);
    };
    const names = [...first.variables.keys()];
    let correct = 0;
    const { value, grads } = tf.variableGrads(() => {
      const logits = logitsOf(layers, forward(tf, layers, variables, x, { kind: 'training', onMoments }));
      correct = countCorrect(logits, labels);
      return tf.neg(tf.mean(tf.sum(tf.mul(expected, tf.logSoftmax(logits)), 1)));
    }, names.map((name) => variableOf(weights, name)));
    adam(placed, grads, names, factors);
    return { loss: value.dataSync()[0]!, correct };
  });
}

/** A network in training on TensorFlow.js. @throws BACKEND_UNAVAILABLE. */
export async function tfjsTrainer(network: NetworkDefinition, start: TrainingState, name?: EngineName): Promise<Trainer> {
  const engine = await openEngine(name);
  const layers = resolveNetwork(network);
  const placed: Placed = await engine.exclusive(() => ({
    engine, layers, classes: network.classes,
    weights: placeWeights(engine, start.weights), first: placeWeights(engine, start.first), second: placeWeights(engine, start.second),
  }));
  const model = inWholeBatches(network, liveModel(engine, network, placed.weights));
  let steps = start.steps;
  const infer = ({ data, shape }: Tensor): Tensor => inScope(engine.tf, () => {
    const values = forward(engine.tf, layers, placed.weights.variables, engine.tf.tensor(data, [...shape]), { kind: 'inference' });
    const logits = logitsOf(layers, values);
    return { shape: [...logits.shape], data: Float32Array.from(logits.dataSync<'float32'>()) };
  });
  return {
    model: () => Promise.resolve(model),
    step: (input, labels, learningRate) => engine.exclusive(() => step(placed, input, labels, adamFactors(++steps, learningRate))),
    logits: (images) => engine.exclusive(() => infer(images)),
    state: () => engine.exclusive(() => ({ weights: placed.weights.read(), first: placed.first.read(), second: placed.second.read(), steps })),
    dispose: async () => {
      await model.dispose();
      await engine.exclusive(() => {
        for (const values of [placed.weights, placed.first, placed.second]) values.dispose();
      });
    },
  };
}
