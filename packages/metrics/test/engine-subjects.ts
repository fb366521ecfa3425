import { concatBatches, convertLayout, explain, explainAgain, sliceBatch, type MetricSubject, type ModelAdapter, type SampleMethod, type Tensor } from '@pellucid/core';
import { loadModel as loadOnnx, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { loadModel as loadTfjs, type TfjsCapability } from '@pellucid/backend-tfjs';
import { embeddedDataset } from '@pellucid/datasets';
import { zooModel } from '@pellucid/zoo';

type EngineModel = ModelAdapter<OnnxCapability & TfjsCapability>;

/** A network of the zoo on each backend. */
export const BACKENDS: Readonly<Record<'onnxruntime' | 'tfjs', (network: string) => Promise<EngineModel>>> = {
  onnxruntime: (network) => loadOnnx(zooModel(network).onnx.path),
  tfjs: (network) => loadTfjs(zooModel(network).tfjs.path),
};

/** The first images of the embedded test set with their masks. */
export function embeddedImages(count: number): { readonly images: Tensor; readonly masks: Tensor } {
  const { images, masks } = embeddedDataset({ split: 'test', count });
  if (masks === undefined) throw new Error('the embedded data set has no masks');
  return { images, masks };
}

/** Maps of a method for images [N, H, W, C] on a model, with all that any metric may need. The references are the same whatever is scored. */
export async function engineSubject(
  model: EngineModel, method: SampleMethod<'gradient' | 'backward-rules'>, { images, masks }: { readonly images: Tensor; readonly masks: Tensor }, twin?: EngineModel,
): Promise<MetricSubject> {
  const input = convertLayout(images, 'NHWC', model.input.layout);
  const { values, provenance } = await explain(model, method, { input });
  const others = embeddedDataset({ split: 'train', count: 6 }).images;
  const known = await explain(model, method, { input: concatBatches([convertLayout(others, 'NHWC', model.input.layout), sliceBatch(input, 0, 2)]) });
  return {
    model, input, targets: provenance.targets, values, layout: provenance.layout, masks, explain: explainAgain(model, method), twin,
    references: { values: known.values, layout: known.provenance.layout, predictions: known.provenance.targets },
  };
}
