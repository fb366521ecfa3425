/** The part that is used of a package without types. */
declare module 'jstat' {
  const jStat: { readonly normal: { readonly cdf: (x: number, mean: number, deviation: number) => number } };
  export default jStat;
}
