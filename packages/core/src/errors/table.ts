/**
 * Every error that a user can act on: its message, with `{placeholders}` for the details. What each means is in `meanings.ts`.
 * `docs/errors.md` lists the same codes; a test compares the two, and both with the uses in the source. The messages are part of the types, from
 * which the details follow.
 */
export const ERRORS = {
  ABORTED: { message: 'Cannot finish {what}: it was aborted.' },
  BACKEND_UNAVAILABLE: { message: 'Cannot use engine `{engine}`: {reason}. {help}' },
  CAPABILITY_MISSING: { message: 'Cannot run `{method}` on `{model}`: it needs {missing}, which this model does not offer. It offers: {offered}.' },
  CONFIGURATION_INVALID: { message: 'Cannot read the configuration {where}: {problem}. {help}' },
  DATA_INVALID: { message: 'Cannot read `{file}` as {format}: {problem}. {help}' },
  DATA_MISSING: { message: 'Cannot find {what} in `{where}`: {problem}. {help}' },
  GRADIENT_UNDEFINED: { message: 'Cannot differentiate `{operator}` (node `{node}`, {version}) on the path {path}: {reason}. {help}' },
  GRADIENT_UNREACHABLE: { message: 'Cannot differentiate `{of}` with respect to `{at}`: no path of differentiable operators connects them. {help}' },
  INPUT_NOT_FINITE: { message: 'Cannot use the {what}: sample {sample} holds {value} at index {index}. Every value must be a finite number.' },
  LAYER_AMBIGUOUS: { message: 'Cannot choose a layer by `{layer}` in `{model}`: it could mean {candidates}. Use one of these names.' },
  LAYER_NOT_FOUND: { message: 'Cannot find layer `{layer}` in `{model}`. {help}' },
  LAYER_UNSUITABLE: { message: 'Cannot use layer `{layer}` of `{model}` for `{method}`: {problem}. {help}' },
  METHOD_UNKNOWN: { message: 'Cannot find {kind} `{name}`. {help}' },
  MODEL_INVALID: { message: 'Cannot read `{model}` as {format}: {problem}. {help}' },
  MODEL_UNSUPPORTED: { message: 'Cannot use `{model}`: {problem}. {help}' },
  OPTION_INVALID: { message: 'Cannot use option `{option}` of `{name}`: expected {expected}, got {actual}.' },
  OPTION_UNKNOWN: { message: 'Cannot find option `{option}` of `{name}`. {help}' },
  OUTPUT_UNWRITABLE: { message: 'Cannot write `{path}`: {problem}. {help}' },
  REQUEST_INVALID: { message: 'Cannot {action}: {problem}. {help}' },
  SHAPE_MISMATCH: { message: 'Cannot use the {what}: expected shape {expected}, got {actual}. {help}' },
  TARGET_OUT_OF_RANGE: { message: 'Cannot explain target {target} of sample {sample}: `{model}` has {classes} outputs, 0 to {last}.' },
} as const;

/** A stable name that programs can branch on. */
export type ErrorCode = keyof typeof ERRORS;

type Placeholder<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholder<Rest> : never;

/** The details that the message of an error needs. */
export type ErrorDetails<Code extends ErrorCode> = Readonly<
  Record<Placeholder<(typeof ERRORS)[Code]['message']>, string | number>
>;
