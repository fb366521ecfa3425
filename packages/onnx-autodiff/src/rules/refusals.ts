import type { GradientRule, RuleEntry } from '../engine/gradient-rule.ts';

const CONTROL_FLOW = 'it runs graphs of its own, a number of times that is known at run time alone; export the model without control flow';
const SEQUENCES = 'it holds a list of tensors; export the model with tensors alone';
const QUANTISED = 'it computes with integers, whose true derivative is 0 everywhere; differentiate the float model';
const SAMPLING = 'it draws at random; export the model for inference';
const DEFORMING = 'it reads places that are computed for every tap of its kernel; replace it by a convolution before the export';
const REGIONS = 'its maxima are over regions that are known at run time alone; export the model with RoiAlign';
const LOSS = 'it belongs to training; take the gradient of the logits before it';
const TEXT = 'it reads text, which has no gradient';

/** Operators that gradients cannot pass, and why. */
const REASONS: Readonly<Record<string, string>> = {
  Bernoulli: SAMPLING, ConcatFromSequence: SEQUENCES, ConvInteger: QUANTISED,
  DeformConv: DEFORMING, DynamicQuantizeLinear: QUANTISED, If: CONTROL_FLOW,
  ImageDecoder: 'it reads a file, which has no gradient', Loop: CONTROL_FLOW, MatMulInteger: QUANTISED, MaxRoiPool: REGIONS,
  NegativeLogLikelihoodLoss: LOSS, Optional: SEQUENCES, OptionalGetElement: SEQUENCES,
  Scan: CONTROL_FLOW, SequenceAt: SEQUENCES, SequenceConstruct: SEQUENCES, SequenceEmpty: SEQUENCES, SequenceErase: SEQUENCES,
  SequenceInsert: SEQUENCES, SequenceMap: SEQUENCES, SoftmaxCrossEntropyLoss: LOSS, SplitToSequence: SEQUENCES, StringNormalizer: TEXT,
  TensorScatter: 'it writes into a cache; export the model without one', TfIdfVectorizer: TEXT,
  Unique: 'how many values it gives is known at run time alone, and equal ones share a gradient',
};

/** A rule that ends the differentiation and says why. */
const cannot = (reason: string): GradientRule => ({ emit }) => emit.fail(reason);

/** The lines of the table for operators that gradients cannot pass: a typed error, GRADIENT_UNDEFINED, carries the reason. */
export const REFUSALS: readonly RuleEntry[] = Object.entries(REASONS).map(([operator, reason]) =>
  ({ operator, opsets: [7, 26], rule: cannot(reason), notes: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` }));
