import { existsSync, mkdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { PellucidError } from '@pellucid/core';
import type { PerfRequest } from './request.ts';
import { hasTfjsForm, tfjsPath, writeTfjsNetwork } from './tfjs-networks.ts';

/** A network of the benchmark, the same for both sides. */
export interface NetworkEntry {
  /** The layer of Grad-CAM: its module path. */
  readonly layer: string;
  readonly batches: readonly number[];
}

/** The networks that both sides know by name. */
export const NETWORKS: Readonly<Record<string, NetworkEntry>> = {
  'resnet18': { layer: 'layer4', batches: [1] },
  'mobilenet_v2': { layer: 'features.18.0', batches: [1] },
  'vgg16': { layer: 'features.28', batches: [1] },
  'fmnist-cnn': { layer: '3', batches: [1, 64] },
};

/** A model that is measured. */
export interface Subject {
  readonly name: string;
  readonly path: string;
  /** Known to the peer. */
  readonly network: NetworkEntry | null;
}

/** The folder of the Python programs. */
export const PYTHON_FOLDER: string = join(import.meta.dirname, '../python');

function exportNetworks({ python, modelFolder }: PerfRequest, names: readonly string[], report: (text: string) => void): void {
  if (python === undefined) {
    throw new PellucidError('DATA_MISSING', {
      what: `the exported network${names.length === 1 ? '' : 's'} ${names.join(', ')}`, where: modelFolder, problem: 'PyTorch exports them, and no --peer-python is given',
      help: 'Give a Python with torch, torchvision, captum and onnx once, or paths of model files as --models.',
    });
  }
  mkdirSync(modelFolder, { recursive: true });
  report(`exporting ${names.join(', ')} ...`);
  const { status, stderr, error } = spawnSync(python, [join(PYTHON_FOLDER, 'export.py'), modelFolder, ...names], { encoding: 'utf8' });
  if (status === 0) return;
  throw new PellucidError('DATA_MISSING', {
    what: `the exported networks ${names.join(', ')}`, where: modelFolder, problem: error?.message ?? stderr.trim().split('\n').at(-1) ?? 'the export failed',
    help: 'Is --peer-python a Python with torch, torchvision, captum and onnx?',
  });
}

/** A network in the forms that the backends read: ONNX, which the peer knows, and that of TensorFlow.js, with weights of its own. */
function formsOf(name: string, network: NetworkEntry, { backends, modelFolder }: PerfRequest): Subject[] {
  const [onnx, tfjs] = [backends.includes('onnxruntime'), backends.some((backend) => backend.startsWith('tfjs/')) && hasTfjsForm(name)];
  return [
    ...(onnx ? [{ name, path: join(modelFolder, `${name}.onnx`), network }] : []),
    ...(tfjs ? [{ name, path: tfjsPath(modelFolder, name), network: null }] : []),
  ];
}

/** The models to measure; networks that were not exported or written yet are. @throws DATA_MISSING. */
export function findSubjects(request: PerfRequest, report: (text: string) => void): Subject[] {
  const subjects = request.models.flatMap((model): Subject[] => {
    const network = NETWORKS[model];
    return network ? formsOf(model, network, request) : [{ name: basename(model, extname(model)), path: model, network: null }];
  });
  const missing = subjects.filter(({ name, path }) => name in NETWORKS && !existsSync(path));
  const exported = missing.filter(({ network }) => network !== null).map(({ name }) => name);
  if (exported.length > 0) exportNetworks(request, exported, report);
  for (const { name } of missing.filter(({ network }) => network === null)) {
    report(`writing ${name} for TensorFlow.js ...`);
    writeTfjsNetwork(request.modelFolder, name);
  }
  return subjects;
}
