import type { BackendDescription } from '../model/model-adapter.ts';
import type { TargetObjective } from '../model/objective.ts';
import type { Layout } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Everything that is needed to make the map again, or to doubt it. Plain data: JSON keeps it whole. */
export interface Provenance {
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly objective: TargetObjective | 'sum-of-logits';
  /** The explained class of each sample; empty for global maps. */
  readonly targets: readonly number[];
  readonly seed: number;
  readonly model: { readonly name: string; readonly hash: string };
  readonly backend: BackendDescription;
  /** Layout of the map's axes. */
  readonly layout: Layout;
  readonly layer?: string | undefined;
  /** Per sample: sum of the map less the change of the objective, where the method promises completeness. */
  readonly convergenceDelta?: readonly number[] | undefined;
  /** Per sample: draws that a sampling method made, fewer than allowed where a wanted standard error was reached. */
  readonly draws?: readonly number[] | undefined;
  /** Passes of single samples through the model. */
  readonly passes: { readonly forward: number; readonly backward: number };
  /** Samples that went into a global map. */
  readonly samples: number;
  readonly wallTimeMs: number;
  /** Operations that kept their true derivative because the backward rules did not cover them. */
  readonly uncovered: readonly string[];
  /** Facts that the reader must know, such as a fallback that was asked for. */
  readonly notes: readonly string[];
}

/** An attribution map with its provenance. Pictures are views of it. */
export interface Explanation {
  /** Raw and signed float32 values, batch axis first; never clipped, never normalised. */
  readonly values: Tensor;
  /** Standard error of each value, where the method samples. */
  readonly standardError?: Tensor | undefined;
  readonly provenance: Provenance;
}
