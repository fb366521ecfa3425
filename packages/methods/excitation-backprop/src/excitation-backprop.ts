import {
  batchSize, checkLayerRows, defineMethod, findLayer, flagOption, gradientAt, INPUT, layerOption, type BackwardRules, type GradientPoint, type MethodFactory,
} from '@pellucid/core';
import { contrastiveExcitationBackpropRules, excitationBackpropRules } from './rules.ts';

/** Where the probabilities are taken, and of what. */
export interface ExcitationBackpropOptions {
  /** Any layer. @defaultValue the input */
  readonly layer: string | undefined;
  /** Whether what excites the class's dual, which has the negated weights of the last layer, is subtracted. @defaultValue false */
  readonly contrastive: boolean;
}

const rulesFor = ({ contrastive }: ExcitationBackpropOptions): BackwardRules => (contrastive ? contrastiveExcitationBackpropRules : excitationBackpropRules);

/**
 * Excitation backprop: the probability that a unit wins when the winner of a class hands its place down from layer to layer, in proportion to what
 * excites each unit. Of a logit the map is not negative and sums to 1, as far as something excites every winner; the contrastive one has both signs
 * and sums to 0. In the input's shape, or the layer's.
 * @see {@link https://arxiv.org/abs/1608.00507 | Zhang et al. 2016}, equations 3 and 5, section 3.3
 */
export const excitationBackprop: MethodFactory<'gradient' | 'backward-rules', ExcitationBackpropOptions> = defineMethod({
  name: 'excitation-backprop',
  title: 'Excitation Backprop',
  paper: {
    authors: 'Zhang, Lin, Brandt, Shen, Sclaroff',
    year: 2016,
    title: 'Top-down Neural Attention by Excitation Backprop',
    url: 'https://arxiv.org/abs/1608.00507',
  },
  kind: 'local',
  needs: ['gradient', 'backward-rules'],
  options: {
    layer: layerOption('Any layer; by default the input.'),
    contrastive: flagOption(false, "Subtract what excites the class's dual, which has the negated weights of the last layer."),
  },
  backwardRules: rulesFor,
  async explain(model, { input, objective }, options) {
    const { layer: name } = options;
    const layer = name === undefined ? undefined : findLayer(model, name);
    const place: GradientPoint = layer?.name ?? INPUT;
    // The input is asked for too: units that depend on it share with those of the layer, constants do not.
    const gradient = { of: objective, at: [INPUT, place], rules: rulesFor(options) } as const;
    const values = gradientAt(await model.evaluate({ input, gradient }), place);
    if (layer === undefined) return { values };
    checkLayerRows(values, batchSize(input), layer.name, model.name, 'excitation-backprop');
    return { values, layout: layer.layout, layer: layer.name };
  },
});
