import { accumulatedGradients } from '@pellucid/method-accumulated-gradients';
import { eigenCam } from '@pellucid/method-eigen-cam';
import { gradCam } from '@pellucid/method-grad-cam';
import { inputXGradient } from '@pellucid/method-input-x-gradient';
import { integratedGradients } from '@pellucid/method-integrated-gradients';
import { occlusion } from '@pellucid/method-occlusion';
import { saliency } from '@pellucid/method-saliency';
import { isMethodFactory, type AnyMethodFactory } from '@pellucid/plugins';

// As unknown values: each has options of its own type, and all are treated by their description from here on.
const BROUGHT: readonly unknown[] = [saliency, inputXGradient, integratedGradients, gradCam, eigenCam, occlusion, accumulatedGradients];

/** The methods that the benchmark brings and runs by default, in the order of the table. */
export const KNOWN_METHODS: readonly AnyMethodFactory[] = BROUGHT.filter(isMethodFactory);

/** The controls: a map of noise, and an edge detector. Neither knows the model. */
export const CONTROLS: readonly string[] = ['random', 'edges'];
