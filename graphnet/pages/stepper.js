// Steps through the stops of a recorded run. The data are all there: no kernel and no server are needed.
"use strict";

const GN = {
  element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children);
    return made;
  },

  finite: (value) => typeof value === "number",

  /** Write a number with so many digits that count. */
  written(value, digits = 6) {
    if (!GN.finite(value)) return String(value);
    if (value === 0) return "0";
    const size = Math.abs(value);
    const text = size >= 1e6 || size < 1e-4 ? value.toExponential(digits - 1) : value.toPrecision(digits);
    return (text.includes("e") ? text.replace(/\.?0+e/, "e") : text.includes(".") ? text.replace(/\.?0+$/, "") : text).replace("-", "−");
  },

  /** The share of one colour in a mix with another, as #rrggbb. */
  mixed(from, to, share) {
    const parts = (color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
    const [a, b] = [parts(from), parts(to)];
    return `#${a.map((x, i) => Math.round(x + (b[i] - x) * share).toString(16).padStart(2, "0")).join("")}`;
  },

  isDark(color) {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
    return 0.299 * r + 0.587 * g + 0.114 * b < 140;
  },
};

/** One array as a heat map: a cell for each number, blue below zero, orange above. */
class GNTensor {
  constructor(label, tensor, stepper) {
    Object.assign(this, { label, tensor, stepper });
    const shape = tensor.shape.join("x") || "scalar";
    this.root = GN.element("figure", { class: "gn-tensor" });
    this.root.append(GN.element("figcaption", {}, GN.element("b", {}, label), " ", GN.element("span", {}, shape)));
    this.limit = Math.max(0, ...tensor.values.filter(GN.finite).map(Math.abs));
    const cells = GN.element("div", { class: "gn-cells", role: "group", "aria-label": `${label}, ${shape}` });
    cells.style.setProperty("--n", Math.max(1, tensor.width));
    const numbers = tensor.width <= 8;
    cells.classList.toggle("gn-numbers", numbers);
    tensor.values.forEach((value, i) => cells.append(this.cell(value, i, numbers)));
    for (const kind of ["pointerover", "focusin", "pointerdown"]) cells.addEventListener(kind, (event) => this.read(event.target));
    cells.addEventListener("keydown", (event) => this.move(event));
    this.root.append(cells, this.scale(), GN.element("small", {}, this.told()));
  }

  cell(value, i, numbers) {
    const cell = GN.element("i", { "data-i": i, tabindex: i ? -1 : 0, "aria-label": `${this.place(i)}: ${GN.written(value)}` });
    if (numbers) cell.textContent = GN.finite(value) ? GN.written(value, 3) : value;
    if (GN.finite(value)) {
      const color = this.stepper.color(value, this.limit);
      cell.style.background = color;
      cell.style.color = GN.isDark(color) ? "#fff" : "#10161d";
    } else {
      cell.className = "gn-nan";
      if (!numbers) cell.textContent = value === "NaN" ? "N" : "∞";
    }
    return cell;
  }

  /** The indices of a number in the whole array. */
  place(i) {
    const { shape, width } = this.tensor;
    if (!shape.length) return "the number";
    const indices = [i % width];
    let row = Math.floor(i / width);
    for (const size of shape.slice(0, -1).reverse()) {
      indices.unshift(row % size);
      row = Math.floor(row / size);
    }
    return `[${indices.join(", ")}]`;
  }

  read(cell) {
    if (cell.dataset?.i === undefined) return;
    const i = Number(cell.dataset.i);
    this.stepper.read(`${this.label} ${this.place(i)}`, GN.written(this.tensor.values[i]));
  }

  /** Arrow keys go from cell to cell. */
  move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.tensor.width, ArrowUp: -this.tensor.width }[event.key];
    const next = event.target.parentNode.children[Number(event.target.dataset.i) + step];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    next?.focus();
  }

  scale() {
    if (!this.limit) return "";
    const limit = GN.written(this.limit, 3);
    return GN.element("small", { class: "gn-scale" }, `−${limit}`, GN.element("b"), limit);
  }

  told() {
    const { tensor } = this;
    const size = tensor.rows * tensor.columns;
    if (!size) return "no numbers";
    const numbers = tensor.values.filter(GN.finite);
    let [least, largest, mean, norm, nans, infinities] = tensor.told ?? [];
    if (!tensor.told) {
      [least, largest] = [Math.min(...numbers), Math.max(...numbers)];
      mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
      norm = Math.hypot(...numbers);
      nans = tensor.values.filter((x) => x === "NaN").length;
      infinities = tensor.values.length - numbers.length - nans;
    }
    const parts = [];
    if (tensor.told) parts.push(`the first ${tensor.values.length / tensor.width} x ${tensor.width} of ${tensor.rows} x ${tensor.columns}`);
    if (size > 1 && nans + infinities < size) {
      parts.push(`${GN.written(least, 4)} to ${GN.written(largest, 4)}, mean ${GN.written(mean, 4)}, norm ${GN.written(norm, 4)}`);
    }
    if (nans) parts.push(`${nans} NaN`);
    if (infinities) parts.push(`${infinities} infinite`);
    return parts.join("; ");
  }
}

