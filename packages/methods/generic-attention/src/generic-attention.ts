import { defineAttentionMap, type AttentionHeads, type AttentionMapOptions, type MethodFactory } from '@pellucid/core';

/** Which attention maps are followed, and how the result is shown at the input's size. */
export type GenericAttentionOptions = AttentionMapOptions;

/** What passes by the heads, plus the mean of what in them speaks for the class: I + E_h[(dy/dA * A)+]. */
function mixture({ heads, tokens, attention, gradient }: AttentionHeads): Float64Array {
  const matrix = new Float64Array(tokens * tokens);
  attention.forEach((value, i) => { matrix[i % matrix.length]! += Math.max(value * gradient[i]!, 0) / heads; });
  for (let row = 0; row < tokens; row++) matrix[row * tokens + row]! += 1;
  return matrix;
}

/**
 * Generic attention explainability: attention followed through all layers, each head weighted by its gradient, so that the map speaks for a
 * class. One channel, nothing below zero, in the image's layout; at the input's size unless `upsample` is false.
 * @throws LAYER_UNSUITABLE where the model exposes no attention maps, or holds windows instead of one map per sample.
 * @see {@link https://arxiv.org/abs/2103.15679 | Chefer et al. 2021}, equations 5 and 6
 */
export const genericAttention: MethodFactory<'activations' | 'gradient', GenericAttentionOptions> = defineAttentionMap({
  name: 'generic-attention',
  title: 'Generic attention explainability',
  paper: {
    authors: 'Chefer, Gur, Wolf',
    year: 2021,
    title: 'Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers',
    url: 'https://arxiv.org/abs/2103.15679',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  mix: mixture,
});
