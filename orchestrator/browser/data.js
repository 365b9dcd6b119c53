// SPDX-License-Identifier: GPL-2.0-or-later
// What the page carries: an object of JSON, in which samples are packed (orchestrator/src/report/page/time_lines.hpp).

document.documentElement.classList.remove("without-script");

const page = JSON.parse(document.getElementById("data").textContent);

/** The bytes of a text in base64, unpacked. */
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Reads varints. Numbers are doubles: beyond 2^53 the last digits are gone, which no plot shows. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  number() {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
      scale *= 128;
    }
  }

  /** Zigzag: 0, -1, 1, -2 are 0, 1, 2, 3. */
  signed() {
    const code = this.number();
    return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
  }

  /** Numbers as differences to the one before. */
  column(count) {
    const values = new Array(count);
    let now = 0;
    for (let i = 0; i < count; i++) {
      now += this.signed();
      values[i] = now;
    }
    return values;
  }
}

/** The clocks of a cell: for each, the seconds of its columns since the trial's first sample. */
async function clocksOf(cell) {
  if (cell.decodedClocks === undefined) {
    const reader = new Reader(await unpacked(cell.clocks));
    const clocks = [];
    for (let left = reader.number(); left > 0; left--) {
      clocks.push(reader.column(reader.number()).map((microseconds) => microseconds / 1e6));
    }
    cell.decodedClocks = clocks;
  }
  return cell.decodedClocks;
}

/** One line for each trial: {trial, times, low, high}. */
async function linesOf(cell, metric) {
  const clocks = await clocksOf(cell);
  const reader = new Reader(await unpacked(metric.lines));
  const lines = [];
  for (let left = reader.number(); left > 0; left--) {
    const trial = reader.number();
    const times = clocks[reader.number()];
    const ranges = reader.number() === 1;
    const low = reader.column(times.length);
    const high = ranges ? low.map((value) => value + reader.number()) : low;
    lines.push({ trial, times, low, high });
  }
  return lines;
}