class GNStepper {
  constructor(root) {
    this.root = root;
    this.data = JSON.parse(root.querySelector(".gn-data").textContent);
    this.index = 0;
    this.largest = new Map();
    this.colors = {};
    const part = (name) => root.querySelector(`.gn-${name}`);
    this.parts = Object.fromEntries(
      ["first", "previous", "next", "last", "play", "forward", "backward", "all", "where", "t", "t-name", "time", "jump", "bound", "of", "find", "nan", "tools", "theme", "panel", "diagram", "answer", "still"].map((name) => [name, part(name)]),
    );
    this.parts.still.remove();
    root.querySelectorAll(".gn-live").forEach((live) => (live.hidden = false));
    this.makeDiagram();
    this.makeControls();
    this.followTheme();
    this.show();
  }

  get stop() {
    return this.data.stops[this.index];
  }

  direction(stop) {
    return stop.back ? "backward" : "forward";
  }

  // ---- making

  makeControls() {
    const { parts, data } = this;
    const on = (name, kind, act) => parts[name].addEventListener(kind, act);
    const last = data.stops.length - 1;
    on("first", "click", () => this.go(0));
    on("previous", "click", () => this.go(this.index - 1));
    on("next", "click", () => this.go(this.index + 1));
    on("last", "click", () => this.go(last));
    on("play", "click", () => this.play());
    on("forward", "click", () => this.turn("forward"));
    on("backward", "click", () => this.turn("backward"));
    on("all", "input", () => this.go(Number(parts.all.value)));
    on("t", "input", () => this.toTime(Number(parts.t.value)));
    on("jump", "change", () => this.toNode(Number(parts.jump.value)));
    on("find", "click", () => this.find());
    on("nan", "click", () => this.findNaN());
    on("bound", "keydown", (event) => event.key === "Enter" && this.find());
    parts.all.max = last;
    parts.backward.disabled = !data.stops.some((stop) => stop.back);
    parts.forward.disabled = data.stops.every((stop) => stop.back);
    parts.jump.append(...data.nodes.map((node, i) => GN.element("option", { value: i }, node.name || node.path)));
    const times = data.stops.flatMap((stop) => stop.times ?? []);
    parts.time.hidden = !times.length;
    parts.t.max = times.reduce((a, b) => Math.max(a, b), 0);
    this.root.addEventListener("keydown", (event) => this.press(event));
  }

  makeDiagram() {
    const { data, parts } = this;
    this.boxes = new Map();
    this.arrows = [];
    for (const group of parts.diagram.querySelectorAll("g.node, li[data-box]")) {
      this.boxes.set(group.dataset.box ?? group.querySelector("title").textContent, group);
    }
    for (const group of parts.diagram.querySelectorAll("g.edge")) {
      const [tail, head] = group.querySelector("title").textContent.split("->");
      this.arrows.push({ group, tail, head });
    }
    this.of = new Map();
    data.nodes.forEach((node, i) => node.box && this.of.set(node.box, [...(this.of.get(node.box) ?? []), i]));
    for (const [box, group] of this.boxes) {
      if (this.of.has(box)) group.addEventListener("click", (event) => (event.preventDefault(), this.toNode(this.of.get(box))));
      else group.classList.add("gn-aside");
    }
    if (data.failed) this.boxes.get(data.failed)?.classList.add("gn-failed");
  }

  followTheme() {
    const { root, parts } = this;
    const page = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)");
    let chosen = null;
    const around = () => {
      if (page.dataset.theme) return page.dataset.theme; // a page of ours
      if (document.body.dataset.jpThemeLight) return document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
      return system.matches ? "dark" : "light";
    };
    const show = () => {
      root.dataset.theme = chosen ?? around();
      const style = getComputedStyle(root);
      for (const name of ["negative", "zero", "positive"]) this.colors[name] = style.getPropertyValue(`--${name}`).trim();
      parts.theme.textContent = root.dataset.theme === "dark" ? "Light" : "Dark";
      if (this.shown) this.show();
    };
    parts.theme.hidden = Boolean(document.querySelector("#theme"));
    parts.theme.addEventListener("click", () => {
      chosen = root.dataset.theme === "dark" ? "light" : "dark";
      show();
    });
    system.addEventListener("change", show);
    for (const place of [page, document.body]) new MutationObserver(show).observe(place, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light"] });
    show();
  }

