/** The part that is used of a package without types. */
declare module 'jstat' {
  const jStat: {
    readonly normal: { readonly cdf: (x: number, mean: number, deviation: number) => number };
    readonly studentt: { readonly inv: (p: number, degrees: number) => number };
  };
  export default jStat;
}
