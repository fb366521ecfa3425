import { basename, join } from 'node:path';

/** Packages that ship only ES modules; jest runs CommonJS, so they are transformed like our own sources. */
const ESM_ONLY = ['onnx-buf', '@bufbuild/protobuf', 'd3-array', 'd3-color', 'd3-contour', 'd3-scale-chromatic', 'd3-interpolate', 'internmap'];
const asFolder = (name) => name.replace('/', '[+/]');

/** The jest configuration of one package: tests run on TypeScript sources, no build needed. */
export const packageConfig = (directory) => ({
  displayName: basename(directory),
  rootDir: directory,
  testEnvironment: join(import.meta.dirname, 'environment.cjs'),
  testEnvironmentOptions: { customExportConditions: ['@pellucid/source', 'node', 'node-addons'] },
  testMatch: ['<rootDir>/src/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
  transform: {
    '\\.(ts|js|mjs)$': [
      '@swc/jest',
      { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(\\.pnpm/)?(${ESM_ONLY.map(asFolder).join('|')}))`],
});
