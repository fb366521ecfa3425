import type { LayerInfo, LayerName } from '@pellucid/core';

/** The name of the place before a layer's own activation. */
export function sumName(layer: LayerName, isTaken: (name: string) => boolean): LayerName {
  let name = `${layer}/sum`;
  while (isTaken(name)) name += '_';
  return name;
}

/** What a layer adds up before it applies its own activation, as a layer in front of it. */
export const sumLayer = (layer: LayerInfo, name: LayerName): LayerInfo => ({
  ...layer,
  name,
  aliases: layer.aliases.filter((alias) => !alias.endsWith(':0')).map((alias) => `${alias}/sum`).filter((alias) => alias !== name),
  operator: 'BiasAdd',
});
