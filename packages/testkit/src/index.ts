export type { LoadNetwork } from './backend/backend-check.ts';
export { backendContract, type BackendContractOptions } from './backend/contract.ts';
export {
  contractBatch, contractNetworks, convolutionalNetwork, denseWeights, linearNetwork, softmaxNetwork, vectorNetwork,
  type ContractLayer, type ContractNetwork, type ConvLayer, type DenseLayer, type PlainLayer, type PoolLayer,
} from './backend/contract-network.ts';
export type { SubjectModel } from './backend/subject.ts';
export type { ContractCheck } from './contract-check.ts';
export { analyticModel, type AnalyticModelSettings, type AnalyticNetwork, type AnalyticPass } from './method/analytic-model.ts';
export type { KnownAnswers } from './method/answer-checks.ts';
export { relativeDifference } from './method/assertions.ts';
export { methodContract, type MethodContractSettings } from './method/method-contract.ts';
export {
  convolutionalFormula, layerFormula, linearFormula, normalValues, quadraticFormula, type ConvolutionalFormulaSettings,
} from './method/formulas.ts';
export { drawNumber, recordedContext, type Recording } from './method/recorded-context.ts';
export { metricCompanyChecks } from './metric/company-checks.ts';
export { metricContract, type AnyMetricFactory, type MetricContractSettings } from './metric/metric-contract.ts';
export { describeBackend, describeMethod, describeMetric } from './runner/describe.ts';
export type { TestRunner } from './runner/test-runner.ts';
export type { AnyMethodFactory } from './method/subject.ts';
export { wrapperContract } from './method/wrapper-contract.ts';
