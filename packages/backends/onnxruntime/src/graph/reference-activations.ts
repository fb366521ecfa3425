import {
  attributeInt, copyWith, ElementType, extractSubgraph, graphInputs, inferShapes, intAttribute, makeNode, makeValueInfo, nodeReads, opsetOf, replaceParts, tensorProducers, uniqueNames,
  type NodeProto, type OnnxModel, type TensorType,
} from '@pellucid/onnx-graph';
import type { Network } from '../model/network.ts';

/** A derivative over samples and their baselines, apart from what the baseline alone decides. */
export interface SplitPairs {
  /** Computes what `samples` is fed of a baseline, from the baseline in the place of the model's input. */
  readonly reference: OnnxModel;
  /** Takes samples and what the baseline gave, in a batch of one; its gradients are those of the samples. */
  readonly samples: OnnxModel;
  /** The inputs of `samples` for values of the baseline, by the tensor of `reference` that has them. */
  readonly fed: ReadonlyMap<string, string>;
  /** The input of `samples` for the second half of the cotangent. */
  readonly otherCotangent: string;
}

/** What is split: the derivative of a network, and the names of its inputs and outputs. */
export interface PairedDerivative {
  readonly model: OnnxModel;
  readonly cotangent: string;
  readonly gradients: readonly string[];
}

/** How many values of a baseline are kept at most: 128 MiB. */
const MOST_VALUES = 2 ** 25;

/** Since opset 8 there is Expand. */
const EXPAND = 8;

/** Operators of two operands that repeat one sample for all. */
const REPEATING: ReadonlySet<string> = new Set(['Add', 'Div', 'Max', 'Min', 'Mul', 'Sub']);

/** Operators that make as many values as their largest operand has. */
const VALUE_BY_VALUE: ReadonlySet<string> = new Set([...REPEATING, 'Abs', 'Clip', 'HardSigmoid', 'Relu']);

/** Types of tensors by their names. */
type Types = ReadonlyMap<string, TensorType>;

/** The nodes that lead to tensors of the network, those that a composed operator was written out in included, and the others, in order. */
function partForward(model: OnnxModel, network: OnnxModel): readonly [forward: readonly NodeProto[], backward: readonly NodeProto[]] {
  const needed = new Set(tensorProducers(network).keys());
  const forward = new Set<NodeProto>();
  for (const node of model.graph.node.toReversed()) {
    if (!node.output.some((name) => needed.has(name))) continue;
    forward.add(node);
    for (const name of nodeReads(node)) needed.add(name);
  }
  return [model.graph.node.filter((node) => forward.has(node)), model.graph.node.filter((node) => !forward.has(node))];
}

/** Everything that nodes compute from one input, its lengths included. */
function reachedFrom(nodes: readonly NodeProto[], input: string): ReadonlySet<string> {
  const reached = new Set([input]);
  for (const node of nodes) if (nodeReads(node).some((name) => reached.has(name))) for (const name of node.output) reached.add(name);
  return reached;
}

/** Values per sample; `null` for what does not hold a float32 row per sample, of known size. */
function rowLength(types: Types, input: string, name: string): number | null {
  const batch = types.get(input)?.shape?.[0];
  const { elementType, shape } = types.get(name) ?? {};
  if (elementType !== Number(ElementType.FLOAT) || !shape || typeof batch !== 'string' || shape[0] !== batch) return null;
  let length = 1;
  for (const size of shape.slice(1)) {
    if (typeof size !== 'number') return null;
    length *= size;
  }
  return length;
}

/** How the backward pass reads the values of the network: cut into halves, by what node, or whole. */
interface PairReads {
  readonly cut: ReadonlyMap<string, NodeProto>;
  readonly whole: ReadonlySet<string>;
}

/** Finds how values that depend on the model's input are read. */
function readsOf(backward: readonly NodeProto[], reached: ReadonlySet<string>): PairReads {
  const cut = new Map<string, NodeProto>();
  const whole = new Set<string>();
  for (const node of backward) {
    const [first = ''] = node.input;
    if (node.opType === 'Split' && attributeInt(node, 'axis', 0) === 0 && node.output.length === 2 && reached.has(first) && !cut.has(first)) cut.set(first, node);
    else for (const name of nodeReads(node)) if (reached.has(name)) whole.add(name);
  }
  return { cut, whole };
}

