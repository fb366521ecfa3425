/**
 * Every error that a user can act on: its message, with `{placeholders}` for the details, and what it means.
 * `docs/errors.md` lists the same codes; a test compares the two, and both with the uses in the source. The messages are part of the types, from
 * which the details follow; the meanings are not, so that published declarations do not repeat them.
 */
export const ERRORS = {
  ABORTED: {
    message: 'Cannot finish {what}: it was aborted.',
    meaning: 'The AbortSignal that was passed in fired. Nothing is kept of the interrupted work.' as string,
  },
  BACKEND_UNAVAILABLE: {
    message: 'Cannot use engine `{engine}`: {reason}. {help}',
    meaning: 'The engine that was asked for is not installed or does not work on this machine.' as string,
  },
  CAPABILITY_MISSING: {
    message: 'Cannot run `{method}` on `{model}`: it needs {missing}, which this model does not offer. It offers: {offered}.',
    meaning: 'A method needs something, such as gradients, that the backend cannot give for this model.' as string,
  },
  CONFIGURATION_INVALID: {
    message: 'Cannot read the configuration {where}: {problem}. {help}',
    meaning: 'A configuration file or command line holds something that is unknown or of the wrong type.' as string,
  },
  DATA_INVALID: {
    message: 'Cannot read `{file}` as {format}: {problem}. {help}',
    meaning: 'A data file (IDX, CIFAR binary, NPY, labels, image) is cut short or malformed.' as string,
  },
  DATA_MISSING: {
    message: 'Cannot find {what} in `{where}`: {problem}. {help}',
    meaning: 'A file or folder that should hold data is missing or empty.' as string,
  },
  GRADIENT_UNDEFINED: {
    message: 'Cannot differentiate `{operator}` (node `{node}`, {version}) on the path {path}: {reason}. {help}',
    meaning: 'The gradient has to pass an operator that has no backward rule, or whose rule does not cover this use.' as string,
  },
  GRADIENT_UNREACHABLE: {
    message: 'Cannot differentiate `{of}` with respect to `{at}`: no path of differentiable operators connects them. {help}',
    meaning: 'The output does not depend on the tensor, so that a gradient of zero would say nothing.' as string,
  },
  INPUT_NOT_FINITE: {
    message: 'Cannot use the {what}: sample {sample} holds {value} at index {index}. Every value must be a finite number.',
    meaning: 'NaN or an infinity in the input would spread silently through every value of the map.' as string,
  },
  LAYER_AMBIGUOUS: {
    message: 'Cannot choose a layer by `{layer}` in `{model}`: it could mean {candidates}. Use one of these names.',
    meaning: 'A short name, such as a module path, matches several layers.' as string,
  },
  LAYER_NOT_FOUND: {
    message: 'Cannot find layer `{layer}` in `{model}`. {help}',
    meaning: 'No layer has this output, node or module name.' as string,
  },
  LAYER_UNSUITABLE: {
    message: 'Cannot use layer `{layer}` of `{model}` for `{method}`: {problem}. {help}',
    meaning: 'The layer exists but does not have what the method needs, such as spatial axes.' as string,
  },
  METHOD_UNKNOWN: {
    message: 'Cannot find {kind} `{name}`. {help}',
    meaning: 'No installed package offers a method, metric, data set or network of this name.' as string,
  },
  MODEL_INVALID: {
    message: 'Cannot read `{model}` as {format}: {problem}. {help}',
    meaning: 'The model file is cut short, is not a model, or contradicts itself.' as string,
  },
  MODEL_UNSUPPORTED: {
    message: 'Cannot use `{model}`: {problem}. {help}',
    meaning: 'The model is valid but uses something that this backend cannot run, such as several inputs.' as string,
  },
  OPTION_INVALID: {
    message: 'Cannot use option `{option}` of `{name}`: expected {expected}, got {actual}.',
    meaning: 'The value of an option has the wrong type or lies outside its range.' as string,
  },
  OPTION_UNKNOWN: {
    message: 'Cannot find option `{option}` of `{name}`. {help}',
    meaning: 'The method or metric has no option of this name.' as string,
  },
  OUTPUT_UNWRITABLE: {
    message: 'Cannot write `{path}`: {problem}. {help}',
    meaning: 'The folder for the results cannot be created or written.' as string,
  },
  REQUEST_INVALID: {
    message: 'Cannot {action}: {problem}. {help}',
    meaning: 'What was asked for contradicts itself or leaves out something that is needed.' as string,
  },
  SHAPE_MISMATCH: {
    message: 'Cannot use the {what}: expected shape {expected}, got {actual}. {help}',
    meaning: 'A tensor does not have the shape that the model or the method needs.' as string,
  },
  TARGET_OUT_OF_RANGE: {
    message: 'Cannot explain target {target} of sample {sample}: `{model}` has {classes} outputs, 0 to {last}.',
    meaning: 'A target is the index of one of the model outputs.' as string,
  },
} as const;

/** A stable name that programs can branch on. */
export type ErrorCode = keyof typeof ERRORS;

type Placeholder<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholder<Rest> : never;

/** The details that the message of an error needs. */
export type ErrorDetails<Code extends ErrorCode> = Readonly<
  Record<Placeholder<(typeof ERRORS)[Code]['message']>, string | number>
>;
