import {
  defineClassActivationMap, numberOption, reluOption, weighChannels, type ClassActivationMapOptions, type MethodFactory,
} from '@pellucid/core';

/** Where the map is made, what counts as strong, and how the map is shown at the input's size. */
export interface FemOptions extends ClassActivationMapOptions {
  /** Whether to keep only what is above zero; before resizing. @defaultValue false: the map speaks for no class */
  readonly relu: boolean;
  /** Standard deviations above a channel's mean from which a value is strong (K of the paper). @defaultValue 2 */
  readonly deviations: number;
}

/**
 * FEM, the feature explanation method: the channels of a layer, each weighted by the share of places where it is strong, beyond K standard
 * deviations above its mean. Looks at no class and needs no gradients. One channel per map, in the layer's layout.
 * @see {@link https://hal.science/hal-02963298 | Fuad et al. 2020}
 */
export const fem: MethodFactory<'activations', FemOptions> = defineClassActivationMap({
  name: 'fem',
  title: 'FEM',
  paper: {
    authors: 'Fuad, Martin, Giot, Bourqui, Benois-Pineau, Zemmari',
    year: 2020,
    title: 'Features Understanding in 3D CNNs for Actions Recognition in Video',
    url: 'https://hal.science/hal-02963298',
  },
  kind: 'local',
  needs: ['activations'],
  options: {
    relu: reluOption(false),
    deviations: numberOption(2, 0, Number.MAX_VALUE, 'Standard deviations above the mean of a channel from which a value counts as strong.'),
  },
  map: (sample, { deviations }) => {
    const { height, width, activation } = sample;
    const pixels = height * width;
    return weighChannels(sample, (k) => {
      const [start, end] = [k * pixels, (k + 1) * pixels];
      let sum = 0;
      let squares = 0;
      let strong = 0;
      for (let i = start; i < end; i++) sum += activation[i]!;
      const mean = sum / pixels;
      for (let i = start; i < end; i++) squares += (activation[i]! - mean) ** 2;
      const threshold = mean + deviations * Math.sqrt(squares / pixels);
      for (let i = start; i < end; i++) if (activation[i]! > threshold) strong += 1;
      return strong / pixels;
    });
  },
});
