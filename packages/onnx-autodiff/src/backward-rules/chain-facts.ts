import { ElementType, normalDomain, opsetOf, tensorProducers, tensorReaders, type NodeProto, type OnnxModel, type TensorType } from '@pellucid/onnx-graph';
import { storedTensors } from '../operators/stored-tensors.ts';

/** An operator that nodes between two tensors compute together. */
export interface Chain {
  readonly operator: string;
  readonly x: string;
  /** Stored operands: a scale, an offset; weights, a bias. */
  readonly parameters: readonly string[];
  readonly output: string;
}

/** Finds the operator that a chain of nodes which a node ends, or is at the core of, spells; `null` where it is none. No inner value may be in `kept`. */
export type ChainFinder = (node: NodeProto, facts: ChainFacts, kept: ReadonlySet<string>) => Chain | null;

/** What has to be known of a model to tell what chains of its nodes are. */
export interface ChainFacts {
  readonly opset: number;
  /** The node of the standard domain that makes a tensor. */
  readonly producer: (name: string) => NodeProto | undefined;
  readonly readers: (name: string) => readonly NodeProto[];
  readonly typeOf: (name: string) => TensorType;
  /** A constant of the model, or computed from constants alone. */
  readonly isStored: (name: string) => boolean;
  /** The one number that a tensor is known to hold. */
  readonly number: (name: string) => number | null;
  readonly isFloat: (name: string) => boolean;
  /** Where a node stands in the model. */
  readonly position: (node: NodeProto) => number;
}

const FLOATS: readonly number[] = [ElementType.FLOAT, ElementType.DOUBLE, ElementType.FLOAT16, ElementType.BFLOAT16];

/** Collects what is known of a model. */
export function chainFacts(model: OnnxModel, types: ReadonlyMap<string, TensorType>): ChainFacts {
  const producers = tensorProducers(model);
  const readers = tensorReaders(model);
  const stored = storedTensors(model);
  const positions = new Map(model.graph.node.map((node, i) => [node, i]));
  const typeOf = (name: string): TensorType => types.get(name) ?? { elementType: 0, shape: null };
  return {
    opset: opsetOf(model),
    producer(name) {
      const node = producers.get(name);
      return node && normalDomain(node.domain) === '' ? node : undefined;
    },
    readers: (name) => readers.get(name) ?? [],
    typeOf,
    isStored: (name) => stored.has(name),
    number(name) {
      const [value, ...more] = typeOf(name).values ?? [];
      return typeof value === 'number' && more.length === 0 ? value : null;
    },
    isFloat: (name) => FLOATS.includes(typeOf(name).elementType),
    position: (node) => positions.get(node) ?? -1,
  };
}

/** Whether a node only changes how exact a tensor of floats is written. */
export const isFloatCast = ({ opType, input: [x = ''], output: [y = ''] }: NodeProto, { isFloat }: ChainFacts): boolean =>
  opType === 'Identity' || ((opType === 'Cast' || opType === 'CastLike') && isFloat(x) && isFloat(y));

/** A tensor, or what it is a copy of. */
export function uncast(name: string, facts: ChainFacts): string {
  const node = facts.producer(name);
  return node && isFloatCast(node, facts) ? uncast(node.input[0] ?? '', facts) : name;
}
