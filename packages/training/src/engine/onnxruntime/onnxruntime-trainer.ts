import { loadModel, openEngine, type Engine } from '@pellucid/backend-onnxruntime';
import type { ModelAdapter, Tensor } from '@pellucid/core';
import { writeModel } from '@pellucid/onnx-graph';
import type { NetworkDefinition } from '../../network/network.ts';
import { INPUT_NAME } from '../../network/resolve-network.ts';
import type { Weights } from '../../network/trained-network.ts';
import { present } from '../../present.ts';
import { adamFactors, hashOf, inWholeBatches, type LiveModel, type StepResult, type Trainer, type TrainingState } from '../trainer.ts';
import { flatten, unflatten } from './flat-weights.ts';
import { networkGraph, networkModel, STATISTICS, WEIGHTS, type GraphForm, type NetworkGraph } from './network-graph.ts';
import { afterStep } from './node-list.ts';
import { CORRECT, FIRST, FIRST_FACTOR, LABELS, LOSS, SECOND, SECOND_FACTOR, trainingStep } from './training-graph.ts';

type Session = Awaited<ReturnType<Engine['compile']>>;
type EngineTensor = Awaited<ReturnType<Session['run']>>[string];

/** Rows of weights, moments and running means, as the last step left them: what it gives is fed to the next as it is. */
type Rows = Map<string, EngineTensor>;

/** Values that are read anew at each use. */
function liveTensor(rows: Rows, name: string): Tensor {
  const row = (): EngineTensor => present(rows.get(name), name);
  return { shape: row().dims, get data() { return row().data as Float32Array; } };
}

/** Everything under its name, in the order of the layers. */
function weightsOf({ layers, weights, statistics }: NetworkGraph, rows: Rows): Weights {
  const read = (name: string): Float32Array => (rows.get(name)?.data ?? new Float32Array()) as Float32Array;
  const values = new Map([...unflatten(weights, read(WEIGHTS)), ...unflatten(statistics, read(STATISTICS))]);
  return new Map(layers.flatMap((layer) => [...layer.weights.keys(), ...layer.statistics.keys()].map((name) => [name, present(values.get(name), name)])));
}

function placeState({ runtime }: Engine, { weights, statistics }: NetworkGraph, state: TrainingState): Rows {
  const row = (data: Float32Array): EngineTensor => new runtime.Tensor('float32', data, [data.length]);
  const rows: Rows = new Map([
    [WEIGHTS, row(flatten(weights, state.weights))], [FIRST, row(flatten(weights, state.first))], [SECOND, row(flatten(weights, state.second))],
  ]);
  if (statistics.length > 0) rows.set(STATISTICS, row(flatten(statistics, state.weights)));
  return rows;
}

/** The network in training as a model of core: weights are inputs, bound to what the last step left. */
async function liveModel(network: NetworkDefinition, graph: NetworkGraph, rows: Rows): Promise<ModelAdapter<'activations' | 'gradient'>> {
  const bytes = writeModel(networkModel(network, 'training', networkGraph(network, 'training')));
  // Training normalises by the statistics of the batch: it has no use for the running means, and the graph no input for them.
  const bind = { [WEIGHTS]: liveTensor(rows, WEIGHTS) };
  const adapter = await loadModel(bytes, { name: network.name, input: INPUT_NAME, layout: 'NHWC', logits: graph.logits, bind });
  const capabilities = new Set(['activations', 'gradient'] as const);
  return { ...adapter, capabilities, get hash() { return hashOf(network, weightsOf(graph, rows)); } };
}

/** Sessions by what they are for, made when they are first needed. */
function sessionsOf(engine: Engine): { readonly get: (key: string, build: () => Parameters<Engine['compile']>[0]) => Promise<Session>; readonly release: () => Promise<void> } {
  const made = new Map<string, Promise<Session>>();
  return {
    get: (key, build) => {
      const session = made.get(key) ?? engine.compile(build());
      made.set(key, session);
      return session;
    },
    release: async () => {
      for (const session of await Promise.allSettled(made.values())) if (session.status === 'fulfilled') await session.value.release();
      made.clear();
    },
  };
}

/** A network in training on ONNX Runtime: gradient and Adam are nodes of the graph. @throws BACKEND_UNAVAILABLE. */
export async function onnxruntimeTrainer(network: NetworkDefinition, start: TrainingState): Promise<Trainer> {
  const engine = await openEngine({});
  const { Tensor: EngineTensorOf } = engine.runtime;
  const inference: GraphForm = 'inference';
  const graph = networkGraph(network, inference);
  const rows = placeState(engine, graph, start);
  const sessions = sessionsOf(engine);
  const outputs = [...rows.keys()];
  let { steps } = start;
  let live: Promise<LiveModel> | undefined;
  const scalar = (value: number): EngineTensor => new EngineTensorOf('float32', Float32Array.of(value), []);
  const image = ({ data, shape }: Tensor): EngineTensor => new EngineTensorOf('float32', data, shape);
  const feedsOf = (names: readonly string[]): Record<string, EngineTensor> => Object.fromEntries(names.map((name) => [name, present(rows.get(name), name)]));

  const step = async (input: Tensor, labels: Int32Array, learningRate: number): Promise<StepResult> => {
    const session = await sessions.get(`step ${labels.length}`, () => trainingStep(network, labels.length));
    const [first, second] = adamFactors(++steps, learningRate);
    const results = await session.run({
      ...feedsOf(outputs), [INPUT_NAME]: image(input), [LABELS]: new EngineTensorOf('int64', BigInt64Array.from(labels, BigInt), [labels.length]),
      [FIRST_FACTOR]: scalar(first), [SECOND_FACTOR]: scalar(second),
    }, [LOSS, CORRECT, ...outputs.map(afterStep)]);
    const value = (name: string): EngineTensor => present(results[name], name);
    for (const name of outputs) rows.set(name, value(afterStep(name)));
    return { loss: Number(value(LOSS).data[0]), correct: Number(value(CORRECT).data[0]) };
  };
  const logits = async (images: Tensor): Promise<Tensor> => {
    const session = await sessions.get(inference, () => networkModel(network, inference, graph));
    const { [graph.logits]: answer } = await session.run({ ...feedsOf([WEIGHTS, STATISTICS].filter((name) => rows.has(name))), [INPUT_NAME]: image(images) });
    const { dims, data } = present(answer, 'logits');
    return { shape: dims, data: data as Float32Array };
  };
  return {
    step, logits,
    model: () => (live ??= liveModel(network, graph, rows).then((model) => inWholeBatches(network, model))),
    state: () => {
      const moments = (name: string): Weights => unflatten(graph.weights, present(rows.get(name), name).data as Float32Array);
      return Promise.resolve({ weights: weightsOf(graph, rows), first: moments(FIRST), second: moments(SECOND), steps });
    },
    dispose: async () => {
      await (await live?.catch(() => undefined))?.dispose();
      await sessions.release();
    },
  };
}
