import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { rollup, type Plugin } from 'rollup';
import ts from 'typescript';
import { heatMap, overlay, type Pixels } from '../src/index.ts';

const BROWSER = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const [HEIGHT, WIDTH] = [48, 64];

/** Takes the sources as they are, so that nothing has to be built first. */
const sources: Plugin = {
  name: 'sources',
  resolveId: (source, importer) => {
    if (importer === undefined) return source;
    return source.startsWith('.') ? join(dirname(importer), source) : createRequire(importer).resolve(source);
  },
  transform: (code, id) => {
    if (!id.endsWith('.ts')) return null;
    const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true } });
    return { code: outputText, map: null };
  },
};

async function bundle(): Promise<string> {
  const build = await rollup({ input: join(__dirname, '../src/index.ts'), plugins: [sources], treeshake: false });
  try {
    const { output } = await build.generate({ format: 'iife', name: 'render' });
    expect(output[0].imports).toEqual([]);
    return output[0].code;
  } finally {
    await build.close();
  }
}

/** The same whole numbers everywhere: a signed map, and a picture with every grey. */
function makeScene(): { readonly map: number[]; readonly picture: number[] } {
  const places = Array.from({ length: HEIGHT * WIDTH }, (_, i) => i);
  return { map: places.map((i) => ((i * 7919) % 2001) - 1000), picture: places.flatMap((i) => [i % 256, (i * 5) % 256, (i * 11) % 256, 255]) };
}

const DRAW = `(({ map, picture }, height, width) => {
  const heat = render.heatMap({ shape: [1, 1, height, width], data: Float32Array.from(map) }, 'NCHW', 0);
  const drawn = render.overlay({ width, height, data: Uint8ClampedArray.from(picture) }, heat);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  context.putImageData(new ImageData(drawn.data, width, height), 0, 0);
  return [...context.getImageData(0, 0, width, height).data];
})`;

(BROWSER === undefined ? test.skip : test)('the bundled package draws on a canvas in a browser what it draws in Node', async () => {
  const scene = makeScene();
  const heat = heatMap({ shape: [1, 1, HEIGHT, WIDTH], data: Float32Array.from(scene.map) }, 'NCHW', 0);
  const expected: Pixels = overlay({ width: WIDTH, height: HEIGHT, data: Uint8ClampedArray.from(scene.picture) }, heat);
  const browser = await chromium.launch({ executablePath: BROWSER ?? '', args: FLAGS });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: await bundle() });
    const drawn: number[] = await page.evaluate(`${DRAW}(${JSON.stringify(scene)}, ${HEIGHT}, ${WIDTH})`);
    expect(new Set(drawn).size).toBeGreaterThan(100);
    expect(drawn).toEqual([...expected.data]);
  } finally {
    await browser.close();
  }
}, 60_000);
