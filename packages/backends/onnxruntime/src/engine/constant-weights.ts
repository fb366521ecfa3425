import { copyWith, graphInputs, replaceParts, type OnnxModel } from '@pellucid/onnx-graph';

/** Since this version of the format constants need not be listed among the inputs. */
const CONSTANTS_APART = 4n;

/**
 * Makes constants of stored values that the model also lists as inputs, as older exporters did. ONNX Runtime expects other values for such
 * inputs with every execution, and so can neither rearrange nor fold them; nobody feeds them here.
 */
export function constantWeights(model: OnnxModel): OnnxModel {
  const input = graphInputs(model);
  if (input.length === model.graph.input.length) return model;
  const { name, proto, graph } = replaceParts(model, { input });
  const irVersion = proto.irVersion < CONSTANTS_APART ? CONSTANTS_APART : proto.irVersion;
  return { name, proto: copyWith(proto, { irVersion }), graph };
}
