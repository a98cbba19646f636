/* Draws the charts of a page from the tables that hold their numbers, in the page's colours. */
(() => {
  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    document.querySelectorAll("[data-chart]").forEach((area) => {
      const table = document.querySelector(`[data-chart-table="${area.dataset.chart}"]`);
      const rows = [...table.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent.trim()));
      echarts.getInstanceByDom(area)?.dispose();
      const chart = echarts.init(area, null, { renderer: "svg" });
      chart.setOption({
        animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
        grid: { left: 48, right: 16, top: 16, bottom: 32 },
        tooltip: { trigger: "axis" },
        xAxis: { type: "category", data: rows.map((row) => row[0]), axisLabel: { color: colour("--waits") }, axisLine: { lineStyle: { color: colour("--line") } } },
        yAxis: { type: "value", axisLabel: { color: colour("--waits") }, splitLine: { lineStyle: { color: colour("--line") } } },
        series: [{ type: "bar", data: rows.map((row) => Number(row[1])), itemStyle: { color: colour("--tblr-primary") }, barMaxWidth: 36 }],
      });
      chart.on("click", (event) => {
        const place = new URL(location.href);
        place.pathname = "/counts/lines"; place.searchParams.set("from", event.name); place.searchParams.set("to", event.name); place.searchParams.set("measure", "event");
        location.href = place;
      });
      addEventListener("resize", () => chart.resize());
    });
  };
  draw();
  document.addEventListener("themechange", draw);
})();
