import { asAttribute, fusedParts, nodeName, numbersAttribute, pruned, textAttribute, type StoredNode } from './stored-graph.ts';

/** Convolutions, and over how many axes each goes. */
const CONVOLUTIONS: ReadonlyMap<string, number> = new Map([
  ['Conv2D', 2], ['Conv3D', 3], ['DepthwiseConv2dNative', 2], ['FusedDepthwiseConv2dNative', 2], ['_FusedConv2D', 2],
]);
/** Those that every engine computes with any zeros around its input. */
const TAKE_ANY_PADDING: ReadonlySet<string> = new Set(['Conv2D', '_FusedConv2D']);

/** What has to be known of the graph besides its nodes. */
export interface GraphFacts {
  /** The numbers that a node always gives; undefined where they may change. */
  readonly numbersOf: (node: string) => readonly number[] | undefined;
  /** The shape of a stored weight. */
  readonly weightShape: (node: string) => readonly number[] | undefined;
  /** Whether a node is an output of the graph. */
  readonly isOutput: (node: string) => boolean;
  /** Whether the engine computes a dilated convolution by this operator. */
  readonly runsDilated: (op: string) => boolean;
}

/** A convolution of an image cut into interleaved ones: the nodes from the cut to where the results are put together. */
interface CutConvolution {
  readonly cut: StoredNode;
  /** A convolution along one axis gets another one in front, and loses it again. */
  readonly widen: StoredNode | undefined;
  readonly convolution: StoredNode;
  readonly narrow: StoredNode | undefined;
  readonly join: StoredNode;
}

/** Finds nodes by name, and where they have one reader alone. */
interface Lookup {
  readonly node: (input: string | undefined) => StoredNode | undefined;
  /** The node behind an input, if nobody else reads it. */
  readonly only: (input: string | undefined, op?: string) => StoredNode | undefined;
}

function lookup(nodes: readonly StoredNode[], { isOutput }: GraphFacts): Lookup {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const reads = new Map<string, number>();
  for (const input of nodes.flatMap((node) => node.input ?? [])) reads.set(nodeName(input), (reads.get(nodeName(input)) ?? 0) + 1);
  const node = (input: string | undefined): StoredNode | undefined => (input === undefined ? undefined : byName.get(nodeName(input)));
  return {
    node,
    only: (input, op) => {
      const found = node(input);
      return found !== undefined && reads.get(found.name) === 1 && !isOutput(found.name) && (op === undefined || found.op === op) ? found : undefined;
    },
  };
}

const isFirstSpatialAxis = (numbers: readonly number[] | undefined): boolean => numbers?.length === 1 && (numbers[0] === 1 || numbers[0] === -3);

function findCut(join: StoredNode, { only }: Lookup, { numbersOf }: GraphFacts): CutConvolution | undefined {
  if (join.op !== 'BatchToSpaceND') return undefined;
  const behind = only(join.input?.[0]);
  const narrow = behind?.op === 'Squeeze' ? behind : undefined;
  const convolution = narrow === undefined ? behind : only(narrow.input?.[0], 'Conv2D');
  if (convolution === undefined || !CONVOLUTIONS.has(convolution.op)) return undefined;
  const widen = narrow && only(convolution.input?.[0], 'ExpandDims');
  const cut = only((widen ?? convolution).input?.[0], 'SpaceToBatchND');
  if (cut === undefined) return undefined;
  if (narrow === undefined) return { cut, widen, convolution, narrow, join };
  const widens = isFirstSpatialAxis(numbersOf(nodeName(widen?.input?.[1] ?? '')));
  return widens && isFirstSpatialAxis(numbersAttribute(narrow, 'squeeze_dims')) ? { cut, widen, convolution, narrow, join } : undefined;
}

const isOnes = (numbers: readonly number[] | undefined): boolean => numbers === undefined || numbers.every((number) => number === 1);

/** Whether a convolution goes step by step over what is there, channels last, and treats every place alike. */
function isPlain(node: StoredNode): boolean {
  const lastChannels = (textAttribute(node, 'data_format') ?? 'NHWC').endsWith('C');
  const parts = fusedParts(node);
  // A PReLU may have slopes of its own for every place.
  return lastChannels && textAttribute(node, 'padding') === 'VALID' && !parts.includes('Prelu') && isOnes(numbersAttribute(node, 'strides')) && isOnes(numbersAttribute(node, 'dilations'));
}

/** What makes one convolution of it. */
interface Dilation {
  readonly rates: readonly number[];
  /** Zeros in front of each axis and behind it, in turn. */
  readonly zeros: readonly number[];
}

