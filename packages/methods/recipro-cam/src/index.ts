export { reciproCam, type ReciproCamOptions } from './recipro-cam.ts';
