export { neuronGradient, type NeuronGradientOptions } from './neuron-gradient.ts';