  color(value, limit) {
    const { negative, zero, positive } = this.colors;
    return GN.mixed(zero, value < 0 ? negative : positive, limit ? Math.min(1, Math.abs(value) / limit) : 0);
  }

  // ---- going

  go(index) {
    this.index = Math.min(Math.max(0, index), this.data.stops.length - 1);
    this.show();
  }

  press(event) {
    if (event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.data.stops.length - 1;
    const acts = {
      ArrowRight: () => this.go(this.index + 1),
      ArrowLeft: () => this.go(this.index - 1),
      PageDown: () => this.go(this.index + 10),
      PageUp: () => this.go(this.index - 10),
      Home: () => this.go(0),
      End: () => this.go(last),
      " ": () => this.play(),
    };
    if (!acts[event.key] || (event.key === " " && event.target.matches("button, summary"))) return;
    event.preventDefault();
    acts[event.key]();
  }

  play() {
    if (this.playing) return this.pause();
    if (this.index === this.data.stops.length - 1) this.go(0);
    this.playing = setInterval(() => {
      if (this.index === this.data.stops.length - 1 || !this.root.isConnected) this.pause();
      else this.go(this.index + 1);
    }, 450);
    this.parts.play.textContent = "Pause";
  }

  pause() {
    clearInterval(this.playing);
    this.playing = null;
    this.parts.play.textContent = "Play";
  }

  /** Go to the nearest stop, from here on and around, for which a condition holds; tell whether there is one. */
  around(condition) {
    const { stops } = this.data;
    for (let step = 1; step <= stops.length; step += 1) {
      const index = (this.index + step) % stops.length;
      if (condition(stops[index])) {
        this.go(index);
        return true;
      }
    }
    return false;
  }

  same(a, b) {
    return a.length === b.length && a.every((x, i) => x === b[i]);
  }

  /** The same node at the same time in the other direction, or else the first stop of that direction. */
  turn(direction) {
    const here = this.stop;
    if (this.direction(here) === direction) return;
    const wanted = (stop) => this.direction(stop) === direction;
    const times = here.times ?? [];
    if (!this.around((stop) => wanted(stop) && stop.node === here.node && this.same(stop.times ?? [], times))) this.around(wanted);
  }

  toTime(t) {
    const here = this.stop;
    const wanted = (stop) => this.direction(stop) === this.direction(here) && stop.times?.at(-1) === t;
    if (!this.around((stop) => wanted(stop) && stop.node === here.node)) this.around(wanted);
  }

  toNode(nodes) {
    const wanted = [nodes].flat();
    const direction = this.direction(this.stop);
    const of = (stop) => wanted.includes(stop.node);
    if (!this.around((stop) => of(stop) && this.direction(stop) === direction)) this.around(of);
  }

  // ---- searching

  /** The largest size of a number in an array, of the whole of it; infinity where there is one, or a NaN. */
  largestOf(number) {
    if (number < 0) return 0;
    if (!this.largest.has(number)) {
      const { values, told } = this.data.tensors[number];
      const known = told ? [told[0], told[1], ...(told[4] + told[5] ? ["NaN"] : [])] : values;
      this.largest.set(number, known.reduce((most, x) => Math.max(most, GN.finite(x) ? Math.abs(x) : Infinity), 0));
    }
    return this.largest.get(number);
  }

  largestIn(stop, gradients) {
    const numbers = gradients ? [...(stop.grad_output ?? []), ...(stop.grad_input ?? []), ...Object.values(stop.gradients ?? {})] : stop.output;
    return numbers.reduce((most, number) => Math.max(most, this.largestOf(number)), 0);
  }

  find() {
    const bound = Number(this.parts.bound.value);
    const gradients = this.parts.of.value === "gradient";
    const found = this.around((stop) => (!gradients || stop.back) && this.largestIn(stop, gradients) > bound);
    this.answer(found ? "" : `no ${gradients ? "gradient" : "value"} is larger than ${bound}`);
  }

  findNaN() {
    const found = this.around((stop) => this.largestIn(stop, Boolean(stop.back)) === Infinity);
    this.answer(found ? "" : "all numbers are finite");
  }

  answer(text) {
    this.parts.answer.textContent = text;
  }

  // ---- showing

  read(name, value) {
    this.reading.replaceChildren(`${name} = `, GN.element("b", {}, value));
  }

  show() {
    this.shown = true;
    const { parts, data, stop } = this;
    const direction = this.direction(stop);
    const last = data.stops.length - 1;
    this.root.dataset.direction = direction;
    this.root.dataset.stop = this.index;
    parts.all.value = this.index;
    parts.where.textContent = `stop ${this.index + 1} of ${last + 1}`;
    parts.all.setAttribute("aria-valuetext", `${parts.where.textContent}, ${direction}`);
    parts.first.disabled = parts.previous.disabled = !this.index;
    parts.last.disabled = parts.next.disabled = this.index === last;
    for (const name of ["forward", "backward"]) parts[name].setAttribute("aria-pressed", String(name === direction));
    parts.jump.value = stop.node;
    const t = stop.times?.at(-1);
    parts["t-name"].textContent = t === undefined ? "t = –" : `t = ${t}`;
    if (t !== undefined) parts.t.value = t;
    this.light(stop, direction);
    this.showPanel(stop);
  }

  light(stop, direction) {
    const { data } = this;
    const done = new Set();
    for (let i = this.index; i >= 0 && this.direction(data.stops[i]) === direction; i -= 1) {
      const box = data.nodes[data.stops[i].node].box;
      if (stop.times && data.stops[i].times && data.stops[i].times.at(-1) !== stop.times.at(-1)) continue;
      done.add(box);
    }
    const here = data.nodes[stop.node].box;
    for (const [box, group] of this.boxes) {
      group.classList.toggle("gn-done", done.has(box));
      group.classList.toggle("gn-here", box === here);
    }
    const lit = stop.back ? "tail" : "head"; // backwards, what flows comes against the arrow
    for (const arrow of this.arrows) {
      arrow.group.classList.toggle("gn-here", arrow[lit] === here);
      arrow.group.classList.toggle("gn-done", done.has(arrow[lit]));
    }
    this.reveal(this.boxes.get(here));
  }

  /** Scroll the diagram, and nothing around it, so that the node is seen. */
  reveal(group) {
    const frame = this.parts.diagram;
    if (!group || frame.scrollHeight <= frame.clientHeight + 2 && frame.scrollWidth <= frame.clientWidth + 2) return;
    const [box, around] = [group.getBoundingClientRect(), frame.getBoundingClientRect()];
    frame.scrollTop += (box.top + box.bottom - around.top - around.bottom) / 2;
    frame.scrollLeft += (box.left + box.right - around.left - around.right) / 2;
  }

  showPanel(stop) {
    const node = this.data.nodes[stop.node];
    const direction = this.direction(stop);
    const when = stop.times ? ` · t = ${stop.times.join(", ")}` : "";
    const arrow = stop.back ? "▲" : "▼";
    const head = GN.element("h3", {}, node.name || node.action, GN.element("small", {}, `${arrow} ${direction}${when}`));
    const told = [node.name ? node.action : "", node.description, node.path === (node.name || node.action) ? "" : node.path, node.place];
    this.reading = GN.element("div", { class: "gn-read", "aria-live": "polite" }, "Point at a number to read it.");
    this.parts.panel.replaceChildren(head, GN.element("p", { class: "gn-told" }, told.filter(Boolean).join(" · ")), ...this.sections(stop, node), this.reading);
  }

  sections(stop, node) {
    const places = (what, numbers, sources) => numbers.filter((n) => n >= 0).map((n, i) => [numbers.length > 1 ? `${what} [${i}]${sources[i] ? ` ${sources[i]}` : ""}` : what, n]);
    const found = [];
    const add = (title, pairs, left) => {
      if (!pairs.length) return;
      const tensors = pairs.map(([label, number]) => new GNTensor(label, this.data.tensors[number], this).root);
      const more = left < 0 ? [GN.element("small", {}, `and ${-left} more`)] : [];
      found.push(GN.element("h4", {}, title), GN.element("div", { class: "gn-tensors" }, ...tensors, ...more));
    };
    if (stop.back) {
      add("The gradient that comes to it", places("grad_output", stop.grad_output, []), stop.grad_output.at(-1));
      add("The gradient that it passes back", places("grad_input", stop.grad_input, node.sources), stop.grad_input.at(-1));
      add("What has accumulated in its parameters", Object.entries(stop.gradients ?? {}).map(([name, n]) => [`gradient of ${name}`, n]), 0);
    }
    add("It takes", places("input", stop.input, node.sources), stop.input.at(-1));
    add("It gives", places("output", stop.output, []), stop.output.at(-1));
    add("Its parameters", Object.entries(stop.parameters ?? {}), 0);
    return found;
  }
}

for (const root of document.querySelectorAll(".gn-stepper:not([data-stop])")) new GNStepper(root);
