// Numbers as people read them, and the round ones for axes.
"use strict";

/** Write a number with a few significant digits, as people read it. */
function written(number, digits = 4) {
  if (number === null || number === undefined || !Number.isFinite(number)) return "–";
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (size >= 1e6 || size < 1e-4) {
    const [mantissa, exponent] = number.toExponential(digits - 1).split("e");
    return `${Number(mantissa)}e${Number(exponent)}`;
  }
  const before = size >= 1 ? Math.floor(Math.log10(size)) + 1 : 0; // all digits before the point are written
  return Number(number.toPrecision(Math.max(digits, before))).toLocaleString("en", { maximumSignificantDigits: 12 });
}

/** Return about `count` round numbers from low to high. */
function linearTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough * 0.999);
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Return powers of ten from low to high, with 2 and 5 between them where there are few. */
function logTicks(low, high, count) {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const stride = Math.max(1, Math.ceil((last - first) / count));
  const factors = last - first <= 2 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = first; power <= last; power += stride) {
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(3));
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

/** Return the range of the finite numbers (of those over 0, for a logarithm), a little wider than they are. */
function rangeOf(numbers, log, includes = []) {
  let low = Infinity;
  let high = -Infinity;
  for (const number of [...includes, ...numbers]) {
    if (number === null || !Number.isFinite(number) || (log && number <= 0)) continue;
    if (number < low) low = number;
    if (number > high) high = number;
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) return low === high ? [low / 2, high * 2] : [low / 1.15, high * 1.15];
  const room = low === high ? Math.abs(low) * 0.1 || 0.5 : (high - low) * 0.04;
  return [includes.includes(low) ? low : low - room, includes.includes(high) && high > low ? high : high + room];
}

/** Return the index of the number nearest to x in a sorted list. */
function nearest(sorted, x) {
  let low = 0;
  let high = sorted.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= x) low = middle;
    else high = middle;
  }
  return high >= 0 && Math.abs(sorted[high] - x) < Math.abs(sorted[low] - x) ? high : low;
}