/** What the baseline alone decides. */
interface Decided {
  /** Halves of tensors of the network, and what is computed of these halves, by the tensors that they go back to. */
  readonly origins: ReadonlyMap<string, string>;
  readonly nodes: ReadonlySet<NodeProto>;
}

/** The halves that baselines have, with what nodes compute value by value of one of them. */
function decidedByBaseline({ cut }: PairReads, backward: readonly NodeProto[], numbers: ReadonlySet<string>): Decided {
  const origins = new Map([...cut].map(([name, { output }]) => [output[1] ?? '', name]));
  const nodes = new Set<NodeProto>();
  for (const node of backward) {
    const [origin, ...others] = new Set(nodeReads(node).filter((name) => !numbers.has(name)).map((name) => origins.get(name)));
    if (origin === undefined || others.length > 0 || !VALUE_BY_VALUE.has(node.opType)) continue;
    origins.set(node.output[0] ?? '', origin);
    nodes.add(node);
  }
  return { origins, nodes };
}

/** What `samples` has to be fed, by the tensor of the network that it is as large as. */
function feedsOf({ cut, whole }: PairReads, { origins, nodes }: Decided, backward: readonly NodeProto[]): ReadonlyMap<string, string> {
  const halves = new Set([...cut.values()].map(({ output }) => output[1] ?? ''));
  const feeds = new Map([...whole].map((name) => [name, name]));
  for (const node of backward) {
    if (nodes.has(node)) continue;
    for (const name of nodeReads(node)) {
      const origin = origins.get(name);
      if (origin !== undefined) feeds.set(halves.has(name) ? origin : name, origin);
    }
  }
  return feeds;
}

