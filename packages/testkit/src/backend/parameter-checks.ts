import { batchSize, findLayer, INPUT, isPellucidError, sampleData, type Evaluation, type LayerParameters, type ModelAdapter, type ModelParameters, type PellucidError, type Tensor } from '@pellucid/core';
import type { LoadCheck, LoadNetwork, SubjectCheck } from './backend-check.ts';
import { convolutionalNetwork, type ConvLayer, type DenseLayer } from './contract-network.ts';
import { assert, assertClose, makeSubject, type Subject } from './subject.ts';

// Equal weights may be packed in another way: equal up to float32 rounding, not bit by bit.
const ROUNDING = 2e-6;

/** The parameters of a model that shows them. */
function parametersOf({ parameters, capabilities, name }: Pick<ModelAdapter<never>, 'parameters' | 'capabilities' | 'name'>): ModelParameters | undefined {
  assert(capabilities.has('parameters') === (parameters !== undefined), () => `${name}: the capability \`parameters\` and the member say different things`);
  return parameters;
}

const tensorsOf = (layers: readonly LayerParameters[]): [string, Tensor][] => layers.flatMap(({ tensors }) => [...tensors]);
const mapTensors = (layers: readonly LayerParameters[], change: (value: number) => number): Map<string, Tensor> =>
  new Map(tensorsOf(layers).map(([name, { shape, data }]) => [name, { shape, data: data.map(change) }]));

async function withCopy(parameters: ModelParameters, tensors: ReadonlyMap<string, Tensor>, check: (copy: ModelAdapter) => Promise<void>): Promise<void> {
  const copy = await parameters.replace(tensors);
  try {
    await check(copy);
  } finally {
    await copy.dispose();
  }
}

/** Logits and the gradient of their sum at the input. */
const ask = (model: Subject['model'], input: Tensor): Promise<Evaluation> => model.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } });

function assertSame(actual: Evaluation, expected: Evaluation, what: string): void {
  for (let sample = 0; sample < batchSize(expected.logits); sample++) {
    const values = ({ logits, gradients }: Evaluation): number[] => [logits, ...gradients.values()].flatMap((tensor) => [...sampleData(tensor, sample)]);
    assertClose(values(actual), values(expected), ROUNDING, `${what}, sample ${sample}`);
  }
}

/** Every layer with weights, in the order of execution, with all that it learnt: values alone, as each engine lays them out in its own way. */
async function showsWhatItLearnt({ model, network }: Subject): Promise<void> {
  const layers = await parametersOf(model)?.read();
  if (layers === undefined) return;
  const learnt = network.layers.flatMap((layer): { readonly layer: ConvLayer | DenseLayer; readonly weights: Tensor }[] => (layer.kind === 'conv' ? [{ layer, weights: layer.filters }] : layer.kind === 'dense' ? [{ layer, weights: layer.weights }] : []));
  const names = (list: readonly string[]): string => list.map((name) => findLayer(model, name).name).join(', ');
  const [actual, expected] = [names(layers.map(({ layer }) => layer)), names(learnt.map(({ layer }) => layer.name))];
  assert(actual === expected, () => `layers that learnt something: expected ${expected}, got ${actual}`);
  learnt.forEach(({ layer, weights }, i) => {
    const values = [...(layers[i]?.tensors.values() ?? [])].flatMap(({ data }) => [...data]).sort((a, b) => a - b);
    assertClose(values, [...weights.data, ...layer.bias.data].sort((a, b) => a - b), 0, `what ${layer.name} learnt`);
  });
  const all = tensorsOf(layers).map(([name]) => name);
  assert(new Set(all).size === all.length, () => `names of parameters: ${all.join(', ')} are not unique`);
}

async function repeatsItself({ model, input }: Subject): Promise<void> {
  const parameters = parametersOf(model);
  if (parameters === undefined) return;
  const expected = await ask(model, input);
  const layers = await parameters.read();
  for (const tensors of [new Map<string, Tensor>(), new Map(tensorsOf(layers))]) {
    await withCopy(parameters, tensors, async (copy) => { assertSame(await ask(copy, input), expected, `a copy with ${tensors.size} tensors of equal values`); });
  }
}

async function forgetsEverything({ model, input }: Subject): Promise<void> {
  const parameters = parametersOf(model);
  if (parameters === undefined) return;
  const before = await ask(model, input);
  await withCopy(parameters, mapTensors(await parameters.read(), () => 0), async (copy) => {
    const { logits, gradients } = await ask(copy, input);
    assert([logits, ...gradients.values()].every(({ data }) => data.every((value) => value === 0)), () => 'a copy whose weights are all 0: logits and gradients are not 0');
    assert(copy.hash !== model.hash, () => 'a copy with other weights has the hash of the model');
    assertSame(await ask(model, input), before, 'the model beside its copy');
  });
  assertSame(await ask(model, input), before, 'the model after its copy was disposed of');
}

