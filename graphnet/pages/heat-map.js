// Arrays as heat maps, each number a cell that can be pointed at.
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
      const share = this.limit ? Math.abs(value) / this.limit : 0;
      cell.className = `gn-${value < 0 ? "below" : "above"}${share > 0.62 ? " gn-half" : ""}${share > 0.87 ? " gn-full" : ""}`;
      cell.style.setProperty("--share", `${Math.round(100 * share)}%`);
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
