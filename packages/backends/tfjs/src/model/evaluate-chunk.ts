import { INPUT, type BackwardRules, type Evaluation, type GradientPoint, type Intervention, type LayerName, type Objective, type Tensor } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';

import { rulePass } from '../backward-rules/rule-pass.ts';
import { inScope } from '../engine/scope.ts';
import { differentiate } from '../gradients/differentiate.ts';
import { readTensor, type Network, type Pass, type PassRequest } from './network.ts';
import { objectiveSeed } from './objective-seed.ts';
import { valueAt } from './value-at.ts';

/** A checked query. The maps lead from the names that were asked for to those of the layers. */
export interface ResolvedQuery {
  readonly activations: ReadonlyMap<LayerName, LayerName>;
  readonly gradient?: {
    readonly of: Objective;
    /** The layer that a cotangent weights in place of the logits. */
    readonly from: LayerName | undefined;
    readonly at: ReadonlyMap<GradientPoint, GradientPoint>;
    readonly rules: BackwardRules | undefined;
    readonly unreachable: 'zero' | undefined;
  } | undefined;
  /** Of the samples of this chunk. */
  readonly intervention: Intervention | undefined;
  /** Of the rows of this chunk, which samples of bound values they are, where these differ. */
  readonly samples: readonly number[] | undefined;
}

const upload = ({ data, shape }: Tensor): tf.Tensor => tf.tensor(data, [...shape]);

function flatten(logits: tf.Tensor): tf.Tensor2D {
  return tf.reshape(logits, [logits.shape[0]!, -1]);
}

function translate(asked: ReadonlyMap<LayerName, LayerName>, found: ReadonlyMap<LayerName, Tensor>): ReadonlyMap<LayerName, Tensor> {
  return new Map([...asked].map(([name, layer]) => [name, valueAt(found, layer)]));
}

type Answer = Omit<Evaluation, 'gradients' | 'uncovered'>;

function readPass(pass: Pass, logits: tf.Tensor2D, query: ResolvedQuery): Answer {
  return { output: readTensor(pass.output), logits: readTensor(logits), activations: translate(query.activations, pass.activations) };
}

function forward(network: Network, input: tf.Tensor, query: ResolvedQuery, request: PassRequest): Evaluation {
  const pass = network.run(input, request);
  return { ...readPass(pass, flatten(pass.logits), query), gradients: new Map(), uncovered: [] };
}

function forwardAndBackward(
  network: Network,
  input: tf.Tensor,
  query: ResolvedQuery,
  { of, from, at, rules: set, unreachable }: NonNullable<ResolvedQuery['gradient']>,
  request: PassRequest,
): Evaluation {
  const rules = set && rulePass(set, input, request.given?.values);
  const { recorded, gradients } = differentiate(() => {
    const run = (): Pass => network.run(input, request);
    const pass = rules === undefined ? run() : rules.observe(run);
    const logits = flatten(pass.logits);
    const answer = readPass(pass, logits, query);
    const seed = pass.start !== undefined && of.kind === 'cotangent' ? of.cotangent : objectiveSeed(of, answer.logits);
    return {
      answer,
      // The gradient of this scalar is that of the objective: the seed is the objective's derivative at these values.
      objective: tf.sum(tf.mul(pass.start ?? logits, upload(seed))),
      from: from === undefined ? undefined : { name: from, tensor: valueAt(pass.points, from) },
      points: [...at.values()].map((point) =>
        point === INPUT ? { name: 'the input', tensor: input } : { name: point, tensor: valueAt(pass.points, point) },
      ),
      unreachable,
      locate: pass.locate,
    };
  }, rules);
  return {
    ...recorded.answer,
    gradients: new Map([...at.keys()].map((asked, i) => [asked, readTensor(gradients[i]!)])),
    uncovered: rules?.uncovered() ?? [],
  };
}

/** Answers a query for samples that fit into memory together, in one pass. To be called inside `exclusive`; leaves no tensors. */
export function evaluateChunk(network: Network, input: Tensor, query: ResolvedQuery): Evaluation {
  const kept: tf.Tensor[] = [];
  const makeRequest = (): PassRequest => ({
    activations: new Set(query.activations.values()),
    points: new Set([...(query.gradient?.at.values() ?? []), query.gradient?.from].filter((point): point is LayerName => typeof point === 'string')),
    from: query.gradient?.from,
    samples: query.samples,
    keep: (tensor) => {
      kept.push(tensor);
      return tensor;
    },
    given: query.intervention && { layer: query.intervention.layer, values: upload(query.intervention.values) },
  });
  try {
    return inScope(() => {
      const values = upload(input);
      const request = makeRequest();
      const { gradient } = query;
      if (gradient === undefined || gradient.at.size === 0) return forward(network, values, query, request);
      return forwardAndBackward(network, values, query, gradient, request);
    });
  } finally {
    kept.forEach((tensor) => {
      tensor.dispose();
    });
  }
}
