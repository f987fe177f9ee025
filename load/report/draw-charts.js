// Runs in the report's page, after uPlot: draws what lies in the page as JSON.
const colours = ["#1b6ca8", "#c8553d", "#3d8b53", "#8a5fb0", "#b5891f", "#3f8f97", "#a34a7d", "#5c6670"];
const bandColours = ["#c8553d22", "#b5891f22", "#8a5fb022", "#3f8f9722"];
const { charts } = JSON.parse(document.getElementById("data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const ink = dark ? "#ddd" : "#333";
const grid = { stroke: dark ? "#ffffff18" : "#00000012", width: 1 };

function ninesText(value) {
  return value === 0 ? "fastest" : `p${Number(((1 - 10 ** -value) * 100).toFixed(4))}`;
}

/** Shades the stretches in which something was wrong, and names them once each. */
function drawBands(plot, bands) {
  const { ctx, bbox } = plot;
  const kinds = [...new Set(bands.map(({ what }) => what))];
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  for (const { from, until, what } of bands) {
    const left = plot.valToPos(from, "x", true);
    const right = plot.valToPos(until, "x", true);
    ctx.fillStyle = bandColours[kinds.indexOf(what) % bandColours.length];
    ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
    ctx.fillStyle = ink;
    ctx.fillText(what, left + 3 * devicePixelRatio, bbox.top + 12 * devicePixelRatio * (1 + kinds.indexOf(what)));
  }
  ctx.restore();
}

function draw({ title, unit, logarithmic, x, labels, columns, bands }, place) {
  const isNines = x === "nines";
  const figure = (value) => (value == null ? "" : Number(value.toPrecision(4)).toString());
  const options = {
    title: `${title}, ${unit}`,
    width: place.clientWidth,
    height: 320,
    scales: { x: { time: false }, y: logarithmic ? { distr: 3 } : { range: (_plot, _low, high) => [0, high || 1] } },
    series: [
      { label: isNines ? "percentile" : "second", value: (_plot, value) => (isNines ? ninesText(value ?? 0) : value) },
      ...labels.map((label, i) => ({
        label,
        stroke: colours[i % colours.length],
        width: 1.5,
        spanGaps: false,
        points: { show: columns[0].length < 3 },
        value: (_plot, value) => figure(value),
      })),
    ],
    axes: [
      {
        stroke: ink,
        grid,
        ...(isNines ? { splits: () => [0, 1, 2, 3, 4, 5], values: (_plot, at) => at.map(ninesText) } : {}),
      },
      { stroke: ink, grid, size: 64, values: (_plot, at) => at.map((value) => (value == null ? "" : figure(value))) },
    ],
    hooks: { drawClear: [(plot) => drawBands(plot, bands)] },
  };
  const plot = new uPlot(options, columns, place);
  addEventListener("resize", () => plot.setSize({ width: place.clientWidth, height: 320 }));
}

for (const chart of charts) {
  const place = document.createElement("figure");
  document.getElementById("charts").append(place);
  draw(chart, place);
}
