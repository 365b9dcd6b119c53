// SPDX-License-Identifier: GPL-2.0-or-later
// What all charts share: colours, numbers, sizes, keys.

const root = document.documentElement;
const charts = new Set();

/** The page's colours as they are now: light, dark or for paper. */
function colour(name) {
  return getComputedStyle(root).getPropertyValue(`--${name}`).trim();
}

function sideColour(index) {
  return colour(`side-${index % 6}`);
}

/** What lines have beside the colour, which the first six variants do not share. */
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

function sideDash(index) {
  return dashes[Math.floor(index / 6) % dashes.length];
}

/** Four significant digits, as the tables have them. */
function shown(value) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return "none";
  }
  if (Number.isInteger(value) || Math.abs(value) >= 1e4) {
    return Math.abs(value) < 1e15 ? String(Math.round(value)) : value.toPrecision(4);
  }
  return String(Number(value.toPrecision(4)));
}

/** For numbers on an axis, 12k or 3.4M: from where, in which unit, called what. */
const units = [[1e12, 1e12, "T"], [1e9, 1e9, "G"], [1e6, 1e6, "M"], [1e4, 1e3, "k"], [0, 1, ""]];

/** All digits that it has: those of an axis are few, but it takes them to tell 876.11k from 876.115k. */
function tick(value) {
  const [, unit, letter] = units.find(([least]) => Math.abs(value) >= least);
  return `${Number((value / unit).toPrecision(12))}${letter}`;
}

function axisLook(more) {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return {
    stroke: colour("soft"),
    font,
    labelFont: font,
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1, size: 4 },
    ...more,
  };
}

/** As wide as the longest label: figures may have many digits. */
function axisWidth(u, labels) {
  const longest = (labels || []).reduce((most, label) => Math.max(most, label.length), 0);
  return 18 + 7.5 * longest;
}

/** On paper the layout comes after the drawing, so sizes are given; report.css has the same. */
function widthOf(element) {
  if (root.classList.contains("printing")) {
    return element.classList.contains("tall") ? 640 : 290;
  }
  return Math.max(240, Math.floor(element.clientWidth));
}

function heightOf(element) {
  const tall = element.classList.contains("tall");
  return root.classList.contains("printing") ? (tall ? 260 : 160) : tall ? 320 : 210;
}

/**
 * A chart that follows its element's width and the page's colours. `draw(size)` makes the uPlot; the arrow keys
 * move its cursor from point to point.
 */
class Chart {
  constructor(element, draw) {
    this.element = element;
    this.draw = draw;
    this.plot = null;
    element.tabIndex = 0;
    element.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.fit()).observe(element);
    charts.add(this);
    this.redraw();
  }

  redraw() {
    this.plot?.destroy();
    this.element.replaceChildren();
    this.width = widthOf(this.element);
    this.plot = this.draw({ width: this.width, height: heightOf(this.element) });
  }

  fit() {
    const width = widthOf(this.element);
    if (this.plot !== null && width !== this.width) {
      this.width = width;
      this.plot.setSize({ width, height: this.plot.height });
    }
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const times = this.plot?.data[0];
    if (steps === undefined || times === undefined || times.length === 0) {
      return;
    }
    event.preventDefault();
    const now = this.plot.cursor.idx;
    const index = Math.min(times.length - 1, Math.max(0, now === null || now === undefined ? 0 : now + steps));
    const y = this.plot.series.findIndex((series, i) => i > 0 && this.plot.data[i][index] !== null);
    this.plot.setCursor({
      left: this.plot.valToPos(times[index], "x"),
      top: y < 0 ? 0 : this.plot.valToPos(this.plot.data[y][index], "y"),
    });
  }
}

function redrawAll() {
  charts.forEach((chart) => chart.redraw());
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
addEventListener("beforeprint", () => {
  root.classList.add("printing");
  redrawAll();
});
addEventListener("afterprint", () => {
  root.classList.remove("printing");
  redrawAll();
});
