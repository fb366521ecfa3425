import {
  defineClassActivationMap, flagOption, principalMap, reluOption, type ClassActivationMapOptions, type MethodFactory,
} from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export interface EigenGradCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what is above zero; before resizing. @defaultValue true */
  readonly relu: boolean;
  /** Whether each channel's mean is taken away first. @defaultValue true, as where the method comes from */
  readonly centred: boolean;
}

/**
 * Eigen-Grad-CAM: the layer times its gradient, value by value, projected onto the first principal component of its channels: Eigen-CAM
 * that looks at a class. One signed channel per map, in the layer's layout; the sign is the one that correlates with what speaks for the class.
 * @see {@link https://github.com/jacobgil/pytorch-grad-cam | pytorch-grad-cam}, where it comes from, after Muhammad and Yeasin 2020
 */
export const eigenGradCam: MethodFactory<'activations' | 'gradient', EigenGradCamOptions> = defineClassActivationMap({
  name: 'eigen-grad-cam',
  title: 'Eigen-Grad-CAM',
  paper: {
    authors: 'Gildenblat and contributors',
    year: 2021,
    title: 'PyTorch library for CAM methods',
    url: 'https://github.com/jacobgil/pytorch-grad-cam',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: { relu: reluOption(true), centred: flagOption(true, 'Take away the mean of each channel of the products first.') },
  map: ({ channels, height, width, activation, gradient }, { centred }) => {
    const values = new Float64Array(activation.length);
    for (let i = 0; i < values.length; i++) values[i] = activation[i]! * gradient[i]!;
    return principalMap({ channels, height, width, values }, centred);
  },
});
