// A chart in an element: as wide as it is, in the colours of the theme.
import "uplot/dist/uPlot.min.css";

import UPlot from "uplot";
import { onBeforeUnmount, onMounted, type Ref, watch, type WatchSource } from "vue";

import { language } from "../text/language";
import { theme } from "../theme";

/** One colour after the other, the same in both themes. */
export const COLOURS = ["#366ef4", "#2ba471", "#e37318", "#ad52eb", "#d54941", "#0594fa"];

/** Between the labels of an axis and the drawing, with the tick marks, pixels. */
const LABEL_GAP = 18;

export interface Plot {
  height: number;
  /** `axis` is how each axis looks. */
  options(axis: UPlot.Axis): Omit<UPlot.Options, "width" | "height">;
  data(): UPlot.AlignedData;
}

/** As wide as the longest of its labels, and so much at least, pixels. */
export function wideEnough(least: number): UPlot.Axis.Size {
  return (plot, labels) => {
    const { ctx } = plot;
    ctx.save();
    ctx.font = `${Math.round(12 * devicePixelRatio)}px system-ui, sans-serif`;
    const longest = Math.max(0, ...(labels ?? []).map((label) => ctx.measureText(label).width / devicePixelRatio));
    ctx.restore();
    return Math.max(least, Math.ceil(longest) + LABEL_GAP);
  };
}

/** Draws anew when `on` changes. Gives what shows other values in the same chart. */
export function usePlot(box: Readonly<Ref<HTMLElement | null>>, plot: Plot, on: WatchSource[]): () => void {
  let chart: UPlot | undefined;
  const { height } = plot;
  const resizing = new ResizeObserver(() => {
    if (box.value) chart?.setSize({ width: box.value.clientWidth, height });
  });

  function draw(): void {
    const host = box.value;
    if (!host) return;
    chart?.destroy();
    const style = getComputedStyle(document.documentElement);
    const grid = style.getPropertyValue("--td-component-stroke");
    const axis = { stroke: style.getPropertyValue("--td-text-color-secondary"), grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    chart = new UPlot({ width: host.clientWidth, height, ...plot.options(axis) }, plot.data(), host);
  }

  onMounted(() => {
    draw();
    if (box.value) resizing.observe(box.value);
  });
  onBeforeUnmount(() => {
    resizing.disconnect();
    chart?.destroy();
  });
  watch([theme, language, ...on], draw);
  return () => chart?.setData(plot.data());
}
