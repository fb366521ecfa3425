export { batchRows } from './batch/batch-rows.ts';
export { freeBatchAxis, type FreedBatch } from './batch/free-batch-axis.ts';
export { pairBatch, type BatchPairs } from './batch/pair-batch.ts';
export {
  TensorProto_DataType as ElementType, type AttributeProto, type GraphProto, type ModelProto, type NodeProto, type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';
export {
  extendGraph, extractSubgraph, graphInputs, nodeReads, replaceParts, tensorProducers, tensorReaders, uniqueNames, type GraphParts,
} from './graph/edit-graph.ts';
export { makeModel, type ModelParts } from './model/make-model.ts';
export { withMetadata } from './model/metadata.ts';
export { copyWith, type OnnxModel } from './model/onnx-model.ts';
export { normalDomain, opsetOf } from './model/opset.ts';
export { readModel } from './model/read-model.ts';
export { writeModel } from './model/write-model.ts';
export {
  attributeFloat, attributeInt, attributeInts, attributeString, attributeTensor, floatAttribute, hasAttribute, intAttribute,
  intsAttribute, stringAttribute, tensorAttribute,
} from './node/attributes.ts';
export { makeNode, nodeTitle } from './node/node.ts';
export {
  broadcastShapes, concreteShape, divideDimensions, multiplyDimensions, normalAxis,
} from './shapes/dimension.ts';
export type { ShapeContext } from './shapes/context.ts';
export { inferNode, inferShapes } from './shapes/infer-shapes.ts';
export { reducedAxes } from './shapes/reductions.ts';
export { clampSlice, sliceBounds } from './shapes/selections.ts';
export { declaredType, type Dimension, type TensorType } from './shapes/tensor-type.ts';
export { windowGeometry, type WindowGeometry } from './shapes/windows.ts';
export { tensorShape } from './tensor/check-tensor.ts';
export { externalTensor, type ExternalPlace, type ExternalReader, type UnreadBytes } from './tensor/external-data.ts';
export { filePlace, rawLength, type FilePlace } from './tensor/file-tensor.ts';
export { int64Tensor, makeTensor, makeValueInfo, type WritableElementType } from './tensor/make-tensor.ts';
export { isNumeric, tensorValues, type NumericArray } from './tensor/tensor-values.ts';
