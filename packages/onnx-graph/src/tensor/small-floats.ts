/** Bit layout of a floating-point type narrower than 32 bits. */
export interface SmallFloat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** `ieee`: the last exponent means infinity or NaN; `fn`: only all ones are NaN; `fnuz`: only the pattern of -0 is NaN; `finite`: neither. */
  readonly special: 'ieee' | 'fn' | 'fnuz' | 'finite';
}

type SmallFloatName = 'float16' | 'bfloat16' | 'e4m3fn' | 'e4m3fnuz' | 'e5m2' | 'e5m2fnuz' | 'e2m1';

/** Formats of section "Float stored in 8 bits" and "float4" of the ONNX specification. */
export const SMALL_FLOATS: Readonly<Record<SmallFloatName, SmallFloat>> = {
  float16: { exponentBits: 5, mantissaBits: 10, bias: 15, special: 'ieee' },
  bfloat16: { exponentBits: 8, mantissaBits: 7, bias: 127, special: 'ieee' },
  e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, special: 'fn' },
  e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, special: 'fnuz' },
  e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: 'ieee' },
  e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, special: 'fnuz' },
  e2m1: { exponentBits: 2, mantissaBits: 1, bias: 1, special: 'finite' },
};

/** The number that a bit pattern stands for. */
export function decodeSmallFloat(bits: number, { exponentBits, mantissaBits, bias, special }: SmallFloat): number {
  const mantissa = bits & ((1 << mantissaBits) - 1);
  const last = (1 << exponentBits) - 1;
  const exponent = (bits >> mantissaBits) & last;
  const negative = bits >> (mantissaBits + exponentBits) === 1;
  const sign = negative ? -1 : 1;
  if (special === 'ieee' && exponent === last) return mantissa === 0 ? sign * Infinity : NaN;
  if (special === 'fn' && exponent === last && mantissa === (1 << mantissaBits) - 1) return NaN;
  if (special === 'fnuz' && negative && exponent === 0 && mantissa === 0) return NaN;
  const scale = 2 ** -mantissaBits;
  return exponent === 0 ? sign * mantissa * scale * 2 ** (1 - bias) : sign * (1 + mantissa * scale) * 2 ** (exponent - bias);
}

/** The nearest float16 bit pattern, ties to even. */
export function encodeFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = size / 2 ** (exponent - 10);
  const below = Math.floor(steps);
  const rest = steps - below;
  const rounded = rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
  // A mantissa that rounds up to 2048 carries into the exponent by itself.
  return sign | (size < 2 ** -14 ? rounded : ((exponent + 14) << 10) + rounded);
}
