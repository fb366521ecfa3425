import { INPUT, isPellucidError, PellucidError, type BackwardRules, type ErrorDetails, type GradientPoint, type LayerName } from '@pellucid/core';
import { differentiate, type Optimization } from '@pellucid/onnx-autodiff';
import { extendGraph, extractSubgraph, uniqueNames, type OnnxModel } from '@pellucid/onnx-graph';
import type { Network } from '../model/network.ts';
import { cutAtLayer } from './cut-at-layer.ts';
import { fedCotangent, objectiveNodes, type ObjectiveFamily } from './objective-nodes.ts';
import { weighChannels } from './weigh-channels.ts';

/** The part of a signature that a gradient has. */
export interface GradientSignature {
  readonly family: ObjectiveFamily;
  /** The layer that it starts from; null: the logits. */
  readonly from: LayerName | null;
  readonly at: readonly GradientPoint[];
  readonly rules: BackwardRules | undefined;
  readonly unreachable: 'zero' | undefined;
  readonly weigh: 'means' | undefined;
}

/** What decides which graph answers a query: everything but the values. */
export interface QuerySignature {
  readonly activations: readonly LayerName[];
  readonly gradient: GradientSignature | null;
  /** The layer whose values are given. */
  readonly intervention: LayerName | null;
}

/** Where the answers stand in a compiled graph. */
export interface Answers {
  /** The input for what `objectiveFeed` gives, where there is a gradient. */
  readonly fed: string | null;
  /** The input for the values of a layer, where they are given. */
  readonly given: string | null;
  readonly output: string;
  readonly logits: string;
  readonly gradients: ReadonlyMap<GradientPoint, string>;
  /** Layers whose channels were weighed: their activations are left out. */
  readonly weighed: ReadonlySet<LayerName>;
  /** What the backward rules left to the true derivative. */
  readonly uncovered: readonly string[];
}

/** A graph that answers all queries of a signature. */
export interface CompiledQuery {
  readonly model: OnnxModel;
  readonly answers: Answers;
}

/** A text that is equal for equal signatures. */
export function signatureKey({ activations, gradient, intervention }: QuerySignature): string {
  const places = gradient?.at.map((point) => (point === INPUT ? 'input' : `layer ${point}`)).toSorted();
  return JSON.stringify([activations.toSorted(), gradient?.family ?? null, gradient?.from ?? null, places ?? [], gradient?.rules?.name ?? null, gradient?.unreachable ?? null, gradient?.weigh ?? null, intervention]);
}

/**
 * Extends the graph of a model by the backward pass of a query.
 * @param optimizations - ways to compute gradients faster that suit the engine
 * @throws GRADIENT_UNDEFINED, GRADIENT_UNREACHABLE.
 */
export function compileQuery(
  network: Network, { activations, gradient, intervention }: QuerySignature, optimizations: readonly Optimization[],
): CompiledQuery {
  const { output, logits } = network;
  const { model: whole, given } = intervention === null ? { model: network.model, given: null } : cutAtLayer(network, intervention);
  if (gradient === null) {
    const model = extractSubgraph(whole, [...new Set([output.name, logits, ...activations])], network.types);
    return { model, answers: { fed: null, given, output: output.name, logits, gradients: new Map(), weighed: new Set(), uncovered: [] } };
  }
  const names = uniqueNames(whole);
  const batch = network.types.get(network.input.name)?.shape?.[0] ?? null;
  const { family, from } = gradient;
  const objective = from === null
    ? objectiveNodes(family, logits, [batch, network.classes], names)
    : fedCotangent([batch, ...(network.types.get(from)?.shape?.slice(1) ?? [])], names);
  const tensorOf = (point: GradientPoint): string => (point === INPUT ? network.input.name : point);
  const extended = namingScores(network, () => differentiate(extendGraph(whole, objective.parts), {
    of: from ?? logits,
    at: gradient.at.map(tensorOf),
    cotangent: objective.cotangent,
    rules: gradient.rules,
    unreachable: gradient.unreachable,
    straightThrough: network.straightThrough,
    optimizations,
  }));
  const gradients = new Map<GradientPoint, string>();
  for (const point of gradient.at) gradients.set(point, gradientName(extended.gradients, tensorOf(point)));
  const { model: answering, weighed } = gradient.weigh === 'means' ? weighChannels(network, extended.model, gradients) : { model: extended.model, weighed: new Set<LayerName>() };
  const asked = [output.name, logits, ...activations.filter((name) => !weighed.has(name)), ...gradients.values()];
  const model = extractSubgraph(answering, [...new Set(asked)]);
  return { model, answers: { fed: objective.fed, given, output: output.name, logits, gradients, weighed, uncovered: extended.uncovered } };
}

/** Runs a task; an error about the flattened logits names the model's own tensor in their place. */
function namingScores<Result>({ model, logits }: Network, task: () => Result): Result {
  try {
    return task();
  } catch (cause) {
    const scores = model.graph.node.find(({ output }) => output.includes(logits))?.input[0];
    if (!isPellucidError(cause) || cause.code !== 'GRADIENT_UNREACHABLE' || scores === undefined || !cause.message.includes(`\`${logits}\``)) throw cause;
    const { at } = cause.details as ErrorDetails<'GRADIENT_UNREACHABLE'>;
    throw new PellucidError('GRADIENT_UNREACHABLE', { of: scores, at, help: `\`${scores}\` does not depend on it.` }, { cause });
  }
}

function gradientName(gradients: ReadonlyMap<string, string>, at: string): string {
  const name = gradients.get(at);
  if (name === undefined) throw new Error(`internal: no gradient at ${at} was made`);
  return name;
}
