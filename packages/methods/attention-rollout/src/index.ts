export { attentionRollout, type AttentionRolloutOptions } from './attention-rollout.ts';
