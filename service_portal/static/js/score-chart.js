/* Draws an enterprise's points and its stage's median, each as a part of what an indicator can
   bring, from the table that holds the numbers. */
(() => {
  const part = (points, most) => (most > 0 ? Math.round((points / most) * 1000) / 10 : 0);
  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const paper = matchMedia("print").matches;
    document.querySelectorAll("[data-score-chart]").forEach((area) => {
      const name = area.dataset.scoreChart;
      const table = document.querySelector(`[data-score-table="${name}"]`);
      const rows = [...table.tBodies[0].rows].reverse();
      const of = (cell) =>
        rows.map((row) => part(Number(row.cells[cell].textContent), Number(row.dataset.most)));
      echarts.getInstanceByDom(area)?.dispose();
      area.style.height = `${rows.length * 34 + 60}px`;
      echarts.init(area, null, { renderer: "svg" }).setOption({
        animation: !paper && !matchMedia("(prefers-reduced-motion: reduce)").matches,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
        grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
        legend: { top: 0, left: 0, textStyle: { color: colour("--waits") } },
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "shadow" },
          backgroundColor: colour("--surface"),
          borderColor: colour("--line"),
          textStyle: { color: colour("--tblr-body-color") || style.color },
          valueFormatter: (value) => `${value} %`,
        },
        xAxis: {
          type: "value",
          max: 100,
          splitNumber: 4,
          axisLabel: { color: colour("--waits"), formatter: "{value} %" },
          splitLine: { lineStyle: { color: colour("--line") } },
        },
        yAxis: {
          type: "category",
          data: rows.map((row) => row.cells[0].textContent.trim()),
          axisTick: { show: false },
          axisLabel: { color: colour("--waits"), width: 130, overflow: "truncate" },
          axisLine: { lineStyle: { color: colour("--line") } },
        },
        series: [
          {
            name: area.dataset.mine,
            type: "bar",
            data: of(1),
            barMaxWidth: 14,
            itemStyle: { color: colour("--tblr-primary"), borderRadius: [0, 3, 3, 0] },
          },
          {
            name: area.dataset.median,
            type: "scatter",
            symbol: "rect",
            symbolSize: [3, 20],
            data: of(2),
            itemStyle: { color: colour("--near") || colour("--waits") },
          },
        ],
      });
    });
  };
  draw();
  document.addEventListener("themechange", draw);
  addEventListener("resize", () => {
    document.querySelectorAll("[data-score-chart]").forEach((area) => {
      echarts.getInstanceByDom(area)?.resize();
    });
  });
  addEventListener("beforeprint", () => {
    document.querySelectorAll(".score-line").forEach((line) => {
      line.open = true;
    });
    draw();
  });
  addEventListener("afterprint", draw);
})();
