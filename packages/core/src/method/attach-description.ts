/**
 * Hangs what is known of a plugin on the function that makes it, so that programs read it without running anything. A function's
 * `name` is read-only but configurable: the plugin's name can take its place.
 */
export function attachDescription(factory: object, description: object): void {
  for (const [key, value] of Object.entries(description)) Object.defineProperty(factory, key, { value, enumerable: true });
}
