import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { decodeNpy, explain, sampleData, type Tensor } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import { integratedGradients } from './integrated-gradients.ts';

const EXPORTS = join(__dirname, '../../../../../shared/exports');
// Float16 and int8 files hold other networks, of which no integrated gradients are known.
const FILES = existsSync(EXPORTS)
  ? readdirSync(EXPORTS).filter((net) => existsSync(join(EXPORTS, net, 'ig20.f64.npy'))).flatMap((net) =>
    readdirSync(join(EXPORTS, net)).filter((file) => file.endsWith('.onnx') && !/fp16|int8/.test(file)).map((file) => `${net}/${file}`))
  : [];

const read = (path: string): Tensor => decodeNpy(readFileSync(join(EXPORTS, path)), path);

interface Figures {
  readonly ig20_stability_rel: number;
}

/** The bounds of the networks' makers: the path of mobilenetv2 passes kinks, where float32 decides. */
function boundOf(net: string): number {
  const { ig20_stability_rel: stability } = JSON.parse(readFileSync(join(EXPORTS, net, 'net.json'), 'utf8')) as Figures;
  return net === 'mobilenetv2' ? 20 * stability : 1e-4;
}

/**
 * At the first point of the path of video's third sample, two values of one max-pooling window are 0.78998826 and 0.78998818 in float64: 8e-8 apart,
 * where float32 has steps of 6e-8. The order in which the convolutions before it add decides which is the greater one, and with it which branch 0.9 %
 * of the path takes: of the four exports, legacy13 takes the other one on the machine where this was traced.
 */
const TIES: Readonly<Record<string, { readonly sample: number; readonly bound: number }>> = { video: { sample: 2, bound: 2e-3 } };

function distance(actual: Float32Array, expected: Float32Array): number {
  const difference = expected.reduce((sum, value, i) => sum + (value - actual[i]!) ** 2, 0);
  return Math.sqrt(difference / expected.reduce((sum, value) => sum + value ** 2, 0));
}

if (FILES.length === 0) test.skip('needs ../shared/exports', () => undefined);
else {
  test.each(FILES)('%s: 20 Gauss-Legendre steps give what Captum gives in float64', async (file) => {
    const [net = ''] = file.split('/');
    const model = await loadModel(join(EXPORTS, file));
    const [input, expected] = [read(`${net}/input.npy`), read(`${net}/ig20.f64.npy`)];
    const { values } = await explain(model, integratedGradients({ steps: 20 }), { input, targets: Array.from(read(`${net}/targets.npy`).data) });
    await model.dispose();
    expect(values.shape).toEqual(expected.shape);
    const tie = TIES[net];
    const bound = boundOf(net);
    for (let sample = 0; sample < (input.shape[0] ?? 0); sample++) {
      expect(distance(sampleData(values, sample), sampleData(expected, sample))).toBeLessThan(tie?.sample === sample ? tie.bound : bound);
    }
  });
}
