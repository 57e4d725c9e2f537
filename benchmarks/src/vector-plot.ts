/** An index as it was measured. */
export interface PlotPoint {
  /** Points of one series are joined by a line, in order of time. */
  readonly series: string;
  /** Stands beside the point; empty for none. */
  readonly label: string;
  readonly milliseconds: number;
  /** Of the ten nearest rows, the part that was found, 0 to 1. */
  readonly recall: number;
  /** Size of the index as a multiple of the vectors'; the area of the point. */
  readonly size: number;
}

const [width, height] = [760, 440];
const area = { left: 64, right: 740, top: 56, bottom: 380 };
const recalls = [0.8, 0.85, 0.9, 0.95, 1];
const times = [0.5, 1, 2, 5, 10, 20, 50];

/**
 * Draws recall against query time (logarithmic) with points as large as the index, as an SVG that can be read on a light and on a
 * dark page.
 */
export function drawPlot(title: string, points: readonly PlotPoint[]): string {
  const series = [...new Set(points.map((point) => point.series))];
  const lines = series.map((name, i) =>
    drawSeries(
      points.filter((point) => point.series === name),
      i,
    ),
  );
  const legend = series.map((name, i) => {
    const [x, y] = [area.right - 222, area.bottom - 18 * (series.length - i) - 2];
    return `<circle class="s${i}" cx="${x}" cy="${y - 4}" r="5"/><text x="${x + 12}" y="${y}">${escape(name)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 15px; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  circle { fill-opacity: 0.55; stroke-width: 1.5; }
${series.map((_, i) => `  .s${i} { fill: ${colours[i]}; stroke: ${colours[i]}; }`).join("\n")}
  .line { fill: none; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .grid { stroke: #3d444d; } }
</style>
<text class="title" x="${area.left}" y="24">${escape(title)}</text>
<text x="${area.left}" y="43">found of the ten nearest, against the time of a query; the larger the point, the larger the index</text>
${[...grid(), ...lines, ...legend].join("\n")}
<text x="${(area.left + area.right) / 2}" y="${height - 14}" text-anchor="middle">milliseconds a query</text>
</svg>
`;
}

const colours = ["#0969da", "#1a7f37", "#bf8700", "#cf222e", "#8250df"];

function grid(): string[] {
  const rows = recalls.map((recall) => {
    const y = toY(recall);
    return `<line class="grid" x1="${area.left}" x2="${area.right}" y1="${y}" y2="${y}"/><text x="${area.left - 8}" y="${y + 4}" text-anchor="end">${Math.round(recall * 100)} %</text>`;
  });
  const columns = times.map((time) => {
    const x = toX(time);
    return `<line class="grid" x1="${x}" x2="${x}" y1="${area.top}" y2="${area.bottom}"/><text x="${x}" y="${area.bottom + 18}" text-anchor="middle">${time}</text>`;
  });
  return [...rows, ...columns];
}

function drawSeries(points: readonly PlotPoint[], colour: number): string {
  const sorted = points.toSorted((a, b) => a.milliseconds - b.milliseconds);
  const places = sorted.map((point) => ({ point, x: toX(point.milliseconds), y: toY(point.recall) }));
  const path = places.map(({ x, y }) => `${x},${y}`).join(" ");
  const drawn = places.map(({ point, x, y }) => {
    const radius = round(3 + 2 * Math.sqrt(point.size));
    const size = point.size > 0 ? `, ${round(point.size)} × the vectors` : "";
    const what = `${point.series} ${point.label}: ${round(point.recall * 100)} % in ${round(point.milliseconds)} ms${size}`;
    const label =
      point.label === ""
        ? ""
        : `<text x="${x}" y="${round(y + radius + 14)}" text-anchor="middle">${escape(point.label)}</text>`;
    return `<circle class="s${colour}" cx="${x}" cy="${y}" r="${radius}"><title>${escape(what)}</title></circle>${label}`;
  });
  return [`<polyline class="s${colour} line" points="${path}"/>`, ...drawn].join("\n");
}

function toX(milliseconds: number): number {
  const [from, to] = [Math.log(0.4), Math.log(60)];
  const part = (Math.log(milliseconds) - from) / (to - from);
  return round(area.left + Math.min(1, Math.max(0, part)) * (area.right - area.left));
}

function toY(recall: number): number {
  const part = (1.01 - Math.max(0.78, recall)) / (1.01 - 0.78);
  return round(area.top + part * (area.bottom - area.top));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
