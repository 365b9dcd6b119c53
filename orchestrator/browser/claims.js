// SPDX-License-Identifier: GPL-2.0-or-later
// The plot that decides a claim: each trial a point in the order of the repeats, each side with its interval.

const pointSize = 7;

/** A shape for each variant, so that colour is not needed to tell them apart; after twelve, shapes are hollow. */
function addShape(path, side, x, y, size) {
  const r = size / 2;
  switch (side % 4) {
    case 0:
      path.moveTo(x + r, y);
      path.arc(x, y, r, 0, 2 * Math.PI);
      break;
    case 1:
      path.moveTo(x, y - 1.25 * r);
      path.lineTo(x + 1.25 * r, y);
      path.lineTo(x, y + 1.25 * r);
      path.lineTo(x - 1.25 * r, y);
      path.closePath();
      break;
    case 2:
      path.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
      break;
    default:
      path.moveTo(x, y - 1.2 * r);
      path.lineTo(x + 1.2 * r, y + r);
      path.lineTo(x - 1.2 * r, y + r);
      path.closePath();
  }
}

function isHollow(side) {
  return Math.floor(side / 12) % 2 === 1;
}

function shapes(side) {
  return (u, series, first, last) => {
    const path = new Path2D();
    const size = pointSize * devicePixelRatio;
    for (let i = first; i <= last; i++) {
      const value = u.data[series][i];
      if (value !== null) {
        addShape(path, side, u.valToPos(u.data[0][i], "x", true), u.valToPos(value, "y", true), size);
      }
    }
    return { stroke: path, fill: path, clip: null, flags: 3 };
  };
}

/** x of each trial: side s has s to s + 1 to itself, with a margin. */
function columnsOf(claim) {
  const x = [];
  const owner = [];
  claim.sides.forEach((side, s) => {
    side.values.forEach((value, i) => {
      x.push(s + 0.12 + (0.76 * (i + 0.5)) / side.values.length);
      owner.push([s, i]);
    });
  });
  const values = claim.sides.map((_, s) => owner.map(([of, i]) => (of === s ? claim.sides[s].values[i] : null)));
  return { data: [x, ...values], owner };
}

/** From the smallest to the largest of all that is drawn, zero where it is near. */
function rangeOf(claim) {
  const all = claim.sides.flatMap((side) => [
    ...side.values.filter((value) => value !== null),
    ...(side.estimate ?? []),
    ...side.limits.map(([, value]) => value),
  ]);
  let low = all.length > 0 ? Math.min(...all) : 0;
  let high = all.length > 0 ? Math.max(...all) : 1;
  if (low >= 0 && low < 0.4 * high) {
    low = 0;
  }
  if (low === 0 && high === 0) {
    high = 1;
  }
  const room = high > low ? 0.07 * (high - low) : Math.abs(high) * 0.1 || 1;
  const limits = claim.sides.flatMap((side) => side.limits.map(([, value]) => value));
  // The word at a limit needs room, too.
  return [low - (limits.includes(low) ? 2.5 : 1) * room, high + (limits.includes(high) ? 2.5 : 1) * room];
}

function drawInterval(u, side, s) {
  const { ctx } = u;
  const left = u.valToPos(s + 0.06, "x", true);
  const right = u.valToPos(s + 0.94, "x", true);
  const [value, low, high] = side.estimate;
  const top = u.valToPos(high, "y", true);
  const bottom = u.valToPos(low, "y", true);
  ctx.fillStyle = ctx.strokeStyle = sideColour(side.colour);
  ctx.globalAlpha = 0.16;
  ctx.fillRect(left, top, right - left, Math.max(1, bottom - top));
  ctx.globalAlpha = 1;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  const y = u.valToPos(value, "y", true);
  ctx.moveTo(left, y);
  ctx.lineTo(right, y);
  ctx.stroke();
}

const signs = { "<=": "\u2264", "<": "<", ">=": "\u2265", ">": ">" };

/** What decides: a dashed line, its word on the side where figures should not be. */
function drawLimit(u, [sign, limit], s) {
  const { ctx } = u;
  const least = sign.startsWith(">");
  const left = u.valToPos(s + 0.02, "x", true);
  const right = u.valToPos(s + 0.98, "x", true);
  const y = u.valToPos(limit, "y", true);
  ctx.strokeStyle = ctx.fillStyle = colour("soft");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(right, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.font = `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = "right";
  ctx.textBaseline = least ? "top" : "bottom";
  ctx.fillText(`${signs[sign]} ${shown(limit)}`, right, y + (least ? 3 : -3) * devicePixelRatio);
}

function drawSides(claim) {
  return (u) => {
    u.ctx.save();
    claim.sides.forEach((side, s) => {
      if (side.estimate !== null) {
        drawInterval(u, side, s);
      }
      side.limits.forEach((limit) => drawLimit(u, limit, s));
    });
    u.ctx.restore();
  };
}

function roomOf(u) {
  return u.bbox.width / devicePixelRatio;
}

/** A name cut to the pixels that it has; the table beside the plot has all of it. */
function fitted(name, pixels) {
  const most = Math.max(3, Math.floor(pixels / 7));
  return name.length <= most ? name : `${name.slice(0, most - 1)}\u2026`;
}

function claimPlot(element, readout, claim) {
  const { data, owner } = columnsOf(claim);
  const initial = readout.textContent;
  const say = (u) => {
    const index = u.cursor.idx;
    if (index === null || index === undefined || u.cursor.left < 0) {
      readout.textContent = initial;
      return;
    }
    const [s, i] = owner[index];
    const side = claim.sides[s];
    readout.textContent = `${side.name} ${side.labels[i] ?? `#${i + 1}`}: ${shown(side.values[i])}`;
  };
  return new Chart(
    element,
    (size) =>
      new uPlot(
        {
          ...size,
          legend: { show: false },
          cursor: { y: false, drag: { x: false, y: false }, points: { size: 12 } },
          scales: { x: { time: false, range: [0, claim.sides.length] }, y: { range: rangeOf(claim) } },
          axes: [
            axisLook({
              splits: () => claim.sides.map((_, s) => s + 0.5),
              values: (u) => claim.sides.map((side) => fitted(side.name, roomOf(u) / claim.sides.length)),
              grid: { show: false },
              ticks: { show: false },
              size: 26,
            }),
            axisLook({ values: (u, splits) => splits.map(tick), size: axisWidth, space: 34 }),
          ],
          series: [
            {},
            ...claim.sides.map((side, s) => ({
              stroke: sideColour(side.colour),
              fill: sideColour(side.colour),
              paths: () => null,
              points: {
                show: true,
                size: pointSize,
                stroke: isHollow(side.colour) ? sideColour(side.colour) : colour("paper"),
                fill: isHollow(side.colour) ? colour("paper") : sideColour(side.colour),
                width: isHollow(side.colour) ? 1.5 : 0.75,
                paths: shapes(side.colour),
              },
            })),
          ],
          hooks: { drawAxes: [drawSides(claim)], setCursor: [say] },
        },
        data,
        element,
      ),
  );
}

for (const figure of document.querySelectorAll("figure[data-claim]")) {
  claimPlot(figure.querySelector(".plot"), figure.querySelector(".readout"), page.claims[figure.dataset.claim]);
}