/** One tensor is replaced, then another of the copy: what was not named stays. */
async function changesWhatIsNamed({ model, input, network }: Subject): Promise<void> {
  const parameters = parametersOf(model);
  if (parameters === undefined) return;
  const last = (await parameters.read()).at(-1);
  const [name, bias] = [...(last?.tensors ?? [])].find(([, { data }]) => data.length === network.classes) ?? [];
  assert(name !== undefined && bias !== undefined, () => `what ${last?.layer} learnt holds no bias of ${network.classes} values`);
  const { logits } = await ask(model, input);
  const shifted = (by: number): ReadonlyMap<string, Tensor> => new Map([[name, { shape: bias.shape, data: bias.data.map((value) => value + by) }]]);
  await withCopy(parameters, shifted(1), async (copy) => {
    assertClose((await ask(copy, input)).logits.data, logits.data.map((value) => value + 1), ROUNDING, 'logits of a copy whose last bias is 1 more');
    const further = parametersOf(copy);
    assert(further !== undefined, () => 'a copy does not show its parameters');
    await withCopy(further, shifted(2), async (next) => {
      assertClose((await ask(next, input)).logits.data, logits.data.map((value) => value + 2), ROUNDING, 'logits of a copy of a copy');
    });
  });
}

async function ownsItsWeights({ model, input }: Subject): Promise<void> {
  const parameters = parametersOf(model);
  if (parameters === undefined) return;
  const before = await ask(model, input);
  for (const [, { data }] of tensorsOf(await parameters.read())) data.fill(7);
  assertSame(await ask(model, input), before, 'the model after what it read was overwritten');
  for (const [, { data }] of tensorsOf(await parameters.read())) assert(data.some((value) => value !== 7), () => 'reading again gives what the caller wrote');
}

async function assertRejects(task: () => Promise<unknown>, code: PellucidError['code'], what: string): Promise<void> {
  const error: unknown = await task().then(() => undefined, (cause: unknown) => cause);
  assert(isPellucidError(error) && error.code === code, () => `${what}: expected ${code}, got ${isPellucidError(error) ? error.code : String(error)}`);
}

async function refusesWhatDoesNotFit({ model }: Subject): Promise<void> {
  const parameters = parametersOf(model);
  if (parameters === undefined) return;
  const [[name, { shape, data }] = ['', { shape: [0], data: new Float32Array(0) }]] = tensorsOf(await parameters.read());
  const replace = (key: string, value: Tensor) => (): Promise<unknown> => parameters.replace(new Map([[key, value]]));
  await assertRejects(replace('no-such-tensor', { shape, data }), 'LAYER_NOT_FOUND', 'a tensor that the model does not have');
  await assertRejects(replace(name, { shape: [...shape, 1], data }), 'SHAPE_MISMATCH', 'a tensor of another shape');
  await assertRejects(replace(name, { shape, data: data.slice(1) }), 'SHAPE_MISMATCH', 'a tensor with a value less');
  await assertRejects(replace(name, { shape, data: data.map(() => NaN) }), 'INPUT_NOT_FINITE', 'a tensor of NaN');
}

/** Demands on models that show what they learnt; nothing is asked of others. */
export const parameterChecks: readonly SubjectCheck[] = [
  ['shows what it learnt, layer by layer', showsWhatItLearnt],
  ['a copy with equal weights gives equal answers', repeatsItself],
  ['a copy whose weights are 0 gives constants, and the model stays', forgetsEverything],
  ['a copy has other values where they were named', changesWhatIsNamed],
  ['what it shows belongs to the caller', ownsItsWeights],
  ['refuses values that do not fit', refusesWhatDoesNotFit],
];

/** A copy lives on its own, and a model that was disposed of makes none. */
async function outlivesTheModel(load: LoadNetwork): Promise<void> {
  const model = await load(convolutionalNetwork);
  const { input } = makeSubject(convolutionalNetwork, model);
  const parameters = parametersOf(model);
  if (parameters === undefined) {
    await model.dispose();
    return;
  }
  const expected = await ask(model, input);
  const copy = await parameters.replace(new Map());
  await model.dispose();
  try {
    assertSame(await ask(copy, input), expected, 'a copy whose model was disposed of');
    await assertRejects(() => parameters.read(), 'REQUEST_INVALID', 'reading from a model that was disposed of');
    await assertRejects(() => parameters.replace(new Map()), 'REQUEST_INVALID', 'copying a model that was disposed of');
  } finally {
    await copy.dispose();
    await copy.dispose();
  }
  await assertRejects(() => copy.evaluate({ input }), 'REQUEST_INVALID', 'asking a copy that was disposed of');
}

/** Demands on the life of copies. */
export const parameterLoadChecks: readonly LoadCheck[] = [['a copy with other weights outlives the model', outlivesTheModel]];
