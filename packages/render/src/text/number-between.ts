/** A value between two ends with as many digits as tell it from them: two of their distance. */
export function numberBetween(value: number, low: number, high: number): string {
  const unit = 10 ** (Math.floor(Math.log10(high - low)) - 1);
  return String(Number((Math.round(value / unit) * unit).toPrecision(12)));
}
