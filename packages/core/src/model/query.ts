import type { Tensor } from '../tensor/tensor.ts';
import type { BackwardRules } from './backward-rules.ts';
import type { Objective } from './objective.ts';

/** The name of the tensor that a layer gives. */
export type LayerName = string;

/** Stands for the model's input where a gradient is asked for. Shared between copies of core. */
export const INPUT: unique symbol = Symbol.for('pellucid.input') as typeof INPUT;

/** Where a gradient is taken: at the input, or at the output of a layer. */
export type GradientPoint = typeof INPUT | LayerName;

/** What a model may be able to answer, beyond its output. */
export type Capability = 'activations' | 'gradient' | 'backward-rules' | 'intervention' | 'biases' | 'parameters';

/**
 * `Value` where the offers hold what is needed, else never. Not a conditional type: the compiler could not tell that a query which asks
 * for less is good for a model that offers more.
 */
type Offered<Needed extends Capability, Offers extends Capability, Value> = Readonly<Record<Needed, Value>>[Needed & Offers];

/** A gradient: of which scalar per sample, with respect to what. */
export interface GradientQuery<out Offers extends Capability = Capability> {
  readonly of: Objective;
  /** A layer whose values the objective, a cotangent of their shape, weights in place of the logits. @defaultValue the logits */
  readonly from?: LayerName | undefined;
  readonly at: readonly GradientPoint[];
  /** What a place that the objective does not depend on gives. @defaultValue the error GRADIENT_UNREACHABLE */
  readonly unreachable?: 'zero' | undefined;
  /**
   * Of a layer [N, C, H, W], the sum over channels of its values times the means of their gradients is enough: backends may give it, [N, 1, H, W], as the
   * gradient, and leave the activations of this layer out.
   */
  readonly weigh?: 'means' | undefined;
  /** Replacements of the true derivative. @defaultValue none: the true derivative */
  readonly rules?: Offered<'backward-rules', Offers, BackwardRules> | undefined;
}

/** Values that stand in for those of a layer: what comes after goes on from them, what does not depend on it stays. */
export interface Intervention {
  readonly layer: LayerName;
  /** As the layer gives them, [N, ...]. */
  readonly values: Tensor;
}

/** What a method wants to know about one pass over a batch. Which parts may be asked for follows from the capabilities. */
export interface Query<out Offers extends Capability = Capability> {
  /** The batch, in the model's own layout. */
  readonly input: Tensor;
  /**
   * Of each row of the input, which of the samples it is that the model's other inputs have values for: rows may repeat and select samples.
   * @defaultValue row i is sample i, of as many samples as there are values for
   */
  readonly samples?: readonly number[] | undefined;
  /** Layers whose values are wanted. */
  readonly activations?: Offered<'activations', Offers, readonly LayerName[]> | undefined;
  readonly gradient?: Offered<'gradient', Offers, GradientQuery<Offers>> | undefined;
  /** A layer whose values are given instead of computed. A gradient at this layer is that at the given values. */
  readonly intervention?: Offered<'intervention', Offers, Intervention> | undefined;
}

/** The answer to a query. Every tensor has the batch axis of the input. */
export interface Evaluation {
  /** What the model returns. */
  readonly output: Tensor;
  /** One score per class before a final softmax, shape [N, classes]; the output itself, flattened, where no softmax ends the model. */
  readonly logits: Tensor;
  readonly activations: ReadonlyMap<LayerName, Tensor>;
  readonly gradients: ReadonlyMap<GradientPoint, Tensor>;
  /** Operations that the backward rules did not cover and that kept their true derivative. */
  readonly uncovered: readonly string[];
}

function answer<Key>(answers: ReadonlyMap<Key, Tensor>, key: Key, what: string): Tensor {
  const value = answers.get(key);
  if (value === undefined) throw new Error(`internal: the evaluation holds no ${what} of ${String(key)}, which the query must ask for`);
  return value;
}

/** The gradient that a query asked for at this place. */
export function gradientAt({ gradients }: Evaluation, point: GradientPoint): Tensor {
  return answer(gradients, point, 'gradient');
}

/** The value of a layer that a query asked for. */
export function activationOf({ activations }: Evaluation, layer: LayerName): Tensor {
  return answer(activations, layer, 'activation');
}
