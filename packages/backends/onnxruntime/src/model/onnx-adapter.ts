import {
  batchSize, findLayer, INPUT, PellucidError, rowSamples, throwIfAborted, validateBatch, validateGradient, validateIntervention, validateMemoryBudget,
  type Evaluation, type EvaluateOptions, type GradientPoint, type ModelAdapter, type Query, type Tensor,
} from '@pellucid/core';
import { minimalFiltering } from '@pellucid/onnx-autodiff';
import { rawLength } from '@pellucid/onnx-graph';
import type { Engine } from '../engine/open-engine.ts';
import { resourceCache } from '../engine/resource-cache.ts';
import { layerBiases } from '../graph/layer-biases.ts';
import { splitPairs } from '../graph/reference-activations.ts';
import { modelParameters } from '../parameters/model-parameters.ts';
import { chunkSize, evenPieces, executionsAtOnce } from '../query/chunk-size.ts';
import { compileQuery, signatureKey, type Answers, type CompiledQuery, type QuerySignature } from '../query/compile-query.ts';
import { keptSessions } from '../query/kept-sessions.ts';
import { objectiveFamily, objectiveFeed } from '../query/objective-nodes.ts';
import { referenceActivations, type ReferenceActivations } from '../query/reference-activations.ts';
import { runChunks, type Runner } from '../query/run-chunks.ts';
import { checkPairs, runPairs } from '../query/run-pairs.ts';
import type { BoundInput } from './bound-inputs.ts';
import type { Network } from './network.ts';

/** What an ONNX model on ONNX Runtime can answer. */
export type OnnxCapability = 'activations' | 'gradient' | 'backward-rules' | 'intervention' | 'biases' | 'parameters';

function signatureOf(network: Network, { activations = [], gradient, intervention }: Query<OnnxCapability>): QuerySignature {
  const canonical = (name: string): string => findLayer(network, name).name;
  const at = gradient?.at.map((point): GradientPoint => (point === INPUT ? INPUT : canonical(point))) ?? [];
  return {
    activations: [...new Set(activations.map(canonical))],
    gradient: gradient === undefined || at.length === 0 ? null : {
      family: objectiveFamily(gradient.of), from: gradient.from === undefined ? null : canonical(gradient.from), at: [...new Set(at)], rules: gradient.rules,
      unreachable: gradient.unreachable, weigh: gradient.weigh,
    },
    intervention: intervention === undefined ? null : canonical(intervention.layer),
  };
}

/** Values can be given for a layer that holds one row per sample, not for one of windows. @throws LAYER_UNSUITABLE. */
function checkGiven(network: Network, wanted: string, method: string): void {
  const { types, input, name } = network;
  const layer = findLayer(network, wanted).name;
  const [first, batch] = [layer, input.name].map((tensor) => types.get(tensor)?.shape?.[0] ?? null);
  if (first === null || batch === null || first === batch) return;
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer, model: name, method, problem: `its first axis has the length ${first}, that of the batch is ${batch}`,
    help: 'Name a layer that holds one image, or one list of tokens, per sample.',
  });
}

/** Puts the tensors of a run under the names that the query used. */
function arrange(network: Network, answers: Answers, { activations = [], gradient }: Query<OnnxCapability>, values: ReadonlyMap<string, Tensor>): Evaluation {
  const value = (name: string | undefined): Tensor => {
    const found = name === undefined ? undefined : values.get(name);
    if (found === undefined) throw new Error(`internal: the engine gave no ${name}`);
    return found;
  };
  const canonical = (point: GradientPoint): GradientPoint => (point === INPUT ? INPUT : findLayer(network, point).name);
  return {
    output: value(answers.output),
    logits: value(answers.logits),
    activations: new Map(activations.filter((name) => !answers.weighed.has(findLayer(network, name).name)).map((name) => [name, value(findLayer(network, name).name)])),
    gradients: new Map((gradient?.at ?? []).map((point) => [point, value(answers.gradients.get(canonical(point)))])),
    uncovered: answers.uncovered,
  };
}

/** What answers queries of a signature, with what its inputs and outputs mean. */
interface CompiledSession extends Runner {
  readonly answers: Answers;
  /** For pairs of samples and baselines. */
  readonly references: ReferenceActivations | null;
}

/** Beside heavier weights two more sessions take more memory than a baseline is worth time. */
const LIGHT_WEIGHTS = 2 ** 27;

/** Keeps what a baseline gives, on a CPU (elsewhere it would cross to the device every time), where the derivative over pairs depends on nothing else. */
function keepReferences(engine: Engine, network: Network, { gradient, intervention }: QuerySignature, { answers }: CompiledQuery, weightBytes: number, compile: () => CompiledQuery): ReferenceActivations | null {
  const { fed: cotangent } = answers;
  const suits = engine.description.device === 'cpu' && gradient?.rules?.paired === true && gradient.family === 'fed' && intervention === null && network.fixedBatch === null && weightBytes <= LIGHT_WEIGHTS;
  if (!suits || cotangent === null) return null;
  const names = { model: network.name, input: network.input.name, cotangent, gradients: [...new Set(answers.gradients.values())] };
  return referenceActivations(engine, names, () => splitPairs(network, { ...names, model: compile().model }));
}

