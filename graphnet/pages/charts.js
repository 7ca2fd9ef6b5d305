// Line charts in SVG: axes with nice ticks, linear or logarithmic, a legend that hides and shows, and a read-out under
// the pointer or the arrow keys. A chart is drawn anew whenever its data or its width change.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "g", "path", "line", "text", "circle", "title"]);
const MOST_IN_READOUT = 8;
const COLORS = 8; // --series-0 to --series-7 of the style sheet
const ALIKE = 4; // no two of so many, in a row, look alike to the colour-blind; further series are dashed
const DASHES = [null, "7 3", "2 3", "9 3 2 3"];

/** Return an element with attributes and children; text is set as text, never as markup. */
function element(name, attributes = {}, ...children) {
  const made = SHAPES.has(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/**
 * A chart of lines in an element of the page.
 *
 * Its data (`update`): `series`, each with `name`, `x`, `y`, and perhaps `low` and `high` of a band; `log`; `includes`,
 * numbers that the axis must reach; `limits`, horizontal lines with a `name` and a `y`; `marks`, vertical lines;
 * `at`, the x that is chosen. `pick(x)` is called when one clicks at an x; the event `choice` tells that lines were
 * hidden or shown, whose names are in `hidden`.
 */
class Chart {
  constructor(place, { label, height, xName, describeX, pick, hidden }) {
    Object.assign(this, { place, label, height, xName, describeX, pick, hidden, data: null, hovered: null });
    place.replaceChildren();
    this.svg = element("svg", { class: "chart", role: "img", tabindex: 0, height });
    this.readout = element("div", { class: "readout", hidden: true });
    this.legend = element("div", { class: "legend" });
    place.append(element("div", { class: "plot" }, this.svg, this.readout), this.legend);
    this.svg.addEventListener("pointermove", (event) => this.hover(this.xAt(event), event));
    this.svg.addEventListener("pointerleave", () => this.hover(null));
    this.svg.addEventListener("blur", () => this.hover(null));
    this.svg.addEventListener("click", (event) => this.data && this.pick(this.xAt(event)));
    this.svg.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(place);
  }

  update(data) {
    this.data = { log: false, includes: [], limits: [], marks: [], at: null, ...data };
    this.draw();
  }

  shown() {
    return this.data.series.filter((series) => !this.hidden.has(series.name));
  }

  draw() {
    const width = Math.floor(this.place.clientWidth);
    if (!this.data || width < 60) return;
    const values = this.shown().flatMap((series) => [...series.y, ...(series.low ?? []), ...(series.high ?? [])]);
    const axes = this.axes(width, values);
    const { at, marks } = this.data;
    const upright = (name, x) => {
      const [place, { top, bottom }] = [this.toX(x), this.box];
      return element("line", { class: name, x1: place, x2: place, y1: top, y2: bottom });
    };
    const nothing = () => [this.text("nothing to show yet", width / 2, this.height / 2, "middle")];
    this.cursor = element("g", { class: "cursor" });
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.setAttribute("aria-label", this.label);
    this.svg.replaceChildren(
      element("title", {}, this.label),
      ...marks.map((x) => upright("mark", x)),
      ...axes,
      ...this.lines(),
      ...this.limits(),
      ...(at !== null && at >= this.first && at <= this.last ? [upright("chosen", at)] : []),
      ...(values.some((y) => this.fits(y)) ? [] : nothing()),
      this.cursor,
    );
    this.drawLegend();
    if (this.hovered !== null) this.hover(this.hovered);
  }

  /** Find the scales for these values; return the ticks and the axes. */
  axes(width, values) {
    const { log, includes, limits, series } = this.data;
    const [low, high] = rangeOf([...values, ...limits.map((limit) => limit.y)], log, includes);
    [this.first, this.last] = rangeOf(series.flatMap(({ x }) => [x[0] ?? null, x.at(-1) ?? null]), false);
    const ticks = log ? logTicks(low, high, 6) : linearTicks(low, high, 5);
    const labels = ticks.map((tick) => written(tick, 3));
    const left = 14 + 6.6 * Math.max(3, ...labels.map((text) => text.length));
    const box = { left, right: width - 12, top: 10, bottom: this.height - 36 };
    const scaled = log ? Math.log10 : (number) => number;
    const [down, across] = [scaled(high) - scaled(low), this.last - this.first];
    this.box = box;
    this.toX = (x) => box.left + ((x - this.first) / across) * (box.right - box.left);
    this.toY = (y) => box.bottom - ((scaled(y) - scaled(low)) / down) * (box.bottom - box.top);
    this.fromX = (pixel) => this.first + ((pixel - box.left) / (box.right - box.left)) * across;
    const parts = [];
    ticks.forEach((tick, i) => {
      const y = this.toY(tick);
      parts.push(element("line", { class: "grid", x1: box.left, x2: box.right, y1: y, y2: y }));
      parts.push(this.text(labels[i], box.left - 6, y + 4));
    });
    for (const tick of linearTicks(this.first, this.last, Math.max(2, Math.floor(width / 110)))) {
      if (tick < 0 || !Number.isInteger(tick)) continue; // no step is between two
      const x = this.toX(tick);
      parts.push(element("line", { class: "notch", x1: x, x2: x, y1: box.bottom, y2: box.bottom + 4 }));
      parts.push(this.text(written(tick, 6), x, box.bottom + 17, "middle"));
    }
    parts.push(this.text(this.xName, box.right, this.height - 4));
    parts.push(element("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }));
    return parts;
  }

  text(content, x, y, anchor = "end", more = "") {
    return element("text", { class: `tick ${more}`, x, y, "text-anchor": anchor }, content);
  }

  /** Tell whether a value can be drawn. */
  fits(y) {
    return y !== null && y !== undefined && Number.isFinite(y) && !(this.data.log && y <= 0);
  }

  lines() {
    return this.data.series.flatMap((series, i) => {
      if (this.hidden.has(series.name)) return [];
      const style = `--line: var(--series-${i % COLORS})`;
      // Of a line of which nothing is to be seen, a point: one that stands between gaps.
      const alone = (k) => !this.fits(series.y[k - 1]) && !this.fits(series.y[k + 1]);
      const points = series.x.map((x, k) => [x, series.y[k]]).filter((_, k) => series.points || alone(k));
      return [
        ...(series.low ? [element("path", { class: "band", style, d: this.band(series) })] : []),
        element("path", { class: "line", style, "stroke-dasharray": dashes(i), d: this.path(series) }),
        ...points.filter(([, y]) => this.fits(y)).map(([x, y]) =>
          element("circle", { class: "point", style, cx: this.toX(x), cy: this.toY(y), r: 3 })),
      ];
    });
  }

  limits() {
    const { left, right } = this.box;
    return this.data.limits.filter(({ y }) => this.fits(y)).flatMap(({ name, y }) => [
      element("line", { class: "limit", x1: left, x2: right, y1: this.toY(y), y2: this.toY(y) }),
      this.text(name, left + 6, this.toY(y) - 5, "start", "over"),
    ]);
  }

  path(series) {
    let pen = "M";
    let path = "";
    series.x.forEach((x, i) => {
      const fits = this.fits(series.y[i]);
      if (fits) path += `${pen}${this.toX(x).toFixed(1)} ${this.toY(series.y[i]).toFixed(1)}`;
      pen = fits ? "L" : "M";
    });
    return path || "M0 0";
  }

  band(series) {
    const kept = [...series.x.keys()].filter((i) => this.fits(series.low[i]) && this.fits(series.high[i]));
    const corner = (i, values) => `${this.toX(series.x[i]).toFixed(1)} ${this.toY(values[i]).toFixed(1)}`;
    const upper = kept.map((i) => corner(i, series.high));
    return kept.length ? `M${[...upper, ...kept.reverse().map((i) => corner(i, series.low))].join("L")}Z` : "M0 0";
  }

  drawLegend() {
    if (this.data.series.length < 2) return this.legend.replaceChildren();
    const focused = [...this.legend.children].indexOf(document.activeElement);
    const buttons = this.data.series.map((series, i) =>
      element(
        "button",
        {
          type: "button",
          "aria-pressed": String(!this.hidden.has(series.name)),
          title: `${series.name}: click to hide or show it, double-click to see it alone`,
          onclick: () => this.toggle(series.name),
          ondblclick: () => this.alone(series.name),
        },
        swatch(i),
        element("span", {}, series.name),
      ),
    );
    this.legend.replaceChildren(...buttons);
    if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)].focus();
    return undefined;
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.draw();
    this.place.dispatchEvent(new CustomEvent("choice", { bubbles: true }));
  }

  alone(name) {
    const others = this.data.series.map((series) => series.name).filter((other) => other !== name);
    const already = others.every((other) => this.hidden.has(other)) && !this.hidden.has(name);
    this.hidden.clear();
    if (!already) others.forEach((other) => this.hidden.add(other));
    this.draw();
    this.place.dispatchEvent(new CustomEvent("choice", { bubbles: true }));
  }

  xAt(event) {
    const bounds = this.svg.getBoundingClientRect();
    return this.fromX ? this.fromX(event.clientX - bounds.left) : null;
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const longest = this.data && this.shown().reduce((a, b) => (b.x.length > a.length ? b.x : a), []);
    if (!longest || !longest.length) return;
    if (event.key === "Enter" && this.pick && this.hovered !== null) this.pick(this.hovered);
    if (step === undefined) return;
    event.preventDefault();
    const here = this.hovered === null ? longest.length - (step > 0 ? 1 : 0) : nearest(longest, this.hovered);
    this.hover(longest[Math.max(0, Math.min(longest.length - 1, here + step))]);
  }

  /** Show what the lines are at an x; those nearest to the pointer first, if there are many. */
  hover(x, event = null) {
    this.hovered = x;
    if (!this.cursor) return;
    const found = x === null ? [] : this.found(x, event);
    this.readout.hidden = !found.length;
    this.cursor.replaceChildren();
    if (!found.length) return;
    const named = found.slice(0, MOST_IN_READOUT);
    const near = (a, b) => (Math.abs(b - x) < Math.abs(a - x) ? b : a);
    const here = found.map((one) => one.x).reduce(near);
    const { left, right, top, bottom } = this.box;
    const place = Math.max(left, Math.min(right, this.toX(here)));
    this.cursor.append(
      element("line", { x1: place, x2: place, y1: top, y2: bottom }),
      ...named.filter((one) => this.fits(one.y)).map((one) => element("circle", {
        style: `--line: var(--series-${one.i % COLORS})`, cx: this.toX(one.x), cy: this.toY(one.y), r: 3.5,
      })),
    );
    this.readout.replaceChildren(
      element("b", {}, this.describeX(here)),
      ...named.map((one) =>
        element("div", {}, swatch(one.i), element("span", {}, one.name), element("output", {}, written(one.y)))),
      ...(found.length > named.length ? [element("i", {}, `and ${found.length - named.length} more`)] : []),
    );
    const width = this.readout.offsetWidth;
    const beside = place + 14 + width > this.svg.clientWidth ? Math.max(0, place - width - 14) : place + 14;
    this.readout.style.left = `${beside}px`;
  }

  /** Return what the lines that are shown are at an x. */
  found(x, event) {
    const found = this.data.series
      .map(({ name, x: xs, y }, i) => ({ name, i, x: xs[nearest(xs, x)], y: y[nearest(xs, x)] ?? null }))
      .filter((one) => !this.hidden.has(one.name) && one.y !== null);
    if (event && found.length > MOST_IN_READOUT) {
      const pointer = event.clientY - this.svg.getBoundingClientRect().top;
      const away = (one) => (this.fits(one.y) ? Math.abs(this.toY(one.y) - pointer) : Infinity);
      found.sort((a, b) => away(a) - away(b));
    }
    return found;
  }
}

/** Return the dashes of the `i`-th line, since there are not as many colours that all can tell apart as lines. */
function dashes(i) {
  return DASHES[Math.floor(i / ALIKE) % DASHES.length];
}

/** Return the sample of a line that stands beside the name of a series. */
function swatch(i) {
  const style = `--line: var(--series-${i % COLORS})`;
  const line = element("path", { class: "line", style, "stroke-dasharray": dashes(i), d: "M1 5H21" });
  return element("svg", { class: "swatch", width: 22, height: 10, "aria-hidden": "true" }, line);
}
