// Steps through the stops of a recorded run. The data are all there: no kernel and no server are needed.
// It needs block-theme.js and heat-map.js before it.
"use strict";

class GNStepper {
  constructor(root) {
    this.root = root;
    this.data = JSON.parse(root.querySelector(".gn-data").textContent);
    this.index = 0;
    this.largest = new Map();
    const part = (name) => root.querySelector(`.gn-${name}`);
    this.parts = Object.fromEntries(
      ["first", "previous", "next", "last", "play", "forward", "backward", "all", "where", "t", "t-name", "time", "jump", "bound", "of", "find", "nan", "tools", "theme", "panel", "diagram", "answer", "still"].map((name) => [name, part(name)]),
    );
    this.parts.still.remove();
    root.querySelectorAll(".gn-live").forEach((live) => (live.hidden = false));
    this.makeDiagram();
    this.makeControls();
    followTheme(root, this.parts.theme);
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
    this.aside = [];
    for (const group of parts.diagram.querySelectorAll("g.node, g.cluster, li[data-box]")) {
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
      else if (!group.matches(".cluster")) this.aside.push(box);
    }
    if (data.failed) this.boxes.get(data.failed)?.classList.add("gn-failed");
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
    const from = stop.back ? "head" : "tail"; // what is no stop, such as an output's marker, is reached with its giver
    for (const box of this.aside) {
      const givers = this.arrows.filter((arrow) => arrow[lit] === box).map((arrow) => arrow[from]);
      this.boxes.get(box).classList.toggle("gn-done", !givers.length || givers.some((giver) => done.has(giver)));
    }
    this.reveal(this.boxes.get(here));
  }

  /** Scroll the diagram, and nothing around it, so that the node is seen. */
  reveal(group) {
    const frame = this.parts.diagram;
    if (!group || frame.scrollHeight <= frame.clientHeight + 2 && frame.scrollWidth <= frame.clientWidth + 2) return;
    const [box, around] = [group.getBoundingClientRect(), frame.getBoundingClientRect()];
    const margin = 40; // as long as it is well in sight, nothing moves
    if (box.top < around.top + margin || box.bottom > around.bottom - margin) frame.scrollTop += (box.top + box.bottom - around.top - around.bottom) / 2;
    if (box.left < around.left + margin || box.right > around.right - margin) frame.scrollLeft += (box.left + box.right - around.left - around.right) / 2;
  }

  showPanel(stop) {
    const node = this.data.nodes[stop.node];
    const direction = this.direction(stop);
    const when = stop.times ? ` · t = ${stop.times.join(", ")}` : "";
    const arrow = stop.back ? "▲" : "▼";
    const head = GN.element("h3", {}, node.name || node.action, GN.element("small", {}, `${arrow} ${direction}${when}`));
    const told = [node.name ? node.action : "", node.description, node.path === (node.name || node.action) ? "" : node.path, node.place];
    this.reading = GN.element("div", { class: "gn-read", "aria-live": "polite" }, "Point at a number to read it.");
    this.parts.panel.replaceChildren(head, GN.element("p", { class: "gn-told" }, told.filter(Boolean).join(" · ")), GN.element("div", { class: "gn-sections" }, ...this.sections(stop, node)), this.reading);
  }

  sections(stop, node) {
    const places = (what, numbers, sources) => numbers.filter((n) => n >= 0).map((n, i) => [numbers.length > 1 ? `${what} [${i}]${sources[i] ? ` ${sources[i]}` : ""}` : what, n]);
    const found = [];
    const add = (title, pairs, left) => {
      if (!pairs.length) return;
      const tensors = pairs.map(([label, number]) => new GNTensor(label, this.data.tensors[number], this).root);
      const more = left < 0 ? [GN.element("small", {}, `and ${-left} more`)] : [];
      found.push(GN.element("section", {}, GN.element("h4", {}, title), GN.element("div", { class: "gn-tensors" }, ...tensors, ...more)));
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
