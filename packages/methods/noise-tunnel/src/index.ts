export { noiseTunnel, type NoiseTunnelOptions } from './noise-tunnel.ts';
