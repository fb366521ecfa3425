import {
  batchSize, choiceOption, defineMethod, flagOption, gradientAt, imageGeometry, imageShape, INPUT, isSpatial, resample, sampleData, score,
  selectObjective, sliceBatch, zeros,
  type Evaluation, type Interpolation, type LayerInfo, type Layout, type MethodFactory, type Tensor,
} from '@pellucid/core';
import { spreadBias, sumOfProducts, sumScaled, type Plane } from './planes.ts';

/** Whether the parts of the map are scaled, and how they are brought to the input's size. */
export interface FullGradOptions {
  /**
   * Whether the absolute values of each channel are scaled to between 0 and 1 before they are summed, as in the paper. Otherwise the map is
   * signed and adds up to the score, but for the biases of layers without height and width. @defaultValue true
   */
  readonly scaled: boolean;
  /** How parts from layers smaller than the input are brought to its size. @defaultValue 'bilinear' */
  readonly upsample: Interpolation;
}

/** A layer with a bias, as one sample has it: the shape of its values and the bias spread to it. */
interface BiasLayer {
  readonly layer: LayerInfo;
  readonly bias: Tensor;
}

/** Part of a map at the size of the layer that it comes from. */
interface Part {
  readonly plane: Plane;
  readonly layout: Layout;
}

/** The gradient of one sample times what it is multiplied by, channel by channel summed to one plane. */
function makePart(values: Float32Array, slopes: Tensor, layout: Layout, scaled: boolean): Part {
  const geometry = imageGeometry([1, ...slopes.shape.slice(1)], layout);
  // A loop: `from` with a function takes 80 ns for each value of each layer.
  const products = new Float64Array(values.length);
  for (let i = 0; i < products.length; i++) products[i] = slopes.data[i]! * values[i]!;
  return { plane: scaled ? sumScaled(products, geometry) : sumOfProducts(products, geometry), layout };
}

/** A part at the size of the input; an unscaled one keeps its sum. */
function atInput({ plane, layout }: Part, height: number, width: number, { scaled, upsample }: FullGradOptions): Float32Array {
  const share = scaled ? 1 : (plane.height * plane.width) / (height * width);
  const image = { shape: imageShape(layout, 1, 1, plane.height, plane.width), data: Float32Array.from(plane.values, (value) => value * share) };
  return plane.height === height && plane.width === width ? image.data : resample(image, layout, height, width, upsample).data;
}

/** All that adds up to the score of one sample: input times gradient, and bias times gradient at every layer. */
function decompose(evaluation: Evaluation, input: Tensor, layout: Layout, layers: readonly BiasLayer[], sample: number, options: FullGradOptions): { readonly map: Float64Array; readonly total: number } {
  const one = (batch: Tensor): Tensor => sliceBatch(batch, sample, sample + 1);
  const { height, width } = imageGeometry(input.shape, layout);
  const map = new Float64Array(height * width);
  let total = 0;
  const add = (values: Float32Array, slopes: Tensor, own: Layout): void => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += slopes.data[i]! * values[i]!;
    total += sum;
    if (!isSpatial(own)) return;
    atInput(makePart(values, slopes, own, options.scaled), height, width, options).forEach((value, p) => { map[p]! += value; });
  };
  add(sampleData(input, sample), one(gradientAt(evaluation, INPUT)), layout);
  for (const { layer, bias } of layers) {
    const slopes = one(gradientAt(evaluation, layer.name));
    add(spreadBias(bias, slopes.shape), slopes, layer.layout);
  }
  return { map, total };
}

/**
 * FullGrad: the input times its gradient, plus the bias of every convolution and batch normalisation times the gradient at its output, all
 * at the size of the input: together they are the score of a network of linear operations and ReLUs. One channel per map, in the input's
 * layout.
 * @throws SHAPE_MISMATCH where the input has no height and width.
 * @see {@link https://arxiv.org/abs/1905.00780 | Srinivas and Fleuret 2019}
 */
export const fullGrad: MethodFactory<'gradient' | 'biases', FullGradOptions> = defineMethod({
  name: 'full-grad',
  title: 'FullGrad',
  paper: {
    authors: 'Srinivas, Fleuret',
    year: 2019,
    title: 'Full-Gradient Representation for Neural Network Visualization',
    url: 'https://arxiv.org/abs/1905.00780',
  },
  kind: 'local',
  needs: ['gradient', 'biases'],
  options: {
    scaled: flagOption(true, 'Scale the absolute values of each channel to between 0 and 1 before they are summed; otherwise the map is signed.'),
    upsample: choiceOption(['bilinear', 'nearest'], 'bilinear', 'How parts from layers smaller than the input are brought to its size.'),
  },
  async explain(model, { input, layout, objective }, options, context) {
    const { height, width } = imageGeometry(input.shape, layout);
    const biases = (await model.biases?.()) ?? new Map<string, Tensor>();
    const layers = model.layers.flatMap((layer): BiasLayer[] => {
      const bias = biases.get(layer.name);
      return bias === undefined ? [] : [{ layer, bias }];
    });
    const total = batchSize(input);
    const values = zeros(imageShape(layout, total, 1, height, width));
    const convergenceDelta: number[] = [];
    for (let start = 0; start < total; start += context.chunkSize) {
      const end = Math.min(start + context.chunkSize, total);
      const piece = sliceBatch(input, start, end);
      const of = selectObjective(objective, Array.from({ length: end - start }, (_, i) => start + i));
      const evaluation = await model.evaluate({ input: piece, gradient: { of, at: [INPUT, ...layers.map(({ layer }) => layer.name)] } });
      const scores = score(of, evaluation.logits);
      for (let sample = 0; sample < end - start; sample++) {
        const { map, total: sum } = decompose(evaluation, piece, layout, layers, sample, options);
        sampleData(values, start + sample).set(map);
        convergenceDelta.push(scores[sample]! - sum);
      }
      context.progress(end, total);
    }
    return { values, convergenceDelta };
  },
});
