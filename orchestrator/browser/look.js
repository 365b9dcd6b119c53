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

/** Short enough for an axis: 12k, 3.4M. */
function tick(value) {
  const size = Math.abs(value);
  for (const [unit, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, ""]]) {
    if (size >= unit) {
      return letter === "" ? `${Number((value / 1e3).toPrecision(4))}k` : `${Number((value / unit).toPrecision(4))}${letter}`;
    }
  }
  return String(Number(value.toPrecision(4)));
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

/**
 * A chart that follows its element's width and the page's colours. `draw(width)` makes the uPlot; the arrow keys
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
    this.width = Math.max(240, Math.floor(this.element.clientWidth));
    this.plot = this.draw(this.width);
  }

  fit() {
    const width = Math.max(240, Math.floor(this.element.clientWidth));
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
