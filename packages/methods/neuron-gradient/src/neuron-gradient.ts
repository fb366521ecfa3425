import {
  activationOf, argmax, batchSize, checkLayerRows, defineMethod, findLayer, formatShape, gradientAt, INPUT, lastSpatialLayer, layerOption, PellucidError,
  sampleData, sizeOf, sliceBatch, zeros,
  type LayerInfo, type MethodFactory, type ModelAdapter, type OptionSpec, type Tensor,
} from '@pellucid/core';

/** Which unit is explained. */
export interface NeuronGradientOptions {
  /** Any layer. @defaultValue the last one with height and width before they are pooled away */
  readonly layer: string | undefined;
  /** An index for every axis of the layer but the batch's, in its own layout. @defaultValue the unit with the highest value, sample by sample */
  readonly neuron: readonly number[] | undefined;
}

const NAME = 'neuron-gradient';

const neuronOption: OptionSpec<readonly number[] | undefined> = {
  type: 'list of integers >= 0',
  description: 'An index for every axis of the layer but the batch\'s; by default the unit with the highest value, sample by sample.',
  default: undefined,
  accepts: (value): value is readonly number[] | undefined =>
    value === undefined || (Array.isArray(value) && value.length > 0 && value.every((index) => Number.isInteger(index) && index >= 0)),
};

/** The values of a layer for some samples. @throws LAYER_UNSUITABLE for a layer of several rows per sample. */
async function valuesOf(model: ModelAdapter<'activations'>, layer: string, input: Tensor): Promise<Tensor> {
  const values = activationOf(await model.evaluate({ input, activations: [layer] }), layer);
  checkLayerRows(values, batchSize(input), layer, model.name, NAME);
  return values;
}

/** Where the unit stands among the values of one sample. @throws OPTION_INVALID. */
function positionOf(neuron: readonly number[], shape: readonly number[], layer: string): number {
  if (neuron.length !== shape.length || neuron.some((index, axis) => index >= shape[axis]!)) {
    throw new PellucidError('OPTION_INVALID', {
      option: 'neuron', name: NAME, expected: `${shape.length} indices within ${formatShape(shape)}, the shape of layer \`${layer}\``, actual: formatShape(neuron),
    });
  }
  return neuron.reduce((position, index, axis) => position * shape[axis]! + index, 0);
}

/** The indices of a position. */
const indicesAt = (position: number, shape: readonly number[]): number[] =>
  shape.map((length, axis) => Math.floor(position / sizeOf(shape.slice(axis + 1))) % length);

/** The lengths of a layer's axes but the batch's; asks the model where some are free. */
async function shapeOf(model: ModelAdapter<'activations'>, { name, shape }: LayerInfo, input: Tensor): Promise<readonly number[]> {
  const lengths = shape?.slice(1).filter((length) => length !== null) ?? [];
  if (shape !== null && lengths.length === shape.length - 1) return lengths;
  return (await valuesOf(model, name, sliceBatch(input, 0, 1))).shape.slice(1);
}

/**
 * Neuron gradient: the derivative of one unit of a layer with respect to the input, which is saliency for an inner unit in place of a class. In the
 * input's shape, signed. The target class plays no part.
 * @see {@link https://arxiv.org/abs/1312.6034 | Simonyan et al. 2013}, section 3, for a unit in place of a score
 */
export const neuronGradient: MethodFactory<'activations' | 'gradient', NeuronGradientOptions> = defineMethod({
  name: NAME,
  title: 'Neuron gradient',
  paper: { authors: 'Simonyan, Vedaldi, Zisserman', year: 2013, title: 'Deep Inside Convolutional Networks', url: 'https://arxiv.org/abs/1312.6034' },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: {
    layer: layerOption('Any layer; by default the last one with height and width before they are pooled away.'),
    neuron: neuronOption,
  },
  async explain(model, { input }, { layer: wanted, neuron }, context) {
    const info = wanted === undefined ? lastSpatialLayer(model, NAME) : findLayer(model, wanted);
    const samples = batchSize(input);
    const chosen: number[] = [];
    let shape: readonly number[];
    if (neuron === undefined) {
      const values = await valuesOf(model, info.name, input);
      shape = values.shape.slice(1);
      for (let sample = 0; sample < samples; sample++) chosen.push(argmax(sampleData(values, sample)));
      context.note(`neuron explained: ${chosen.map((position) => formatShape(indicesAt(position, shape))).join(', ')}`);
    } else {
      shape = await shapeOf(model, info, input);
      chosen.push(...new Array<number>(samples).fill(positionOf(neuron, shape, info.name)));
    }
    const cotangent = zeros([samples, ...shape]);
    chosen.forEach((position, sample) => { sampleData(cotangent, sample)[position] = 1; });
    const gradient = { of: { kind: 'cotangent', cotangent }, from: info.name, at: [INPUT] } as const;
    return { values: gradientAt(await model.evaluate({ input, gradient }), INPUT), layer: info.name };
  },
});
