/* Draws the charts of a page from the tables that hold their numbers, in the page's colours and its
   language. */
(() => {
  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const paper = matchMedia("print").matches;
    document.querySelectorAll("[data-chart]").forEach((area) => {
      const rows = [...document.querySelectorAll(`[data-chart-table="${area.dataset.chart}"] tr`)];
      const numbers = rows.map((row) => Number(row.cells[1].textContent));
      echarts.getInstanceByDom(area)?.dispose();
      const chart = echarts.init(area, null, { renderer: "svg" });
      chart.setOption({
        animation: !paper && !matchMedia("(prefers-reduced-motion: reduce)").matches,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
        grid: { left: 8, right: 8, top: 24, bottom: 8, containLabel: true },
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "shadow" },
          backgroundColor: colour("--surface"),
          borderColor: colour("--line"),
          textStyle: { color: colour("--tblr-body-color") || style.color },
        },
        xAxis: {
          type: "category",
          data: rows.map((row) => row.cells[0].textContent.trim()),
          axisTick: { show: false },
          axisLabel: { color: colour("--waits"), hideOverlap: true },
          axisLine: { lineStyle: { color: colour("--line") } },
        },
        yAxis: {
          type: "value",
          splitNumber: 4,
          axisLabel: { color: colour("--waits") },
          splitLine: { lineStyle: { color: colour("--line") } },
        },
        series: [
          {
            name: area.dataset.series,
            type: "bar",
            data: numbers,
            itemStyle: { color: colour("--tblr-primary"), borderRadius: [3, 3, 0, 0] },
            barMaxWidth: 48,
            label: { show: area.clientWidth > 600, position: "top", color: colour("--waits") },
          },
        ],
      });
      chart.on("click", (event) => {
        const place = new URL(area.dataset.lines, location.href),
          month = rows[event.dataIndex].dataset.month;
        place.searchParams.set("from", month);
        place.searchParams.set("to", month);
        location.href = place;
      });
    });
  };
  draw();
  document.addEventListener("themechange", draw);
  addEventListener("resize", () => {
    document.querySelectorAll("[data-chart]").forEach((area) => {
      echarts.getInstanceByDom(area)?.resize();
    });
  });
  addEventListener("beforeprint", draw);
  addEventListener("afterprint", draw);
})();
