import { ElementType, int64Tensor, makeNode, makeTensor, type AttributeProto, type NodeProto, type TensorProto } from '@pellucid/onnx-graph';

/** Nodes in the making, with their constants. */
export interface NodeList {
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
  /** Appends a node, and names its output, or takes the name that is given. */
  readonly op: (operator: string, inputs: readonly string[], attributes?: readonly AttributeProto[], output?: string) => string;
  readonly scalar: (value: number) => string;
  readonly integers: (values: readonly number[]) => string;
}

/** The name of a value after a step. */
export const afterStep = (name: string): string => `${name}/next`;

/** A list whose own names begin with a prefix. */
export function nodeList(prefix: string): NodeList {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const next = (): string => `${prefix}/${nodes.length + initializers.length}`;
  const store = (tensor: TensorProto): string => {
    initializers.push(tensor);
    return tensor.name;
  };
  return {
    nodes, initializers,
    op: (operator, inputs, attributes = [], output = next()) => {
      nodes.push(makeNode(operator, inputs, [output], attributes));
      return output;
    },
    scalar: (value) => store(makeTensor(next(), ElementType.FLOAT, [], [value])),
    integers: (values) => store(int64Tensor(next(), values)),
  };
}
