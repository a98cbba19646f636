/* Draws the charts of a page from the tables that hold their numbers, in the page's colours and its
   language. A table has a column for each series; with several, its head names them. A row leads
   where its data-href says, or to the lines of its month. */
(() => {
  const COLOURS = ["--tblr-primary", "--tblr-teal", "--tblr-orange"];
  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const paper = matchMedia("print").matches;
    document.querySelectorAll("[data-chart]").forEach((area) => {
      const table = document.querySelector(`[data-chart-table="${area.dataset.chart}"]`);
      const rows = [...table.querySelectorAll("tbody tr")];
      const heads = [...table.querySelectorAll("thead th")].slice(1);
      const names = heads.length
        ? heads.map((head) => head.textContent.trim())
        : [area.dataset.series];
      const layout = (area.dataset.layout || "").split(" ");
      const across = layout.includes("across");
      const stacked = layout.includes("stacked");
      if (across) rows.reverse();
      echarts.getInstanceByDom(area)?.dispose();
      const chart = echarts.init(area, null, { renderer: "svg" });
      const labels = {
        type: "category",
        data: rows.map((row) => row.cells[0].textContent.trim()),
        axisTick: { show: false },
        axisLabel: { color: colour("--waits"), hideOverlap: true },
        axisLine: { lineStyle: { color: colour("--line") } },
      };
      const values = {
        type: "value",
        name: area.dataset.unit,
        nameTextStyle: { color: colour("--waits") },
        splitNumber: 4,
        max: area.dataset.most ? Number(area.dataset.most) : undefined,
        axisLabel: { color: colour("--waits"), hideOverlap: true },
        splitLine: { lineStyle: { color: colour("--line") } },
      };
      chart.setOption({
        animation: !paper && !matchMedia("(prefers-reduced-motion: reduce)").matches,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
        grid: {
          left: 8,
          right: across && area.dataset.unit ? 64 : 8,
          top: names.length > 1 ? 56 : area.dataset.unit ? 36 : 24,
          bottom: 8,
          containLabel: true,
        },
        legend: names.length > 1 ? { top: 0, textStyle: { color: colour("--waits") } } : undefined,
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "shadow" },
          backgroundColor: colour("--surface"),
          borderColor: colour("--line"),
          textStyle: { color: colour("--tblr-body-color") || style.color },
        },
        xAxis: across ? values : labels,
        yAxis: across ? labels : values,
        series: names.map((name, at) => ({
          name,
          type: "bar",
          stack: stacked ? "all" : undefined,
          data: rows.map((row) => Number(row.cells[at + 1].textContent)),
          itemStyle: {
            color: colour(COLOURS[at]),
            borderRadius: stacked ? 0 : across ? [0, 3, 3, 0] : [3, 3, 0, 0],
          },
          barMaxWidth: across ? 28 : 48,
          label: {
            show: names.length === 1 && area.clientWidth > 600,
            position: across ? "right" : "top",
            color: colour("--waits"),
          },
        })),
      });
      chart.on("click", (event) => {
        const row = rows[event.dataIndex];
        if (row.dataset.href) {
          location.href = row.dataset.href;
        } else if (area.dataset.lines) {
          const place = new URL(area.dataset.lines, location.href);
          place.searchParams.set("from", row.dataset.month);
          place.searchParams.set("to", row.dataset.month);
          location.href = place;
        }
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
