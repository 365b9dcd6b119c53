// SPDX-License-Identifier: GPL-2.0-or-later
// Time lines: one metric over the trials of a workload, or one trial with its events.

const gridColumns = 400;
const lines = document.getElementById("time-lines");

function option(select, value, text) {
  const entry = document.createElement("option");
  entry.value = value;
  entry.textContent = text;
  select.append(entry);
}

/** What a line is at `time`, between its columns; nothing before it begins and after it ends. */
function valueAt(line, time, cursor) {
  const { times } = line;
  while (cursor.at + 1 < times.length && times[cursor.at + 1] <= time) {
    cursor.at++;
  }
  const i = cursor.at;
  if (times.length === 0 || time < times[0] || time > times[times.length - 1]) {
    return null;
  }
  const middle = (k) => (line.low[k] + line.high[k]) / 2;
  if (i + 1 >= times.length || times[i + 1] === times[i]) {
    return middle(i);
  }
  const part = (time - times[i]) / (times[i + 1] - times[i]);
  return middle(i) + part * (middle(i + 1) - middle(i));
}

/** All lines on one grid of times, as uPlot wants them. */
function onOneGrid(all) {
  const end = Math.max(0.001, ...all.map((line) => line.times[line.times.length - 1] ?? 0));
  const grid = Array.from({ length: gridColumns + 1 }, (_, i) => (end * i) / gridColumns);
  return [
    grid,
    ...all.map((line) => {
      const cursor = { at: 0 };
      return grid.map((time) => valueAt(line, time, cursor));
    }),
  ];
}

/** The line less its first value. */
function fromStart(line) {
  const first = line.low[0] ?? 0;
  return { ...line, low: line.low.map((v) => v - first), high: line.high.map((v) => v - first) };
}

