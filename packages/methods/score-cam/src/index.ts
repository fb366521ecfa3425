export { scoreCam, type ScoreCamOptions } from './score-cam.ts';
