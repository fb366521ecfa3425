import {
  defineClassActivationMap, flagOption, principalMap, reluOption, type ClassActivationMapOptions, type MethodFactory,
} from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export interface EigenCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what is above zero; before resizing. @defaultValue false: the map speaks for no class */
  readonly relu: boolean;
  /** Whether each channel's mean is taken away first: principal components in the statistical sense. @defaultValue false, as in the paper */
  readonly centred: boolean;
}

/**
 * Eigen-CAM: a layer projected onto the first principal component of its channels, image by image. Looks at no class and needs no
 * gradients. One signed channel per map, in the layer's layout; at the input's size unless `upsample` is false. The sign is the one
 * that correlates with the layer's mean positive activation.
 * @see {@link https://arxiv.org/abs/2008.00299 | Muhammad and Yeasin 2020}, section III
 */
export const eigenCam: MethodFactory<'activations', EigenCamOptions> = defineClassActivationMap({
  name: 'eigen-cam',
  title: 'Eigen-CAM',
  paper: {
    authors: 'Muhammad, Yeasin',
    year: 2020,
    title: 'Eigen-CAM: Class Activation Map using Principal Components',
    url: 'https://arxiv.org/abs/2008.00299',
  },
  kind: 'local',
  needs: ['activations'],
  options: { relu: reluOption(false), centred: flagOption(false, 'Take away the mean of each channel first.') },
  map: ({ channels, height, width, activation }, { centred }) => principalMap({ channels, height, width, values: activation }, centred),
});
