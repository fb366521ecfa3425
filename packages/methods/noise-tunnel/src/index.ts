export { noiseTunnel, type NoiseTunnelOptions, type NoiseTunnelType } from './noise-tunnel.ts';
