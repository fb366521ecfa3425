import {
  defineClassActivationMap, flagOption, reluOption, scoreLayers, type ClassActivationMapOptions, type MethodFactory,
} from '@pellucid/core';

/** Where the map is made, how much of the surroundings is kept, and how the map is shown at the input's size. */
export interface ReciproCamOptions extends ClassActivationMapOptions {
  /** Whether to keep only what is above zero; before resizing. @defaultValue false, as in the paper */
  readonly relu: boolean;
  /** Whether a place keeps its eight neighbours, all weighted by a Gaussian; otherwise it stands alone as it is. @defaultValue false */
  readonly gaussian: boolean;
}

/** The share of place `q` that is kept where place `p` is looked at; the Gaussian is [1 2 1]^T [1 2 1] / 16. */
function share(p: number, q: number, width: number, gaussian: boolean): number {
  if (!gaussian) return p === q ? 1 : 0;
  const down = Math.abs(Math.floor(p / width) - Math.floor(q / width));
  const across = Math.abs((p % width) - (q % width));
  return down <= 1 && across <= 1 ? 1 / (4 * 2 ** (down + across)) : 0;
}

/**
 * Recipro-CAM: the score of every place of a layer alone, with zeros everywhere else. Of a vision transformer's layer, the tokens that
 * stand for no place stay. Needs no gradients. One channel per map, in the layer's layout.
 * @see {@link https://arxiv.org/abs/2209.14074 | Byun and Lee 2022}
 */
export const reciproCam: MethodFactory<'activations' | 'intervention', ReciproCamOptions> = defineClassActivationMap({
  name: 'recipro-cam',
  title: 'Recipro-CAM',
  paper: {
    authors: 'Byun, Lee',
    year: 2022,
    title: 'Recipro-CAM: Fast gradient-free visual explanations for convolutional neural networks',
    url: 'https://arxiv.org/abs/2209.14074',
  },
  kind: 'local',
  needs: ['activations', 'intervention'],
  options: {
    relu: reluOption(false),
    gaussian: flagOption(false, 'Keep the eight neighbours of a place, too, weighted by a Gaussian.'),
  },
  map: ({ channels, height, width, place, scene }, { gaussian }) => {
    const pixels = height * width;
    return scoreLayers(scene, pixels, (p, values) => {
      for (let q = 0; q < pixels; q++) {
        const kept = share(p, q, width, gaussian);
        for (let k = 0; k < channels; k++) values[place(k, q)]! *= kept;
      }
    });
  },
});