/**
 * Cut with blocks b, a filter tap t reaches t b places further: it is dilated by b. Zeros p in front, of which c results are cropped, leave p - c; and those
 * behind alike, which also fill up the last block.
 */
function dilationOf({ cut, widen, join }: CutConvolution, { numbersOf }: GraphFacts): Dilation | undefined {
  const read = ({ input = [] }: StoredNode, place: number): readonly number[] | undefined => numbersOf(nodeName(input[place] ?? ''));
  const [rates, paddings, joined, crops] = [read(cut, 1), read(cut, 2), read(join, 1), read(join, 2)];
  if (rates === undefined || paddings === undefined || joined === undefined || crops === undefined || rates.join() !== joined.join()) return undefined;
  const zeros = paddings.map((padding, i) => padding - crops[i]!);
  if (zeros.length !== 2 * rates.length || !zeros.every((count) => count >= 0)) return undefined;
  return widen === undefined ? { rates, zeros } : { rates: [1, ...rates], zeros: [0, 0, ...zeros] };
}

/** The padding as attributes of the convolution; undefined where it has none such. */
function paddingOf({ convolution }: CutConvolution, { rates, zeros }: Dilation, { weightShape }: GraphFacts): Readonly<Record<string, unknown>> | undefined {
  if (zeros.every((count) => count === 0)) return {};
  const filter = weightShape(nodeName(convolution.input?.[1] ?? ''));
  const same = rates.flatMap((rate, axis) => {
    const total = rate * ((filter?.[axis] ?? NaN) - 1);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
  if (same.join() === zeros.join()) return { padding: asAttribute.text('SAME') };
  if (!TAKE_ANY_PADDING.has(convolution.op)) return undefined;
  return { padding: asAttribute.text('EXPLICIT'), explicit_paddings: asAttribute.numbers([0, 0, ...zeros, 0, 0]) };
}

/** What stands in place of nodes, and which node's result others read in place of a node's that is gone. */
interface Fold {
  readonly nodes: readonly (readonly [name: string, replacement: StoredNode | undefined])[];
  readonly redirected: readonly [from: string, to: string];
}

function fold(found: CutConvolution, facts: GraphFacts): Fold | undefined {
  const { cut, widen, convolution, narrow, join } = found;
  if (!isPlain(convolution) || !facts.runsDilated(convolution.op)) return undefined;
  const dilation = dilationOf(found, facts);
  if (dilation === undefined || dilation.rates.length !== CONVOLUTIONS.get(convolution.op)) return undefined;
  const padding = paddingOf(found, dilation, facts);
  const [source] = cut.input ?? [];
  if (padding === undefined || source === undefined) return undefined;
  const reading = (node: StoredNode): StoredNode => ({ ...node, input: [source, ...(node.input ?? []).slice(1)] });
  const dilated = { ...convolution, attr: { ...convolution.attr, ...padding, dilations: asAttribute.numbers([1, ...dilation.rates, 1]) } };
  const result = (narrow ?? convolution).name;
  const named = facts.isOutput(join.name) ? { name: join.name, op: 'Identity', input: [result], attr: { T: join.attr?.['T'] } } : undefined;
  return {
    nodes: [[cut.name, undefined], [convolution.name, widen === undefined ? reading(dilated) : dilated], ...(widen === undefined ? [] : [[widen.name, reading(widen)] as const]), [join.name, named]],
    redirected: [join.name, result],
  };
}

/**
 * A graph whose dilated convolutions are one operation each. TensorFlow writes them as a cut into interleaved images, a convolution of these, and putting the
 * results together: to backward rules, and to whoever asks for layers, that is no convolution of the image with a bias. Folded where it is equal and nobody
 * reads what is in between.
 */
export function withDilatedConvolutions(nodes: readonly StoredNode[], facts: GraphFacts): readonly StoredNode[] {
  const known = lookup(nodes, facts);
  const folds = nodes.flatMap((node) => {
    const found = findCut(node, known, facts);
    return (found && fold(found, facts)) ?? [];
  });
  if (folds.length === 0) return nodes;
  const replaced = new Map(folds.flatMap((one) => one.nodes));
  const redirected = new Map(folds.map((one) => one.redirected));
  const rewired = (node: StoredNode): StoredNode =>
    node.input?.some((input) => redirected.has(nodeName(input))) === true ? { ...node, input: node.input.map((input) => redirected.get(nodeName(input)) ?? input) } : node;
  const changed = nodes.flatMap((node) => {
    const replacement = replaced.has(node.name) ? replaced.get(node.name) : node;
    return replacement === undefined ? [] : [rewired(replacement)];
  });
  return pruned(changed, nodes, facts.isOutput);
}
