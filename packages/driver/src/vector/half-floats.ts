const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of an IEEE half float, rounded to the nearest and to even; infinity's bits for what is too large. */
export function toHalfFloat(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = Math.abs(float[0]);
  if (magnitude >= 65_520) return sign | 0x7c00;
  // Below the smallest normal number halves are multiples of 2^-24.
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const truncated = (((word >>> 23) & 0xff) - 112) * 0x400 + ((word >>> 13) & 0x3ff);
  const rest = word & 0x1fff;
  const isUp = rest > 0x1000 || (rest === 0x1000 && (truncated & 1) === 1);
  return sign | (truncated + (isUp ? 1 : 0));
}

/** The number that a half float's bits stand for. */
export function fromHalfFloat(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (mantissa + 0x400) * 2 ** (exponent - 25);
}

/** The upper half of a 32-bit float's bits. The lower half is cut off, not rounded, as libSQL does. */
export function toBrainFloat(value: number): number {
  float[0] = value;
  return bits[0]! >>> 16;
}

/** The number that a brain float's bits stand for. */
export function fromBrainFloat(brain: number): number {
  bits[0] = brain << 16;
  return float[0]!;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
