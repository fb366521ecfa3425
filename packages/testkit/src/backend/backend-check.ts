import type { ContractNetwork } from './contract-network.ts';
import type { Subject, SubjectModel } from './subject.ts';

/** A demand on one loaded model. */
export type SubjectCheck = readonly [name: string, run: (subject: Subject, tolerance: number) => Promise<void>];

/** Demands that load models themselves. */
export type LoadCheck = readonly [name: string, run: (load: LoadNetwork) => Promise<void>];

/** Builds a network in the backend's own format and loads it. */
export type LoadNetwork = (network: ContractNetwork) => Promise<SubjectModel>;
