import { INPUT, type BackwardRules, type GradientPoint, type LayerName } from '@pellucid/core';
import { differentiate } from '@pellucid/onnx-autodiff';
import { extendGraph, extractSubgraph, uniqueNames, type OnnxModel } from '@pellucid/onnx-graph';
import type { Network } from '../model/network.ts';
import { objectiveNodes, type ObjectiveFamily } from './objective-nodes.ts';

/** The part of a signature that a gradient has. */
export interface GradientSignature {
  readonly family: ObjectiveFamily;
  readonly at: readonly GradientPoint[];
  readonly rules: BackwardRules | undefined;
}

/** What decides which graph answers a query: everything but the values. */
export interface QuerySignature {
  readonly activations: readonly LayerName[];
  readonly gradient: GradientSignature | null;
}

/** Where the answers stand in a compiled graph. */
export interface Answers {
  /** The input for what `objectiveFeed` gives, where there is a gradient. */
  readonly fed: string | null;
  readonly output: string;
  readonly logits: string;
  readonly gradients: ReadonlyMap<GradientPoint, string>;
  /** What the backward rules left to the true derivative. */
  readonly uncovered: readonly string[];
}

/** A graph that answers all queries of a signature. */
export interface CompiledQuery {
  readonly model: OnnxModel;
  readonly answers: Answers;
}

/** A text that is equal for equal signatures. */
export function signatureKey({ activations, gradient }: QuerySignature): string {
  const places = gradient?.at.map((point) => (point === INPUT ? 'input' : `layer ${point}`)).toSorted();
  return JSON.stringify([activations.toSorted(), gradient?.family ?? null, places ?? [], gradient?.rules?.name ?? null]);
}

/** Extends the graph of a model by the backward pass of a query. @throws GRADIENT_UNDEFINED, GRADIENT_UNREACHABLE. */
export function compileQuery(network: Network, { activations, gradient }: QuerySignature): CompiledQuery {
  const { output, logits } = network;
  const plain = [output.name, logits, ...activations];
  if (gradient === null) {
    const model = extractSubgraph(network.model, [...new Set(plain)], network.types);
    return { model, answers: { fed: null, output: output.name, logits, gradients: new Map(), uncovered: [] } };
  }
  const names = uniqueNames(network.model);
  const batch = network.types.get(network.input.name)?.shape?.[0] ?? null;
  const objective = objectiveNodes(gradient.family, logits, [batch, network.classes], names);
  const tensorOf = (point: GradientPoint): string => (point === INPUT ? network.input.name : point);
  const extended = differentiate(extendGraph(network.model, objective.parts), {
    of: logits,
    at: gradient.at.map(tensorOf),
    cotangent: objective.cotangent,
    rules: gradient.rules,
    straightThrough: network.straightThrough,
  });
  const gradients = new Map<GradientPoint, string>();
  for (const point of gradient.at) gradients.set(point, gradientName(extended.gradients, tensorOf(point)));
  const model = extractSubgraph(extended.model, [...new Set([...plain, ...gradients.values()])]);
  return { model, answers: { fed: objective.fed, output: output.name, logits, gradients, uncovered: extended.uncovered } };
}

function gradientName(gradients: ReadonlyMap<string, string>, at: string): string {
  const name = gradients.get(at);
  if (name === undefined) throw new Error(`internal: no gradient at ${at} was made`);
  return name;
}
