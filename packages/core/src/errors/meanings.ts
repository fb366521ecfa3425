import type { ErrorCode } from './table.ts';

/** What each error means, for the page of the documents: programs do not carry these texts. */
export const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  ABORTED: 'The AbortSignal that was passed in fired. Nothing is kept of the interrupted work.',
  BACKEND_UNAVAILABLE: 'The engine that was asked for is not installed or does not work on this machine.',
  CAPABILITY_MISSING: 'A method needs something, such as gradients, that the backend cannot give for this model.',
  CONFIGURATION_INVALID: 'A configuration file or command line holds something that is unknown or of the wrong type.',
  DATA_INVALID: 'A data file (IDX, CIFAR binary, NPY, labels, image) is cut short or malformed.',
  DATA_MISSING: 'A file or folder that should hold data is missing or empty.',
  GRADIENT_UNDEFINED: 'The gradient has to pass an operator that has no backward rule, or whose rule does not cover this use.',
  GRADIENT_UNREACHABLE: 'The output does not depend on the tensor, so that a gradient of zero would say nothing.',
  INPUT_NOT_FINITE: 'NaN or an infinity in the input would spread silently through every value of the map.',
  LAYER_AMBIGUOUS: 'A short name, such as a module path, matches several layers.',
  LAYER_NOT_FOUND: 'No layer has this output, node or module name.',
  LAYER_UNSUITABLE: 'The layer exists but does not have what the method needs, such as spatial axes.',
  METHOD_UNKNOWN: 'No installed package offers a method, metric, data set or network of this name.',
  MODEL_INVALID: 'The model file is cut short, is not a model, or contradicts itself.',
  MODEL_UNSUPPORTED: 'The model is valid but uses something that this backend cannot run, such as several inputs of which none is chosen.',
  OPTION_INVALID: 'The value of an option has the wrong type or lies outside its range.',
  OPTION_UNKNOWN: 'The method or metric has no option of this name.',
  OUTPUT_UNWRITABLE: 'The folder for the results cannot be created or written.',
  REQUEST_INVALID: 'What was asked for contradicts itself or leaves out something that is needed.',
  SHAPE_MISMATCH: 'A tensor does not have the shape that the model or the method needs.',
  TARGET_OUT_OF_RANGE: 'A target is the index of one of the model outputs.',
};
