import {
  choiceOption, defineClassActivationMap, PellucidError, reluOption, resolveSign, topEigenvector,
  type ClassActivationMapOptions, type MethodFactory, type OptionSpec,
} from '@pellucid/core';
import { centredPixels, kernelMatrix, multiply, type Kernel } from './kernel-matrix.ts';

/** Where the map is made, by which kernel, and how the map is shown at the input's size. */
export interface KpcaCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what is above zero; before resizing. @defaultValue false: the map speaks for no class */
  readonly relu: boolean;
  /** How alike two pixels x and y of the layer are: tanh(gamma x.y + 1), or exp(-gamma |x - y|^2). @defaultValue 'sigmoid' */
  readonly kernel: Kernel;
  /** The factor in the kernel. @defaultValue 1 / channels */
  readonly gamma: number | undefined;
}

const gammaOption: OptionSpec<number | undefined> = {
  type: 'number above 0',
  description: 'The factor in the kernel; by default 1 / channels.',
  default: undefined,
  accepts: (value): value is number | undefined => value === undefined || (typeof value === 'number' && Number.isFinite(value) && value > 0),
};

/** The kernel of all pairs of this many pixels takes 128 MiB. */
const MOST_PIXELS = 4096;

/** Kernels are between -1 and 1: below this is nothing but rounding. */
const NOTHING = 1e-12;

/**
 * KPCA-CAM: the pixels of a layer along the first principal component in the space of a kernel, which may be bent where Eigen-CAM's is
 * straight. Looks at no class and needs no gradients. One signed channel per map, in the layer's layout; the sign is the one that correlates
 * with the layer's mean positive activation.
 * @throws LAYER_UNSUITABLE for layers of more than 4096 pixels.
 * @see {@link https://arxiv.org/abs/2410.00267 | Karmani et al. 2024}
 */
export const kpcaCam: MethodFactory<'activations', KpcaCamOptions> = defineClassActivationMap({
  name: 'kpca-cam',
  title: 'KPCA-CAM',
  paper: {
    authors: 'Karmani, Sivakaran, Prasad, Ali, Yang, Tang',
    year: 2024,
    title: 'KPCA-CAM: Visual Explainability of Deep Computer Vision Models using Kernel PCA',
    url: 'https://arxiv.org/abs/2410.00267',
  },
  kind: 'local',
  needs: ['activations'],
  options: {
    relu: reluOption(false),
    kernel: choiceOption(['sigmoid', 'rbf'], 'sigmoid', 'How alike two pixels of the layer are: tanh(gamma x.y + 1), or exp(-gamma |x - y|^2).'),
    gamma: gammaOption,
  },
  map: ({ channels, height, width, activation, scene }, { kernel, gamma = 1 / channels }) => {
    const pixels = height * width;
    if (pixels > MOST_PIXELS) {
      throw new PellucidError('LAYER_UNSUITABLE', {
        layer: scene.layer.name,
        model: scene.model.name,
        method: 'kpca-cam',
        problem: `it has ${pixels} pixels, all pairs of which would be compared`,
        help: `Name a deeper layer, of at most ${MOST_PIXELS} pixels.`,
      });
    }
    const matrix = kernelMatrix(centredPixels(channels, pixels, activation), pixels, kernel, gamma);
    const isFlat = matrix.every((value) => Math.abs(value) <= NOTHING);
    const component = (isFlat ? undefined : topEigenvector(pixels, (vector) => multiply(matrix, vector))) ?? new Float64Array(pixels);
    const value = multiply(matrix, component).reduce((sum, image, p) => sum + image * component[p]!, 0);
    const projection = component.map((share) => Math.sqrt(Math.max(value, 0)) * share);
    return resolveSign(projection, { channels, height, width, values: activation });
  },
});
