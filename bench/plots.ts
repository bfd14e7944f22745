import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { kindsShown } from "./rows.ts";

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

type Rows = readonly (readonly string[])[];

const colours = ["#9aa4ad", "#c98a3c", "#2f6f9f"];
const barHeight = 46;

/** A table of the three kinds as bars, in SVG: what is measured of a call, and to its right the CPU that the call took. */
export function plotOf(title: string, [, ...rows]: Rows): string {
  const panels = panelsOf(rows);
  const height = 110 + barHeight * Math.max(...panels.map((panel) => panel.length));
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 960, height });
  const width = `${Math.floor(100 / panels.length) - 26}%`;
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    title: { text: title, left: "center", textStyle: { fontSize: 14 } },
    legend: { bottom: 0, data: [...kindsShown] },
    grid: panels.map((_, at) => ({
      left: `${22 + (at * 100) / panels.length}%`,
      ...{ width, top: 40, bottom: 60 },
    })),
    xAxis: panels.map((panel, gridIndex) => ({ type: "value", gridIndex, name: unitOf(panel) })),
    yAxis: panels.map((panel, gridIndex) => ({
      ...{ type: "category", gridIndex, inverse: true },
      data: panel.map(([name = ""]) => name.trim().replace(/[:;] /g, "\n")),
      axisLabel: { fontSize: 10 },
    })),
    series: panels.flatMap((panel, at) =>
      kindsShown.map((name, kind) => ({
        ...{ type: "bar", name, xAxisIndex: at, yAxisIndex: at },
        itemStyle: { color: colours[kind] },
        data: panel.map((row) => Number.parseFloat(row[kind + 1] ?? "")),
      })),
    ),
  });
  const svg = chart.renderToSVGString();
  // Until then the process would not end.
  chart.dispose();
  return svg;
}

const unitOf = (panel: Rows): string => panel[0]?.[1]?.split(" ")[1] ?? "";

/** Rows of the calls themselves, and of their CPU under the same names, where they are. */
function panelsOf(rows: Rows): readonly Rows[] {
  const calls = rows.filter(([name = ""]) => !name.startsWith(" "));
  const cpu = rows.flatMap((row, at) => {
    const call = rows.slice(0, at).findLast(([name = ""]) => !name.startsWith(" "));
    return row[0]?.startsWith("  CPU") ? [[`CPU: ${call?.[0] ?? ""}`, ...row.slice(1)]] : [];
  });
  return [calls, cpu].filter((panel) => panel.length > 0);
}
