import { tensorProducers, type OnnxModel } from '@pellucid/onnx-graph';

const ACTIVATIONS: ReadonlySet<string> = new Set(['LogSoftmax', 'Sigmoid', 'Softmax']);
// They move or copy values and change none.
const TRANSPARENT: ReadonlySet<string> = new Set(['Cast', 'Dropout', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/**
 * The tensor that holds the scores of a classifier: what a final softmax or sigmoid reads, also behind changes of shape; the output
 * itself where none ends the model.
 */
export function findLogits(model: OnnxModel, output: string): string {
  const producers = tensorProducers(model);
  let name = output;
  for (;;) {
    const node = producers.get(name);
    const source = node?.input[0];
    if (node === undefined || source === undefined) return output;
    if (ACTIVATIONS.has(node.opType)) return source;
    if (!TRANSPARENT.has(node.opType)) return output;
    name = source;
  }
}
