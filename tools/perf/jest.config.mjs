import { packageConfig } from '../jest/preset.mjs';

export default packageConfig(import.meta.dirname);
