import type { LoadNetwork } from '../backend/backend-check.ts';
import { backendContract, type BackendContractOptions } from '../backend/contract.ts';
import { methodContract, type MethodContractSettings } from '../method/method-contract.ts';
import type { AnyMethodFactory } from '../method/subject.ts';
import { metricContract, type AnyMetricFactory, type MetricContractSettings } from '../metric/metric-contract.ts';
import { registerChecks, type TestRunner } from './test-runner.ts';

/**
 * Registers the contract of methods as tests, once for each way to run the method.
 * @param cases - settings by the title of the case, such as `{ 'few steps': { options: { steps: 5 } } }`
 * @param runner - where no `describe` and `test` are global, those of the test framework
 */
export function describeMethod<Options extends object>(
  factory: AnyMethodFactory<Options>, cases: Readonly<Record<string, MethodContractSettings<Options>>> = { 'as it comes': {} }, runner?: TestRunner,
): void {
  for (const [title, settings] of Object.entries(cases)) registerChecks(`${factory.name}, ${title}`, methodContract(factory, settings), runner);
}

/**
 * Registers the contract of backends as tests.
 * @param load - builds a network of the contract as the backend's own kind of model, and loads it
 */
export function describeBackend(name: string, load: LoadNetwork, options: BackendContractOptions = {}, runner?: TestRunner): void {
  registerChecks(name, backendContract(load, options), runner);
}

/** Registers the contract of metrics as tests, once for each way to run the metric. */
export function describeMetric<Options extends object>(
  factory: AnyMetricFactory<Options>, cases: Readonly<Record<string, MetricContractSettings<Options>>> = { 'as it comes': {} }, runner?: TestRunner,
): void {
  for (const [title, settings] of Object.entries(cases)) registerChecks(`${factory.name}, ${title}`, metricContract(factory, settings), runner);
}
