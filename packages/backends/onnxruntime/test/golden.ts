import { decodeNpy, type Tensor } from '@pellucid/core';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reference networks and values beside the repository; tests that need them are skipped where they are absent. */
export const shared: string = join(import.meta.dirname, '../../../../../shared');

/** Whether a file or folder of the reference is there. */
export function isShared(path: string): boolean {
  return existsSync(join(shared, path));
}

/** A tensor of the reference. */
export function readShared(path: string): Tensor {
  return decodeNpy(readFileSync(join(shared, path)), path);
}

interface Manifest {
  readonly cam_layer: string | null;
  readonly methods: Readonly<Record<string, { readonly outputs: { readonly main: { readonly f32_vs_f64_rel: number } } }>>;
}

/** What the manifest of a reference network says. */
export function readManifest(network: string): Manifest {
  return JSON.parse(readFileSync(join(shared, 'golden', network, 'manifest.json'), 'utf8')) as Manifest;
}

/** How far values may be from the truth: five times as far as the reference's own float32 values, at least 2e-7 of the largest. */
export function goldenTolerance(manifest: Manifest, method: string): number {
  return 5 * Math.max(manifest.methods[method]?.outputs.main.f32_vs_f64_rel ?? 0, 2e-7);
}

/** Largest difference between two tensors relative to the largest value of the second. */
export function relativeError(actual: Tensor, expected: Tensor): number {
  if (actual.data.length !== expected.data.length) return Infinity;
  const scale = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.data.reduce((most, value, i) => Math.max(most, Math.abs(actual.data[i]! - value)), 0) / scale;
}
