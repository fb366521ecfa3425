import { defineAttentionMap, type AttentionHeads, type AttentionMapOptions, type MethodFactory } from '@pellucid/core';

/** Which attention maps are followed, and how the result is shown at the input's size. */
export type AttentionRolloutOptions = AttentionMapOptions;

/** The mean of the heads plus what passes by them, each row summing to 1. */
function mixture({ heads, tokens, attention }: AttentionHeads): Float64Array {
  const matrix = new Float64Array(tokens * tokens);
  attention.forEach((value, i) => { matrix[i % matrix.length]! += value / heads; });
  for (let row = 0; row < tokens; row++) {
    matrix[row * tokens + row]! += 1;
    const own = matrix.subarray(row * tokens, (row + 1) * tokens);
    const sum = own.reduce((a, b) => a + b, 0);
    own.forEach((value, column) => { own[column] = value / sum; });
  }
  return matrix;
}

/**
 * Attention rollout: how much of each patch the class token (without one: the mean over tokens) holds when attention is followed through all
 * layers. Looks at no class and needs no gradients. One channel, nothing below zero, in the image's layout; at the input's size unless
 * `upsample` is false.
 * @throws LAYER_UNSUITABLE where the model exposes no attention maps, or holds windows instead of one map per sample.
 * @see {@link https://arxiv.org/abs/2005.00928 | Abnar and Zuidema 2020}, equation 1
 */
export const attentionRollout: MethodFactory<'activations', AttentionRolloutOptions> = defineAttentionMap({
  name: 'attention-rollout',
  title: 'Attention rollout',
  paper: { authors: 'Abnar, Zuidema', year: 2020, title: 'Quantifying Attention Flow in Transformers', url: 'https://arxiv.org/abs/2005.00928' },
  kind: 'local',
  needs: ['activations'],
  mix: mixture,
});
