import { PellucidError, suggestNames } from '@pellucid/core';
import { ElementType, declaredType, graphInputs, type OnnxModel, type ValueInfoProto } from '@pellucid/onnx-graph';

/** The input that is explained and those that must be bound. */
export interface ChosenInputs {
  readonly explained: ValueInfoProto;
  readonly others: readonly ValueInfoProto[];
}

function unsupported(model: string, problem: string, help: string): PellucidError {
  return new PellucidError('MODEL_UNSUPPORTED', { model, problem, help });
}

const list = (infos: readonly ValueInfoProto[]): string => infos.map(({ name }) => `\`${name}\``).join(', ');

function pick(model: OnnxModel, inputs: readonly ValueInfoProto[], wanted: string | undefined, bound: ReadonlySet<string>): ValueInfoProto {
  const free = inputs.filter(({ name }) => !bound.has(name));
  const [only, ...others] = wanted === undefined ? free : free.filter(({ name }) => name === wanted);
  if (only !== undefined && others.length === 0) return only;
  if (wanted !== undefined) {
    const problem = bound.has(wanted) ? `its input \`${wanted}\` is both explained and bound` : `it has no input \`${wanted}\``;
    throw unsupported(model.name, problem, suggestNames(wanted, free.map(({ name }) => name)));
  }
  if (free.length === 0) throw unsupported(model.name, 'it has no input to explain', 'Leave at least one input unbound.');
  throw unsupported(
    model.name,
    `it has ${free.length} inputs (${list(free)}), and only one can be explained at a time`,
    'Name it with the option `input` (`--input NAME`), and give values to the others with `bind` (`--bind NAME=FILE.npy`).',
  );
}

/** Chooses the input that is explained. @throws MODEL_UNSUPPORTED when that is not clear, or it is no float32 tensor with axes. */
export function chooseInputs(model: OnnxModel, wanted: string | undefined, bound: readonly string[]): ChosenInputs {
  const inputs = graphInputs(model);
  const unknown = bound.find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    throw unsupported(model.name, `there is no input \`${unknown}\` to bind`, suggestNames(unknown, inputs.map(({ name }) => name)));
  }
  const explained = pick(model, inputs, wanted, new Set(bound));
  const others = inputs.filter((input) => input !== explained);
  const unbound = others.filter(({ name }) => !bound.includes(name));
  if (unbound.length > 0) {
    throw unsupported(model.name, `${list(unbound)} must have values too`, 'Give them with the option `bind`, one tensor per input (`--bind NAME=FILE.npy`).');
  }
  const type = declaredType(explained);
  if (type?.elementType !== ElementType.FLOAT) {
    const found = type === null ? 'no tensor' : `${ElementType[type.elementType] ?? 'unknown'} values`;
    throw unsupported(
      model.name,
      `its input \`${explained.name}\` takes ${found}, not float32`,
      'Explain a float32 input (export the model in float32, or explain the output of an embedding as a model of its own).',
    );
  }
  if (type.shape === null || type.shape.length < 1) {
    throw unsupported(model.name, `the shape of its input \`${explained.name}\` is not declared`, 'Export the model with input shapes.');
  }
  return { explained, others };
}
