import { defineClassActivationMap, reluOption, type ClassActivationMapOptions, type MethodFactory } from '@pellucid/core';

/** Where the map is made, and how it is shown at the input's size. */
export interface LayerCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what speaks for the class, as in the paper; before resizing. @defaultValue true */
  readonly relu: boolean;
}

/**
 * LayerCAM: every value of a layer weighted by its own gradient where that is positive, summed over the channels: fine enough for shallow
 * layers. One channel per map, in the layer's layout.
 * @see {@link https://ieeexplore.ieee.org/document/9462463 | Jiang et al. 2021}
 */
export const layerCam: MethodFactory<'activations' | 'gradient', LayerCamOptions> = defineClassActivationMap({
  name: 'layer-cam',
  title: 'LayerCAM',
  paper: {
    authors: 'Jiang, Zhang, Hou, Cheng, Wei',
    year: 2021,
    title: 'LayerCAM: Exploring Hierarchical Class Activation Maps for Localization',
    url: 'https://ieeexplore.ieee.org/document/9462463',
  },
  kind: 'local',
  needs: ['activations', 'gradient'],
  options: { relu: reluOption(true) },
  map: ({ channels, height, width, activation, gradient }) => {
    const map = new Float64Array(height * width);
    for (let k = 0; k < channels; k++) {
      for (let p = 0, i = k * map.length; p < map.length; p++, i++) map[p]! += Math.max(gradient[i]!, 0) * activation[i]!;
    }
    return map;
  },
});
