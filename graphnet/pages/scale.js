// Colours for numbers: a scale over the values of a reading, the bar that explains it, and what is legible on a colour.
"use strict";

/** Colours for the values of a reading. */
class Scale {
  constructor({ scale, low, high }, palette) {
    Object.assign(this, { log: scale === "log", low, high, palette });
  }

  color(value) {
    const scaled = this.log ? (x) => Math.log10(Math.max(x, this.low)) : (x) => x;
    const width = scaled(this.high) - scaled(this.low);
    const share = width > 0 ? Math.min(1, Math.max(0, (scaled(value) - scaled(this.low)) / width)) : 0.5;
    return mixed(this.palette, share);
  }

  legend() {
    const stops = Array.from({ length: 13 }, (_, i) => mixed(this.palette, i / 12)).join(", ");
    return [
      element("span", {}, written(this.low, 3)),
      element("i", { style: `background: linear-gradient(to right, ${stops})` }),
      element("span", {}, written(this.high, 3)),
    ];
  }
}

/** Return the colour at a share of the way through a list of colours #rrggbb. */
function mixed(palette, share) {
  const place = share * (palette.length - 1);
  const below = Math.min(palette.length - 2, Math.floor(place));
  const [from, to] = [palette[below], palette[below + 1]].map(channels);
  return `#${from.map((c, i) => Math.round(c + (to[i] - c) * (place - below)).toString(16).padStart(2, "0")).join("")}`;
}

function channels(color) {
  return [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
}

/** Tell whether white is the more legible on a colour, after the Web Content Accessibility Guidelines. */
function isDark(color) {
  const linear = (share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = channels(color).map((channel) => linear(channel / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b <= 0.179;
}
