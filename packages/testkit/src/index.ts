export { backendContract, type BackendContractOptions, type ContractCheck, type LoadNetwork } from './backend/contract.ts';
export {
  contractBatch, contractNetworks, convolutionalNetwork, denseWeights, linearNetwork, softmaxNetwork, vectorNetwork,
  type ContractLayer, type ContractNetwork, type ConvLayer, type DenseLayer, type PlainLayer, type PoolLayer,
} from './backend/contract-network.ts';
export type { SubjectModel } from './backend/subject.ts';
