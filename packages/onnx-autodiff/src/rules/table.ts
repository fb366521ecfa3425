import { normalDomain, type NodeProto } from '@pellucid/onnx-graph';
import type { GradientRule, RuleEntry } from '../engine/gradient-rule.ts';
import { attention } from './attention.ts';
import { composed, type Composition } from './composition.ts';
import { cumulativeProduct } from './cumulative-product.ts';
import { ELEMENTARY, NEWEST, OLDEST } from './elementary.ts';
import { microsoftAttention, multiHeadAttention } from './fused-attention.ts';
import {
  biasGelu, fastGelu, fusedConv, fusedGemm, fusedMatMul, microsoftGelu, quickGelu, simplifiedLayerNormalization, skipLayerNormalization,
  skipSimplifiedLayerNormalization,
} from './fused.ts';
import { gridSample } from './grid-sampling.ts';
import { QUANTIZATION } from './quantization.ts';
import { gru, lstm, rnn } from './recurrent.ts';
import { REFUSALS } from './refusals.ts';
import { rotaryEmbedding } from './rotary-embedding.ts';
import { fourierTransform, shortTimeFourierTransform } from './spectra.ts';

const BY_NAME: ReadonlyMap<string, RuleEntry> = new Map(ELEMENTARY.map((entry) => [entry.operator, entry]));
const composedOf = (compute: Composition): GradientRule => composed(compute, (operator) => BY_NAME.get(operator));

/** The operators that optimisers write, by what they stand for. */
const FUSED: Readonly<Record<string, Composition>> = {
  Attention: microsoftAttention, BiasGelu: biasGelu, FastGelu: fastGelu, FusedConv: fusedConv, FusedGemm: fusedGemm, FusedMatMul: fusedMatMul,
  Gelu: microsoftGelu, MultiHeadAttention: multiHeadAttention, QuickGelu: quickGelu, SkipLayerNormalization: skipLayerNormalization,
  SkipSimplifiedLayerNormalization: skipSimplifiedLayerNormalization,
};
const FUSED_NOTES = 'As the operators that it fuses.';

/** Operators that are differentiated as what they are made of, whichever of their outputs is read. */
const COMPOSED: readonly RuleEntry[] = ([
  { operator: 'Attention', opsets: [23, NEWEST], rule: composedOf(attention), notes: 'As MatMul, Softmax, MatMul.' },
  { operator: 'CumProd', opsets: [26, NEWEST], rule: composedOf(cumulativeProduct), notes: 'Exact where factors are 0. The axis has to be stored.' },
  { operator: 'DFT', opsets: [17, NEWEST], rule: composedOf(fourierTransform), notes: 'As a product with a matrix. The length of the signal has to be known.' },
  ...Object.entries({ GRU: gru, LSTM: lstm, RNN: rnn }).map(([operator, compute]): RuleEntry =>
    ({ operator, opsets: [OLDEST, NEWEST], rule: composedOf(compute), notes: 'Written out step by step: up to 512 steps, a known number, of one length.' })),
  { operator: 'GridSample', opsets: [16, NEWEST], rule: composedOf(gridSample), notes: 'Every mode and padding, to the input and to the grid. A nearest element passes nothing to the grid.' },
  { operator: 'RotaryEmbedding', opsets: [23, NEWEST], rule: composedOf(rotaryEmbedding), notes: '' },
  { operator: 'STFT', opsets: [17, NEWEST], rule: composedOf(shortTimeFourierTransform), notes: 'As a convolution. Of real signals, with a stored window.' },
  // ONNX Runtime writes this one into the standard domain.
  { operator: 'SimplifiedLayerNormalization', opsets: [OLDEST, NEWEST], rule: composedOf(simplifiedLayerNormalization), notes: FUSED_NOTES },
  ...Object.entries(FUSED).map(([operator, compute]): RuleEntry =>
    ({ operator: `com.microsoft.${operator}`, opsets: [OLDEST, NEWEST], rule: composedOf(compute), notes: FUSED_NOTES })),
] satisfies readonly RuleEntry[]).map((entry): RuleEntry => ({ ...entry, anyOutput: true }));

/**
 * Every operator that gradients can pass, that is known to stop them, or that they cannot pass. Sorted by name, those of another than the standard domain
 * under it; `docs/operators.md` is made from it.
 */
export const RULES: readonly RuleEntry[] = [...ELEMENTARY, ...COMPOSED, ...QUANTIZATION, ...REFUSALS].sort((a, b) => (a.operator < b.operator ? -1 : 1));

const BY_OPERATOR: ReadonlyMap<string, RuleEntry> = new Map(RULES.map((entry) => [entry.operator, entry]));

/** The rule for a node of a model with this operator set; `undefined` when there is none. */
export function findRule(node: NodeProto, opset: number): RuleEntry | undefined {
  const domain = normalDomain(node.domain);
  const entry = BY_OPERATOR.get(domain === '' ? node.opType : `${domain}.${node.opType}`);
  return entry && opset >= entry.opsets[0] && opset <= entry.opsets[1] ? entry : undefined;
}
