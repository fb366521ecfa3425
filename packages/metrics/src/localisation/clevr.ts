import type { Paper } from '@pellucid/core';

/** The publication of relevance mass and rank accuracy. */
export const CLEVR_XAI: Paper = {
  authors: 'Arras, Osman, Samek', year: 2022, title: 'CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network explanations',
  url: 'https://arxiv.org/abs/2003.07258',
};
