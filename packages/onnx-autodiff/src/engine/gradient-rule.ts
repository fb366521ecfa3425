import type { NodeProto, TensorType } from '@pellucid/onnx-graph';
import type { Emitter } from './emitter.ts';

/** A node of the forward pass, as its gradient rule sees it. Tensors are named; what is known of them hangs on the emitter. */
export interface RuleContext {
  readonly emit: Emitter;
  readonly node: NodeProto;
  /** Version of the standard operator set that the model imports. */
  readonly opset: number;
  /** Names of the inputs; `''` for an optional one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Known type of each input. */
  readonly types: readonly (TensorType | undefined)[];
  /** The gradient at the first output. */
  readonly dy: string;
  /** The gradients at all outputs; `null` where none arrives. */
  readonly gradients: readonly (string | null)[];
  /** Which inputs need a gradient. */
  readonly wanted: readonly boolean[];
}

/**
 * Appends the nodes that turn the gradients at the outputs of a node into those at its inputs, and names these: one entry per input,
 * `null` where none flows. An entry may still have the broadcast shape when the rule's table entry says `broadcasts`: the engine sums.
 */
export type GradientRule = (context: RuleContext) => readonly (string | null)[];

/** One line of the table of rules. */
export interface RuleEntry {
  readonly operator: string;
  /** First and last version of the standard operator set that the rule was written for. */
  readonly opsets: readonly [from: number, to: number];
  readonly rule: GradientRule;
  /** What users should know: conventions at kinks, limits. */
  readonly notes: string;
  /** The inputs broadcast against each other. */
  readonly broadcasts?: boolean | undefined;
  /** Gradients may arrive at some outputs and not at the first. */
  readonly anyOutput?: boolean | undefined;
}

/** The rule of operators that are constant almost everywhere, or give integers: no gradient flows. */
export const flat: GradientRule = ({ inputs }) => inputs.map(() => null);
