import type { EngineName } from '@pellucid/backend-tfjs';
import { isPellucidError } from '@pellucid/core';
import type { NetworkDefinition } from '../network/network.ts';
import { onnxruntimeTrainer } from './onnxruntime/onnxruntime-trainer.ts';
import { tfjsTrainer } from './tfjs/tfjs-trainer.ts';
import type { Trainer, TrainingState } from './trainer.ts';

/** What can train: ONNX Runtime, or TensorFlow.js on one of its engines. */
export type TrainingEngine = 'onnxruntime' | EngineName;

/**
 * A network in training on an engine.
 * @param name - where; by default ONNX Runtime, which trains twice as fast as TensorFlow's native engine, and that of TensorFlow.js where it is missing
 * @throws BACKEND_UNAVAILABLE.
 */
export async function openTrainer(network: NetworkDefinition, start: TrainingState, name?: TrainingEngine): Promise<Trainer> {
  if (name === 'onnxruntime') return onnxruntimeTrainer(network, start);
  if (name !== undefined) return tfjsTrainer(network, start, name);
  try {
    return await onnxruntimeTrainer(network, start);
  } catch (error) {
    if (isPellucidError(error) && error.code === 'BACKEND_UNAVAILABLE') return tfjsTrainer(network, start);
    throw error;
  }
}
