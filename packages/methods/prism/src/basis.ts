import { resample, type Tensor } from '@pellucid/core';
import { applyScale, fitScale, keepColours, quantise, sharedColours, type ColourScale } from './colours.ts';
import type { Excitations, Strength } from './excitations.ts';
import { COLOURS, principalComponents, project, type ComponentBasis } from './principal-components.ts';

/** What a basis is fitted for. */
export interface BasisSettings {
  readonly gradualExtrapolation: boolean;
  readonly inclusive: boolean;
  readonly exclusive: boolean;
}

/**
 * What gives images their colours: fitted to a batch, good for any other image of the model. Plain data, which JSON keeps whole.
 */
export interface PrismBasis extends ComponentBasis, BasisSettings {
  /** The layers (or the model's input) that are read; colours come from the last. */
  readonly layers: readonly string[];
  /** How colours are scaled before they are quantised; where they are. */
  readonly quantisation?: { readonly scale: ColourScale; readonly shared: readonly number[] } | undefined;
  /** How the colours of the result are scaled. */
  readonly scale: ColourScale;
}

/** Colours in the resolution of the first tap: brought to the size of each one, from the last backwards, times how strongly it is excited. */
export function extrapolate(field: Tensor, strengths: readonly Strength[]): Tensor {
  return strengths.reduceRight((coarse, strength) => {
    const [, , height = 1, width = 1] = strength.shape;
    const pixels = height * width;
    const fine = resample(coarse, 'NCHW', height, width, 'bilinear');
    fine.data.forEach((value, i) => {
      const sample = Math.floor(i / (COLOURS * pixels));
      fine.data[i] = value * strength.data[sample * pixels + (i % pixels)]!;
    });
    return fine;
  }, field);
}

/** What comes before the last scaling: projection, quantised colours, gradual extrapolation. */
function unscaled({ features, strengths }: Excitations, basis: ComponentBasis & BasisSettings, quantisation: PrismBasis['quantisation']): Tensor {
  let field = project(features, basis);
  if (quantisation !== undefined) {
    field = quantise(applyScale(field, quantisation.scale));
    // Both together are everything: the quantised colours stay as they are.
    if (basis.inclusive !== basis.exclusive) field = keepColours(field, quantisation.shared, basis.inclusive);
  }
  return basis.gradualExtrapolation ? extrapolate(field, strengths) : field;
}

/** Fits a basis to a batch. @param components - those of the batch, unless given */
export function fitBasis(
  excitations: Excitations, layers: readonly string[], settings: BasisSettings, components: ComponentBasis = principalComponents(excitations.features),
): PrismBasis {
  const known = { ...components, ...settings, layers };
  if (!settings.inclusive && !settings.exclusive) return { ...known, scale: fitScale(unscaled(excitations, known, undefined)) };
  const field = project(excitations.features, components);
  const scale = fitScale(field);
  const quantisation = { scale, shared: sharedColours(quantise(applyScale(field, scale))) };
  return { ...known, quantisation, scale: fitScale(unscaled(excitations, known, quantisation)) };
}

/** The colours of a batch in a basis, between 0 and 1, [N, 3, h, w]. */
export function colour(excitations: Excitations, basis: PrismBasis): Tensor {
  return applyScale(unscaled(excitations, basis, basis.quantisation), basis.scale);
}
