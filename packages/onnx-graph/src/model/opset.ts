import type { OnnxModel } from './onnx-model.ts';

/** The one spelling of an operator set's domain: the standard one has two. */
export function normalDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Version of an imported operator set (`''`: the standard one); 0 when the model does not import it. @defaultValue the standard one */
export function opsetOf(model: OnnxModel, domain = ''): number {
  const found = model.proto.opsetImport.find((entry) => normalDomain(entry.domain) === normalDomain(domain));
  return found ? Number(found.version) : 0;
}
