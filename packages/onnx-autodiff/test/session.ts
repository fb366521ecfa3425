import { ElementType, writeModel, type OnnxModel } from '@pellucid/onnx-graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Values with their shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

function feed(elementType: number, { shape, data }: Values): Tensor {
  if (elementType === Number(ElementType.DOUBLE)) return new Tensor('float64', data, shape);
  if (elementType === Number(ElementType.INT64)) return new Tensor('int64', BigInt64Array.from(Array.from(data, BigInt)), shape);
  if (elementType === Number(ElementType.BOOL)) return new Tensor('bool', Uint8Array.from(data), shape);
  return new Tensor('float32', Float32Array.from(data), shape);
}

/** A model that can be run more than once. */
export interface OpenModel {
  readonly run: (feeds: ReadonlyMap<string, Values>, outputs?: readonly string[]) => Promise<ReadonlyMap<string, Values>>;
  readonly close: () => Promise<void>;
}

/** Opens a model. Values enter in the element type that the model asks for and come back as float64. */
export async function open(model: OnnxModel): Promise<OpenModel> {
  const session = await InferenceSession.create(writeModel(model), { intraOpNumThreads: 1, logSeverityLevel: 4 });
  return {
    close: () => session.release(),
    async run(feeds, outputs = session.outputNames) {
      const inputs: Record<string, Tensor> = {};
      for (const { name, type } of model.graph.input) {
        const values = feeds.get(name);
        if (!values) continue;
        inputs[name] = feed(type?.value.case === 'tensorType' ? type.value.value.elemType : 0, values);
      }
      const results = await session.run(inputs, outputs);
      return new Map(Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: Float64Array.from(data as Float32Array) }]));
    },
  };
}

/** Runs a model once. */
export async function run(model: OnnxModel, feeds: ReadonlyMap<string, Values>, outputs?: readonly string[]): Promise<ReadonlyMap<string, Values>> {
  const opened = await open(model);
  try {
    return await opened.run(feeds, outputs);
  } finally {
    await opened.close();
  }
}