/** Gives gradients in the place of two times themselves; `null` where one is not made of that. */
function singleGradients(nodes: readonly NodeProto[], gradients: readonly string[]): readonly NodeProto[] | null {
  const renamed = new Map<string, string>();
  const dropped = new Set<NodeProto>();
  for (const name of gradients) {
    const join = nodes.find(({ output }) => output[0] === name);
    const [here = '', there] = join?.input ?? [];
    const isMade = nodes.some(({ output }) => output.includes(here));
    if (join?.opType !== 'Concat' || here !== there || !isMade || renamed.has(here) || nodes.some((node) => nodeReads(node).includes(name))) return null;
    renamed.set(here, name);
    dropped.add(join);
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  return nodes.filter((node) => !dropped.has(node)).map((node) => copyWith(node, { input: node.input.map(rename), output: node.output.map(rename) }));
}

/** The backward pass with what it reads of pairs put together from samples, what is fed of one baseline, and both halves of the cotangent. */
function readReferences(
  backward: readonly NodeProto[], { cut, whole }: PairReads, { origins, nodes }: Decided, fed: ReadonlyMap<string, string>, cotangent: readonly [here: string, there: string], unique: (wanted: string) => string,
): readonly NodeProto[] {
  const added: NodeProto[] = [];
  const op = (operator: string, inputs: readonly string[], wanted: string): string => {
    const output = unique(wanted);
    added.push(makeNode(operator, inputs, [output], operator === 'Concat' ? [intAttribute('axis', 0)] : []));
    return output;
  };
  const repeated = new Map<string, string>();
  const repeat = (name: string, like: string): string => {
    const known = repeated.get(name) ?? op('Expand', [fed.get(name) ?? '', op('Shape', [like], `${name}/shape`)], `${name}/references`);
    repeated.set(name, known);
    return known;
  };
  const renamed = new Map([[cotangent[0], op('Concat', cotangent, `${cotangent[0]}/pairs`)]]);
  for (const name of whole) renamed.set(name, op('Concat', [name, repeat(name, name)], `${name}/pairs`));
  for (const [name, { output: [here = ''] }] of cut) renamed.set(here, name);
  const halves = new Map([...cut].map(([name, { output }]) => [output[1] ?? '', name]));
  // What has a row for each sample: values of the baseline repeat themselves beside it.
  const rows = new Set([...cut.values()].map(({ output: [here = ''] }) => here));
  const cuts = new Set(cut.values());

  const rewritten = backward.filter((node) => !cuts.has(node) && !nodes.has(node)).map((node) => {
    const hasRows = node.input.some((name) => rows.has(name));
    if (hasRows && VALUE_BY_VALUE.has(node.opType)) rows.add(node.output[0] ?? '');
    const repeatsItself = hasRows && REPEATING.has(node.opType);
    return copyWith(node, {
      input: node.input.map((name) => {
        const origin = origins.get(name);
        if (origin === undefined) return renamed.get(name) ?? name;
        const there = halves.get(name) ?? name;
        return repeatsItself ? (fed.get(there) ?? '') : repeat(there, origin);
      }),
    });
  });
  return [...added, ...rewritten];
}

/** Single numbers that the model holds. */
function storedNumbers(model: OnnxModel, types: Types): ReadonlySet<string> {
  const constants = model.graph.node.filter(({ opType }) => opType === 'Constant').flatMap(({ output }) => output);
  return new Set([...model.graph.initializer.map(({ name }) => name), ...constants].filter((name) => types.get(name)?.shape?.length === 0));
}

/** The network and, behind it, what the baseline alone decides, computed of whole tensors in the place of their second halves. */
function referenceModel(model: OnnxModel, forward: readonly NodeProto[], { cut }: PairReads, { nodes }: Decided): OnnxModel {
  const wholes = new Map([...cut].map(([name, { output }]) => [output[1] ?? '', name]));
  const behind = [...nodes].map((node) => copyWith(node, { input: node.input.map((name) => wholes.get(name) ?? name) }));
  return replaceParts(model, { node: [...forward, ...behind], valueInfo: [] });
}

/**
 * Parts a derivative over samples and then their baselines, so that a baseline passes through the network once for all samples that are compared with it, and
 * not at all where its values are known: the backward rules read them from inputs, in a batch of one that repeats itself.
 * @returns null where the halves are told apart in another way than by Split, or little would be saved
 */
export function splitPairs(network: Pick<Network, 'model' | 'input'>, { model, cotangent, gradients }: PairedDerivative): SplitPairs | null {
  const { input: { name: input } } = network;
  const types = inferShapes(model);
  const [forward, behind] = partForward(model, network.model);
  const backward = singleGradients(behind, gradients);
  const cotangentType = types.get(cotangent);
  if (backward === null || cotangentType === undefined || opsetOf(model) < EXPAND || graphInputs(model).length !== 2) return null;

  const reads = readsOf(backward, reachedFrom(forward, input));
  const length = (names: Iterable<string>): number => [...names].reduce((sum, name) => sum + (rowLength(types, input, name) ?? Infinity), 0);
  const read = new Set([...reads.cut.keys(), ...reads.whole]);
  if (length(read) > MOST_VALUES || length(reads.whole) * 2 > length(read)) return null;

  const all = decidedByBaseline(reads, backward, storedNumbers(model, types));
  const more = feedsOf(reads, all, backward);
  const isMuch = length(more.values()) > MOST_VALUES;
  const decided = isMuch ? decidedByBaseline(reads, [], new Set()) : all;
  const feeds = isMuch ? feedsOf(reads, decided, backward) : more;

  const unique = uniqueNames(model);
  const fed = new Map([...feeds.keys()].map((name) => [name, unique(`${name}/reference`)]));
  const otherCotangent = unique(`${cotangent}/baselines`);
  const asked = model.graph.output.map(({ name }) => name).filter((name) => !gradients.includes(name));
  const typesOfFeeds = new Map([...types, ...[...feeds].map(([name, origin]) => [name, types.get(origin) ?? { elementType: ElementType.FLOAT, shape: null }] as const)]);
  const kept = [...fed].map(([name, feed]) => makeValueInfo(feed, { elementType: ElementType.FLOAT, shape: [1, ...(typesOfFeeds.get(name)?.shape?.slice(1) ?? [])] }));
  return {
    reference: extractSubgraph(referenceModel(model, forward, reads, decided), [...new Set([...feeds.keys(), ...asked])].filter((name) => name !== input), typesOfFeeds),
    samples: replaceParts(model, {
      node: [...forward, ...readReferences(backward, reads, decided, fed, [cotangent, otherCotangent], unique)],
      input: [...model.graph.input, makeValueInfo(otherCotangent, cotangentType), ...kept],
      // What was declared of inner tensors holds for both halves.
      valueInfo: [],
    }),
    fed, otherCotangent,
  };
}
