import type { OpKind } from './op-kind.ts';

/**
 * Operations on values of an engine that a backward rule may use. `Value` is opaque: a node of a graph under construction on one
 * backend, a live tensor on another. Shapes broadcast from the right, as in NumPy.
 */
export interface TensorOperations<Value> {
  /** A scalar. */
  readonly constant: (value: number) => Value;
  /** a + b */
  readonly add: (a: Value, b: Value) => Value;
  /** a - b */
  readonly subtract: (a: Value, b: Value) => Value;
  /** a * b, element by element */
  readonly multiply: (a: Value, b: Value) => Value;
  /** a / b */
  readonly divide: (a: Value, b: Value) => Value;
  /** -a */
  readonly negate: (a: Value) => Value;
  /** |a| */
  readonly absolute: (a: Value) => Value;
  /** -1, 0 or 1 */
  readonly sign: (a: Value) => Value;
  /** The lesser of two values. */
  readonly minimum: (a: Value, b: Value) => Value;
  /** The greater of two values. */
  readonly maximum: (a: Value, b: Value) => Value;
  /** A condition, for `where` alone. */
  readonly greater: (a: Value, b: Value) => Value;
  /** One of two values, by a condition. */
  readonly where: (condition: Value, ifTrue: Value, ifFalse: Value) => Value;
  /** The first and second half of the batch axis: a sample and its baseline, when the two were joined. */
  readonly halves: (a: Value) => readonly [Value, Value];
  /** Joins two values along the batch axis. */
  readonly join: (a: Value, b: Value) => Value;
  /** Mean over all axes but the batch axis, kept as axes of length 1. */
  readonly meanPerSample: (a: Value) => Value;
}

/** A linear operation (convolution, dense layer) with its operands open to change. */
export interface LinearOperation<Value> {
  readonly weight: Value;
  readonly bias: Value | null;
  /** The operation on another input and other parameters; no bias when `bias` is null. */
  readonly forward: (input: Value, weight: Value, bias: Value | null) => Value;
  /** The transposed operation: the gradient with respect to the input, for other parameters. */
  readonly backward: (gradient: Value, weight: Value) => Value;
}

/** One operation of the forward pass, as a backward rule sees it. */
export interface RuleNode<Value> {
  readonly kind: OpKind;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** The gradient that arrives at each output, up to the last one that has any; zeros where none arrives in between. */
  readonly gradients: readonly Value[];
  /** Which inputs a gradient flows to: those that depend on where it is taken. The others are constants of the pass. */
  readonly wanted: readonly boolean[];
  /** A linear operation with no other one between the model's input and itself, where rules for the domain of pixels apply. */
  readonly isFirst: boolean;
  /** A linear operation with no other one between itself and where the gradient starts: the classifier's weights. */
  readonly isLast: boolean;
  /** Present for linear operations. */
  readonly linear?: LinearOperation<Value> | undefined;
  /** The true derivative, for rules that change only part of it: it accepts another gradient of the first output. */
  readonly derivative: (gradient?: Value) => readonly (Value | null)[];
  /** (y - y0) / (x - x0) of a pair, the derivative where x = x0, where the backend has a faster form than that quotient. */
  readonly secant?: (() => Value | null) | undefined;
}

/**
 * Turns the gradients at the outputs of an operation into those at its inputs; `null`, or nothing at the end of the list, where none flows.
 * A gradient may have the shape that the inputs broadcast to: it is summed over what was broadcast.
 */
export type BackwardRule = <Value>(node: RuleNode<Value>, operations: TensorOperations<Value>) => readonly (Value | null)[];

/**
 * Replacements of the true derivative, by kind of operation. A kind that is not listed keeps its true derivative, and the
 * evaluation reports it.
 */
export interface BackwardRules {
  /** Names the set in caches and provenance: equal names must mean equal rules. */
  readonly name: string;
  readonly rules: Readonly<Partial<Record<OpKind, BackwardRule>>>;
  /**
   * The second half of the batch holds a baseline for each sample of the first, and `halves` parts them: a backend that cuts the batch
   * keeps each pair together. @defaultValue false
   */
  readonly paired?: boolean | undefined;
  /** Whether a batch normalisation that follows a linear operation is first merged into its weights and bias. @defaultValue false */
  readonly mergeBatchNorm?: boolean | undefined;
}