function drawEvents(events) {
  return (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("ink");
    ctx.font = `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    ctx.lineWidth = devicePixelRatio;
    events.forEach((event, i) => {
      const x = u.valToPos(event[0] / 1e6, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) {
        return;
      }
      ctx.setLineDash([2 * devicePixelRatio, 2 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.fillText(String(i + 1), x + 3 * devicePixelRatio, bbox.top + ((i % 4) * 12 + 1) * devicePixelRatio);
    });
    ctx.restore();
  };
}

class TimeLines {
  constructor() {
    this.cell = document.getElementById("lines-cell");
    this.metric = document.getElementById("lines-metric");
    this.trial = document.getElementById("lines-trial");
    this.change = document.getElementById("lines-change");
    this.element = lines.querySelector(".plot");
    this.readout = lines.querySelector(".readout");
    this.events = document.getElementById("lines-events");
    this.chart = null;
    page.cells.forEach((cell, i) => option(this.cell, i, cell.name));
    this.cell.addEventListener("change", () => this.choseCell());
    this.metric.addEventListener("change", () => this.choseMetric());
    this.trial.addEventListener("change", () => this.show());
    this.change.addEventListener("change", () => this.show());
    this.choseCell();
  }

  choseCell() {
    const cell = page.cells[this.cell.value];
    const before = this.metric.selectedOptions[0]?.textContent;
    this.metric.replaceChildren();
    cell.metrics.forEach((metric, i) => option(this.metric, i, metric.name));
    const same = cell.metrics.findIndex((metric) => metric.name === before);
    this.metric.value = same < 0 ? cell.first : same;
    this.trial.replaceChildren();
    option(this.trial, "", "all of them");
    for (const trial of cell.trials) {
      option(this.trial, trial, page.trials[trial].name);
    }
    this.nameColours(cell);
    this.choseMetric();
  }

  nameColours(cell) {
    const legend = lines.querySelector(".legend");
    legend.replaceChildren();
    const shown = new Set(cell.trials.map((trial) => page.trials[trial].variant));
    page.variants.forEach((name, v) => {
      if (shown.has(v)) {
        const entry = document.createElement("span");
        const line = document.createElement("i");
        line.style.borderTopColor = `var(--side-${v % 6})`;
        entry.append(line, name);
        legend.append(entry);
      }
    });
  }

  choseMetric() {
    const metric = page.cells[this.cell.value].metrics[this.metric.value];
    this.change.checked = metric.unit === "events";
    this.show();
  }

  /** Draws what is chosen; the last choice wins, however long unpacking takes. */
  async show() {
    const cell = page.cells[this.cell.value];
    const metric = cell.metrics[this.metric.value];
    const wanted = this.trial.value;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    let all = await linesOf(cell, metric);
    if (turn !== this.turn) {
      return;
    }
    if (this.change.checked) {
      all = all.map(fromStart);
    }
    const one = wanted === "" ? undefined : all.find((line) => line.trial === Number(wanted));
    const events = wanted === "" ? [] : page.events[wanted] ?? [];
    const make = one === undefined ? this.together(metric, wanted === "" ? all : []) : this.alone(metric, one, events);
    this.listEvents(wanted, events);
    if (this.chart === null) {
      this.chart = new Chart(this.element, make);
    } else {
      this.chart.draw = make;
      this.chart.redraw();
    }
    this.describe(metric, one, all);
  }

  describe(metric, one, all) {
    const what = one === undefined ? `${all.length} trials` : page.trials[one.trial].name;
    const values = (one === undefined ? all : [one]).flatMap((line) => [...line.low, ...line.high]);
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const range = values.length === 0 ? "no samples" : `from ${shown(low)} to ${shown(high)} ${metric.unit}`;
    this.summary = `${metric.name}, ${what}: ${range}${this.change.checked ? ", change since the first sample" : ""}`;
    this.readout.textContent = this.summary;
    this.element.setAttribute("aria-label", `Chart over time. ${this.summary}`);
  }

  options(size, metric, more) {
    return {
      ...size,
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { show: false } },
      scales: { x: { time: false } },
      axes: [
        axisLook({ label: "seconds since the first sample", labelSize: 18, labelGap: 0, size: 30 }),
        axisLook({ values: (u, splits) => splits.map(tick), size: axisWidth, label: metric.unit, labelSize: 18 }),
      ],
      ...more,
    };
  }

  together(metric, all) {
    const data = onOneGrid(all);
    const alpha = Math.max(0.25, Math.min(0.9, 8 / Math.max(1, all.length)));
    const series = () =>
      all.map((line) => ({
        stroke: sideColour(page.trials[line.trial].colour),
        dash: sideDash(page.trials[line.trial].colour),
        width: 1.25,
        alpha,
        points: { show: line.times.length < 2 },
      }));
    return (size) => {
      const hooks = { setCursor: [(u) => this.sayMedians(u, all)] };
      return new uPlot(this.options(size, metric, { series: [{}, ...series()], hooks }), data, this.element);
    };
  }

  /** Under the cursor, each variant's median. */
  sayMedians(u, all) {
    const index = u.cursor.idx;
    if (index === null || index === undefined || u.cursor.left < 0) {
      this.readout.textContent = this.summary;
      return;
    }
    const parts = page.variants.flatMap((name, v) => {
      const values = all
        .map((line, i) => (page.trials[line.trial].variant === v ? u.data[i + 1][index] : null))
        .filter((value) => value !== null)
        .sort((a, b) => a - b);
      return values.length === 0 ? [] : [`${name} ${shown(values[values.length >> 1])}`];
    });
    this.readout.textContent = `at ${shown(u.data[0][index])} s, medians: ${parts.join(", ") || "no trial"}`;
  }

  alone(metric, line, events) {
    const { low, high, times } = line;
    const ranges = low !== high && low.some((value, i) => value !== high[i]);
    const say = (u) => {
      const i = u.cursor.idx;
      const away = i === null || i === undefined || u.cursor.left < 0;
      const value = away ? "" : ranges ? `${shown(low[i])} to ${shown(high[i])}` : shown(low[i]);
      this.readout.textContent = away ? this.summary : `at ${shown(times[i])} s: ${value} ${metric.unit}`;
    };
    return (size) => {
      const stroke = sideColour(page.trials[line.trial].colour);
      const dash = sideDash(page.trials[line.trial].colour);
      const look = { stroke, dash, width: 1.5, points: { show: times.length < 60, size: 5, fill: stroke } };
      const more = {
        series: [{}, look, look],
        bands: [{ series: [2, 1], fill: `${stroke}40` }],
        hooks: { draw: [drawEvents(events)], setCursor: [say] },
      };
      return new uPlot(this.options(size, metric, more), [times, low, high], this.element);
    };
  }

  listEvents(trial, events) {
    const body = this.events.tBodies[0];
    body.replaceChildren();
    this.events.hidden = events.length === 0;
    this.events.caption.textContent = trial === "" ? "" : `Events of ${page.trials[trial].name}`;
    events.forEach(([microseconds, name, detail, value], i) => {
      const row = body.insertRow();
      for (const text of [i + 1, shown(microseconds / 1e6), name, detail, value === 0 ? "" : shown(value)]) {
        row.insertCell().textContent = text;
      }
    });
  }
}

if (lines !== null && page.cells.length > 0) {
  new TimeLines();
}
