import {
  batchSize, defineMethod, gaussianBlur, gradientAt, imageGeometry, INPUT, integerOption, numberOption, optional, sampleData, sampleSize, scoreChange,
  selectObjective, sliceBatch,
  type MethodFactory,
} from '@pellucid/core';

/** How the path from the blurred to the sharp image is walked. */
export interface BlurIntegratedGradientsOptions {
  /** Points on the path; the cost grows linearly. @defaultValue 50 */
  readonly steps: number;
  /** Standard deviation in pixels of the blur where the path starts. @defaultValue 50 for a longer side of 224, in proportion */
  readonly maxSigma: number | undefined;
}

/** The paper's 50 pixels for its images of 224. */
const SIGMA_SHARE = 50 / 224;

const maxSigmaOption = optional(numberOption(50, 0, 1e4, 'Standard deviation in pixels of the blur where the path starts; by default 50 for a longer side of 224, in proportion.'));

/** Adds one step of the path: its length, value by value, times the gradient in its middle. */
function addStep(map: Float64Array, sharper: Float32Array, blurrier: Float32Array, gradient: Float32Array): void {
  for (let i = 0; i < map.length; i++) map[i]! += (sharper[i]! - blurrier[i]!) * gradient[i]!;
}

/**
 * Blur integrated gradients: the gradient integrated along the path on which an image gets sharp. Needs no baseline and adds no colour that is
 * not in the image. In the input's shape; sums to f(x) - f(blurred x) up to the steps, and `convergenceDelta` says how far it is off.
 * @see {@link https://arxiv.org/abs/2004.03383 | Xu et al. 2020}, equation 6
 */
export const blurIntegratedGradients: MethodFactory<'gradient', BlurIntegratedGradientsOptions> = defineMethod({
  name: 'blur-integrated-gradients',
  title: 'Blur integrated gradients',
  paper: {
    authors: 'Xu, Venugopalan, Sundararajan',
    year: 2020,
    title: 'Attribution in Scale and Space',
    url: 'https://arxiv.org/abs/2004.03383',
  },
  kind: 'local',
  needs: ['gradient'],
  options: {
    steps: integerOption(50, 1, 'Points on the path; the cost grows linearly.'),
    maxSigma: maxSigmaOption,
  },
  async explain(model, batch, { steps, maxSigma }, context) {
    const { input, layout, objective } = batch;
    const { height, width } = imageGeometry(input.shape, layout);
    const widest = maxSigma ?? SIGMA_SHARE * Math.max(height, width);
    const samples = batchSize(input);
    const size = sampleSize(input);
    const values = { shape: input.shape, data: new Float32Array(input.data.length) };
    const sums: number[] = [];
    const blurAt = (sample: number, share: number): Float32Array =>
      gaussianBlur(sliceBatch(input, sample, sample + 1), layout, share * widest).data;

    for (let sample = 0; sample < samples; sample++) {
      const map = new Float64Array(size);
      let sharper = sampleData(input, sample);
      for (let start = 0; start < steps; start += context.chunkSize) {
        const count = Math.min(context.chunkSize, steps - start);
        const middles = { shape: [count, ...input.shape.slice(1)], data: new Float32Array(count * size) };
        for (let i = 0; i < count; i++) sampleData(middles, i).set(blurAt(sample, (start + i + 0.5) / steps));
        const of = selectObjective(objective, new Array<number>(count).fill(sample));
        const gradients = gradientAt(await model.evaluate({ input: middles, gradient: { of, at: [INPUT] } }), INPUT);
        for (let i = 0; i < count; i++) {
          const blurrier = blurAt(sample, (start + i + 1) / steps);
          addStep(map, sharper, blurrier, sampleData(gradients, i));
          sharper = blurrier;
        }
        context.progress(sample * steps + start + count, samples * steps);
      }
      sampleData(values, sample).set(map);
      sums.push(map.reduce((a, b) => a + b, 0));
    }
    const change = await scoreChange(model, batch, { input: gaussianBlur(input, layout, widest) });
    return { values, convergenceDelta: sums.map((sum, sample) => sum - change[sample]!) };
  },
});
