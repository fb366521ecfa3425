export default {
  passWithNoTests: true,
  testTimeout: 60_000,
  projects: [
    '<rootDir>/packages/*/jest.config.mjs',
    '<rootDir>/packages/{backends,methods}/*/jest.config.mjs',
    '<rootDir>/apps/*/jest.config.mjs',
    '<rootDir>/tools/perf/jest.config.mjs',
  ],
};
