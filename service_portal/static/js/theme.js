/* Before the first paint: who has never chosen gets the system's theme. */
if (!document.cookie.includes("theme=") && matchMedia("(prefers-color-scheme: dark)").matches)
  document.documentElement.dataset.bsTheme = "dark";
