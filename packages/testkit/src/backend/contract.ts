import type { ContractCheck } from '../contract-check.ts';
import { answerChecks } from './answer-checks.ts';
import { biasChecks } from './bias-checks.ts';
import type { LoadNetwork, SubjectCheck } from './backend-check.ts';
import { contractNetworks, type ContractNetwork } from './contract-network.ts';
import { executionChecks } from './execution-checks.ts';
import { interventionChecks } from './intervention-checks.ts';
import { layerGradientChecks } from './layer-gradient-checks.ts';
import { parameterChecks, parameterLoadChecks } from './parameter-checks.ts';
import { refusalChecks } from './refusal-checks.ts';
import { makeSubject } from './subject.ts';

/** How strict the contract is. */
export interface BackendContractOptions {
  /** Largest difference from the double-precision reference, relative to the largest value. @defaultValue 1e-5 */
  readonly tolerance?: number | undefined;
}

/**
 * Everything that a backend promises, as named checks: answers against a double-precision reference, finite differences and the
 * chain rule, every objective, batches and chunks, concurrency, abort, disposal, typed errors.
 *
 * ```ts
 * for (const check of backendContract(load)) test(check.name, check.run);
 * ```
 */
export function backendContract(load: LoadNetwork, { tolerance = 1e-5 }: BackendContractOptions = {}): readonly ContractCheck[] {
  const onNetwork = (network: ContractNetwork, [name, check]: SubjectCheck): ContractCheck => ({
    name: `${network.name} network: ${name}`,
    run: async () => {
      const model = await load(network);
      try {
        await check(makeSubject(network, model), tolerance);
      } finally {
        await model.dispose();
      }
    },
  });
  return [
    ...contractNetworks.flatMap((network) => [...answerChecks(network), ...layerGradientChecks, ...interventionChecks, ...biasChecks, ...parameterChecks].map((check) => onNetwork(network, check))),
    ...refusalChecks.map((check) => onNetwork(contractNetworks[1]!, check)),
    ...[...executionChecks, ...parameterLoadChecks].map(([name, run]): ContractCheck => ({ name, run: () => run(load) })),
  ];
}
