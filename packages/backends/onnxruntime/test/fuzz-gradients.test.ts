import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPellucidError, type BackwardRules, type ErrorCode } from '@pellucid/core';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RULES } from '@pellucid/onnx-autodiff';
import { declaredType, makeValueInfo, readModel, replaceParts, writeModel, type Dimension, type OnnxModel } from '@pellucid/onnx-graph';
import { readModelFile } from '@pellucid/onnx-graph/files';
import { portableGradient } from '../src/index.ts';

/** Mutated models; the same ones in every run. */
const MUTATIONS = 2000;
/** Time that a single one may take of the processor. */
const LONGEST_SECONDS = 5;

const MODELS = join(__dirname, 'models');
const SEEDS = ['attention', 'branches', 'convolutional', 'external', 'functions', 'quantised'];

type Draw = (below: number) => number;

/** Marsaglia's xorshift with 32 bits: whole numbers below a bound. */
function numbers(seed: number): Draw {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const pick = <Item>(items: readonly Item[], draw: Draw): Item => items[draw(items.length)]!;
const LENGTHS: readonly Dimension[] = [0, 1, 2, 3, 7, -1, 2 ** 31, 2 ** 40, 2 ** 53, 'batch', 'other', '2*batch', 'batch-1', null];
const INTEGERS = [0n, 1n, 2n, 3n, -1n, -2n, 5n, 255n, -(2n ** 31n), 2n ** 31n, 2n ** 62n];
const OPERATORS = [...new Set(RULES.map(({ operator }) => operator))];

/** Flips, cuts and repeats bytes. */
function mutateBytes(original: Uint8Array, draw: Draw): Uint8Array {
  let bytes = original.slice();
  for (let change = 0; change <= draw(3); change++) {
    const at = draw(bytes.length);
    const kind = draw(5);
    if (kind === 0) bytes = bytes.slice(0, at + 1);
    else if (kind === 1) bytes = Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at, at + draw(60)), ...bytes.slice(at)]);
    else if (kind === 2) bytes[at] = draw(256);
    else bytes[at]! ^= 1 << draw(8);
  }
  return bytes;
}

/** Changes what a graph says, so that most of it can still be read. */
function mutateGraph(bytes: Uint8Array, draw: Draw): Uint8Array {
  const model = readModel(bytes, 'seed');
  const { node: nodes, initializer: tensors } = model.graph;
  const names = nodes.flatMap(({ input, output }) => [...input, ...output]);
  const changes: readonly (() => void)[] = [
    () => { pick(nodes, draw).opType = pick(OPERATORS, draw); },
    () => { const { input } = pick(nodes, draw); input[draw(input.length + 1)] = pick(names, draw); },
    () => { pick(nodes, draw).input.pop(); },
    () => { pick(nodes, draw).output.push(`extra${draw(3)}`); },
    () => { const { attribute } = pick(nodes, draw); if (attribute.length > 0) Object.assign(pick(attribute, draw), { i: pick(INTEGERS, draw) }); },
    () => { const { attribute } = pick(nodes, draw); if (attribute.length > 0) Object.assign(pick(attribute, draw), { ints: Array.from({ length: draw(5) }, () => pick(INTEGERS, draw)) }); },
    () => { const { attribute } = pick(nodes, draw); if (attribute.length > 0) attribute.splice(draw(attribute.length), 1); },
    () => { if (tensors.length > 0) { const tensor = pick(tensors, draw); tensor.dims = [...tensor.dims].reverse(); } },
    () => { if (tensors.length > 0) { const tensor = pick(tensors, draw); tensor.dims = draw(2) === 0 ? [1n, ...tensor.dims] : tensor.dims.slice(1); } },
    () => { if (tensors.length > 0) pick(tensors, draw).dataType = draw(24); },
    () => { for (const entry of model.proto.opsetImport) entry.version = BigInt(1 + draw(28)); },
    () => { nodes.splice(draw(nodes.length), 1); },
  ];
  for (let change = 0; change <= draw(3); change++) if (nodes.length > 0) pick(changes, draw)();
  const changed = draw(3) > 0 ? model : replaceParts(model, { input: model.graph.input.map((info) => {
    const type = declaredType(info);
    return makeValueInfo(info.name, { elementType: draw(5) === 0 ? draw(24) : (type?.elementType ?? 1), shape: (type?.shape ?? []).map((length) => (draw(2) === 0 ? pick(LENGTHS, draw) : length)) });
  }) });
  return writeModel(changed);
}

const paired: BackwardRules = {
  name: 'paired', paired: true, mergeBatchNorm: true,
  rules: {
    relu: ({ gradients }, { halves, join }) => { const [here] = halves(gradients[0]!); return [join(here, here)]; },
    conv: ({ gradients, linear }) => [linear === undefined ? null : linear.backward(gradients[0]!, linear.weight)],
    softmax: ({ derivative }, { meanPerSample }) => { const [result] = derivative(); return [result === undefined || result === null ? null : meanPerSample(result)]; },
  },
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-fuzz-'));
  mkdirSync(join(folder, 'models'));
  for (const file of readdirSync(MODELS)) writeFileSync(join(folder, 'models', file), readFileSync(join(MODELS, file)));
});
afterAll(() => { rmSync(folder, { recursive: true }); });

function differentiateFile(bytes: Uint8Array, draw: Draw): 'written' | ErrorCode {
  const path = join(folder, 'models/mutated.onnx');
  writeFileSync(path, bytes);
  try {
    const model: OnnxModel = readModelFile(path).model;
    const rules = pick([undefined, undefined, paired], draw);
    writeModel(portableGradient(model, { wrt: 'inputs', of: model.graph.output[0]?.name, rules, straightThrough: draw(2) === 0 }).model);
    return 'written';
  } catch (error) {
    if (isPellucidError(error)) return error.code;
    throw error;
  }
}

// No error but those of the table gets out, nothing hangs, and memory stays within bounds.
test(`${MUTATIONS} mutated models are differentiated or refused with a typed error`, () => {
  const seeds = SEEDS.map((name) => new Uint8Array(readFileSync(join(MODELS, `${name}.onnx`))));
  const whole = seeds.filter((_, i) => SEEDS[i] !== 'external');
  const draw = numbers(20261122);
  const before = process.memoryUsage().rss;
  const outcomes = new Map<string, number>();
  for (let i = 0; i < MUTATIONS; i++) {
    const bytes = draw(4) === 0 ? mutateBytes(pick(seeds, draw), draw) : mutateGraph(pick(whole, draw), draw);
    const start = process.cpuUsage();
    let outcome: string;
    try {
      outcome = differentiateFile(bytes, draw);
    } catch (error) {
      throw new Error(`mutation ${i} is no typed error: ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
    }
    const { user, system } = process.cpuUsage(start);
    if ((user + system) / 1e6 > LONGEST_SECONDS) throw new Error(`mutation ${i} (${outcome}) took ${(user + system) / 1e6} seconds`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  for (const often of ['written', 'MODEL_INVALID', 'GRADIENT_UNDEFINED']) expect(outcomes.get(often)).toBeGreaterThan(MUTATIONS / 20);
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
});
