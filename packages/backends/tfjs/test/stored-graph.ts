import type { JoinedModel } from './contract-models.ts';

const FLOAT = { type: 'DT_FLOAT' };

/** A graph model in the making, as the converter writes it. Every function gives the name that inputs use. */
export interface StoredGraph {
  readonly input: (name: string, shape: readonly number[]) => string;
  readonly constant: (name: string, shape: number[], numbers: ArrayLike<number>, dtype?: 'float32' | 'int32') => string;
  readonly node: (name: string, op: string, inputs: readonly string[], attr?: object) => string;
  readonly bytes: () => JoinedModel;
}

/** An empty graph. */
export function storedGraph(): StoredGraph {
  const nodes: object[] = [];
  const stored: { readonly name: string; readonly shape: number[]; readonly dtype: string; readonly numbers: ArrayLike<number> }[] = [];
  return {
    input: (name, shape) => {
      nodes.push({ name, op: 'Placeholder', input: [], attr: { dtype: FLOAT, shape: { shape: { dim: shape.map((size) => ({ size: String(size) })) } } } });
      return name;
    },
    constant: (name, shape, numbers, dtype = 'float32') => {
      stored.push({ name, shape, dtype, numbers });
      nodes.push({ name, op: 'Const', input: [], attr: { dtype: dtype === 'int32' ? { type: 'DT_INT32' } : FLOAT } });
      return name;
    },
    node: (name, op, inputs, attr = {}) => {
      nodes.push({ name, op, input: inputs, attr: { T: FLOAT, ...attr } });
      return name;
    },
    bytes: () => {
      const weights = stored.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
      const parts = stored.map(({ dtype, numbers }) => new Uint8Array((dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers)).buffer));
      const modelJson = JSON.stringify({ format: 'graph-model', modelTopology: { node: nodes, versions: {} }, weightsManifest: [{ paths: ['weights.bin'], weights }] });
      return { modelJson, weights: Buffer.concat(parts) };
    },
  };
}
