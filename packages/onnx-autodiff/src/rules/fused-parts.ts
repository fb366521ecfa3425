import { attributeFloat, floatAttribute, intAttribute } from '@pellucid/onnx-graph';
import { attention } from './attention.ts';
import type { Composition } from './composition.ts';
import { microsoftAttention, multiHeadAttention } from './fused-attention.ts';
import { fusedConv, fusedGemm, fusedMatMul } from './fused.ts';
import { gru, lstm, rnn } from './recurrent.ts';

/** An activation of optimisers after its bias, which stays one operator: backward rules have a word for it. */
const afterBias = (operator: string): Composition => (emit, { inputs: [x = '', bias = ''] }) => {
  if (bias === '') return emit.fail('it adds no bias');
  return [emit.op(operator, [emit.op('Add', [x, bias])])];
};

/** norm(x + skip + bias) with the normalisation as one operator; the fourth output is the sum. */
const afterSum = (operator: string): Composition => (emit, { node, inputs: [x = '', skip = '', scale = '', ...rest] }) => {
  const [beta, bias] = operator === 'LayerNormalization' ? [rest[0] ?? '', rest[1] ?? ''] : ['', rest[0] ?? ''];
  const sum = emit.op('Add', [x, skip]);
  const whole = bias === '' ? sum : emit.op('Add', [sum, bias]);
  const attributes = [floatAttribute('epsilon', attributeFloat(node, 'epsilon', 1e-5)), intAttribute('axis', -1)];
  return [emit.op(operator, beta === '' ? [whole, scale] : [whole, scale, beta], attributes), null, null, whole];
};

/** What optimisers fuse, and operators that hold a network of their own, in operators that backward rules know: under the domain that it belongs to. */
export const FUSED_PARTS: Readonly<Record<string, Composition>> = {
  'Attention': attention,
  'GRU': gru,
  'LSTM': lstm,
  'RNN': rnn,
  'com.microsoft.Attention': microsoftAttention,
  'com.microsoft.BiasGelu': afterBias('com.microsoft.Gelu'),
  'com.microsoft.FastGelu': afterBias('com.microsoft.FastGelu'),
  'com.microsoft.FusedConv': fusedConv,
  'com.microsoft.FusedGemm': fusedGemm,
  'com.microsoft.FusedMatMul': fusedMatMul,
  'com.microsoft.MultiHeadAttention': multiHeadAttention,
  'com.microsoft.SkipLayerNormalization': afterSum('LayerNormalization'),
  'com.microsoft.SkipSimplifiedLayerNormalization': afterSum('SimplifiedLayerNormalization'),
};
