export { genericAttention, type GenericAttentionOptions } from './generic-attention.ts';
