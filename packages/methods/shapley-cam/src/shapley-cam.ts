import {
  defineClassActivationMap, layerGradients, reluOption, weighChannels, type ClassActivationMapOptions, type MethodFactory,
} from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export interface ShapleyCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what speaks for the class, as in the paper; before resizing. @defaultValue true */
  readonly relu: boolean;
}

/** The step of the finite difference, as a share of the layer's values: rounding is about 1e-5 of the gradient, curvature left out less. */
const STEP = 2 ** -9;

const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

function slope(before: Float32Array, after: Float32Array): Float64Array {
  const result = new Float64Array(after.length);
  for (let i = 0; i < result.length; i++) result[i] = (after[i]! - before[i]!) / STEP;
  return result;
}

/**
 * The derivative of a function at 0 from its values there and a step to either side. Where the two sides disagree more than they agree,
 * one of them crossed a kink, such as that of a ReLU, whose jump is no curvature: then the lesser one alone.
 */
function derivative(before: Float32Array, here: Float32Array, after: Float32Array): Float64Array {
  const [left, right] = [slope(before, here), slope(here, after)];
  const [lengthLeft, lengthRight] = [norm(left), norm(right)];
  if (2 * norm(left.map((value, i) => value - right[i]!)) <= lengthLeft + lengthRight) return left.map((value, i) => (value + right[i]!) / 2);
  return lengthLeft < lengthRight ? left : right;
}

/**
 * Shapley-CAM: the channels of a layer, each weighted by the mean of g - H A / 2, the share that a second-order expansion of the score
 * gives to it as a player. The Hessian-vector product H A is a finite difference of the gradients at A and a little to either side along A. One channel
 * per map, in the layer's layout.
 * @see {@link https://arxiv.org/abs/2501.06261 | Cai 2025}
 */
export const shapleyCam: MethodFactory<'activations' | 'gradient' | 'intervention', ShapleyCamOptions> = defineClassActivationMap({
  name: 'shapley-cam',
  title: 'Shapley-CAM',
  paper: {
    authors: 'Cai',
    year: 2025,
    title: 'CAMs as Shapley Value-based Explainers',
    url: 'https://arxiv.org/abs/2501.06261',
  },
  kind: 'local',
  needs: ['activations', 'gradient', 'intervention'],
  options: { relu: reluOption(true) },
  map: async (sample) => {
    const { channels, height, width, gradient, place, scene } = sample;
    const pixels = height * width;
    const gradients = await layerGradients(scene, 2, (side, values) => {
      for (let k = 0; k < channels; k++) for (let p = 0; p < pixels; p++) values[place(k, p)]! *= side === 0 ? 1 - STEP : 1 + STEP;
    });
    const product = derivative(gradients[0]!, gradient, gradients[1]!);
    return weighChannels(sample, (k) => {
      let weight = 0;
      for (let i = k * pixels; i < (k + 1) * pixels; i++) weight += (gradient[i]! - product[i]! / 2) / pixels;
      return weight;
    });
  },
});
