import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accumulatedGradients } from '@pellucid/method-accumulated-gradients';
import { deconvolution } from '@pellucid/method-deconvolution';
import { deepLift } from '@pellucid/method-deep-lift';
import { eigenCam } from '@pellucid/method-eigen-cam';
import { gradCam } from '@pellucid/method-grad-cam';
import { guidedBackprop } from '@pellucid/method-guided-backprop';
import { inputXGradient } from '@pellucid/method-input-x-gradient';
import { integratedGradients } from '@pellucid/method-integrated-gradients';
import { lrp } from '@pellucid/method-lrp';
import { occlusion } from '@pellucid/method-occlusion';
import { saliency } from '@pellucid/method-saliency';
import { discoverMethods, isMethodFactory, type AnyMethodFactory } from '@pellucid/plugins';

// As unknown values: each has options of its own type, and all are treated by their description from here on.
const BROUGHT: readonly unknown[] = [
  saliency, inputXGradient, integratedGradients, guidedBackprop, deconvolution, deepLift, lrp, gradCam, eigenCam, occlusion, accumulatedGradients,
];

/** The methods that the benchmark runs by default, in the order of the table. */
export const KNOWN_METHODS: readonly AnyMethodFactory[] = BROUGHT.filter(isMethodFactory);

const APPLICATION = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Every method that the benchmark brings, also those that run only when they are named, and wrappers around any of them. */
export async function broughtMethods(): Promise<readonly AnyMethodFactory[]> {
  const { methods } = await discoverMethods({ user: APPLICATION, application: APPLICATION });
  return methods.map(({ factory }) => factory);
}

/** The controls: a map of noise, and an edge detector. Neither knows the model. */
export const CONTROLS: readonly string[] = ['random', 'edges'];