async function compileSession(engine: Engine, network: Network, signature: QuerySignature, weightBytes: number): Promise<CompiledSession> {
  const compile = (): CompiledQuery => {
    const query = compileQuery(network, signature, engine.optimizations);
    // The forward pass alone stays as its author made it, and backward rules as their papers have them.
    const isFiltered = engine.isBlocked && signature.gradient !== null && signature.gradient.rules === undefined;
    return isFiltered ? { ...query, model: minimalFiltering(query.model) } : query;
  };
  const compiled = compile();
  const { model, answers } = compiled;
  const references = keepReferences(engine, network, signature, compiled, weightBytes, compile);
  // The graph is made again for a team, which few sessions get: it would take the memory of its weights meanwhile.
  return { runtime: engine.runtime, session: await engine.compile(model), team: engine.team(() => compile().model, weightBytes), answers, references };
}

async function releaseSession({ session, team, references }: CompiledSession): Promise<void> {
  await team?.release();
  await references?.release();
  await session.release();
}

/**
 * A network on an engine as a model of core. The forward pass is compiled at once, so that a model that the engine refuses fails here.
 * @throws MODEL_UNSUPPORTED, MODEL_INVALID.
 */
export async function onnxAdapter(
  engine: Engine, network: Network, bound: readonly BoundInput[], hash: Promise<string>,
): Promise<ModelAdapter<OnnxCapability>> {
  const { name, input, output, classes, layers, bytesPerSample, fixedBatch, freed } = network;
  const weightBytes = network.model.graph.initializer.reduce((sum, tensor) => sum + rawLength(tensor), 0);
  const sessions = resourceCache<CompiledSession>(keptSessions({ weightBytes, bytesPerSample }), releaseSession);
  let disposal: Promise<void> | null = null;

  const withSession = <Result>(signature: QuerySignature, task: (compiled: CompiledSession) => Promise<Result>): Promise<Result> =>
    sessions.use(signatureKey(signature), () => compileSession(engine, network, signature, weightBytes), task);

  const assertAlive = (): void => {
    if (disposal === null) return;
    throw new PellucidError('REQUEST_INVALID', { action: `ask \`${name}\``, problem: 'it was disposed', help: 'Load it again.' });
  };

  const evaluate = async (query: Query<OnnxCapability>, { signal, memoryBudget }: EvaluateOptions = {}): Promise<Evaluation> => {
    assertAlive();
    throwIfAborted(signal, `the evaluation of \`${name}\``);
    validateMemoryBudget(memoryBudget);
    validateBatch(query.input, input, `input of \`${name}\``);
    const count = batchSize(query.input);
    const { gradient, intervention } = query;
    if (gradient?.from !== undefined) checkGiven(network, gradient.from, 'a gradient of its values');
    if (gradient !== undefined) validateGradient(gradient, count, network);
    if (intervention !== undefined) {
      checkGiven(network, intervention.layer, 'an intervention');
      validateIntervention(intervention, count, network);
    }
    const paired = gradient?.rules?.paired === true;
    if (paired) checkPairs(count, name, fixedBatch);
    const most = chunkSize({ fixedBatch, bytesPerSample, weightBytes }, engine.description.device, memoryBudget);
    // Pairs are cut by the number of pairs.
    const size = fixedBatch === null && !paired ? evenPieces(count, most) : most;
    const atOnce = executionsAtOnce(network, size, memoryBudget);
    const settings = { model: name, size, atOnce, padded: fixedBatch !== null, signal, samples: rowSamples(query, count, bound, name) };
    return withSession(signatureOf(network, query), async (compiled) => {
      const { answers } = compiled;
      const feeds = new Map([[input.name, query.input]]);
      if (answers.fed !== null && gradient !== undefined) feeds.set(answers.fed, objectiveFeed(gradient, count, classes));
      if (answers.given !== null && intervention !== undefined) feeds.set(answers.given, intervention.values);
      const run = paired ? runPairs : runChunks;
      const known = await compiled.references?.run(feeds, settings);
      return arrange(network, answers, query, known ?? await run(compiled, feeds, bound, settings));
    });
  };

  await withSession({ activations: [], gradient: null, intervention: null }, () => Promise.resolve());
  return {
    name, hash: await hash, backend: engine.description, input, output, classes, layers, bytesPerSample,
    boundSamples: bound.find(({ samples }) => samples !== null)?.samples ?? undefined,
    batchAxis: fixedBatch ?? (freed ? 'freed' : 'free'),
    capabilities: new Set<OnnxCapability>(['activations', 'gradient', 'backward-rules', 'intervention', 'biases', 'parameters']),
    parameters: modelParameters(network, hash, (copy, copyHash) => onnxAdapter(engine, copy, bound, Promise.resolve(copyHash)), assertAlive),
    biases: () => Promise.resolve(layerBiases(network.model, layers)),
    evaluate,
    dispose: () => (disposal ??= sessions.dispose()),
  };
}
