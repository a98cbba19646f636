/* What every page gains from JavaScript: keys, theme, live lists, drafts. Everything works without it. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = token; });

  const typing = (element) => element && (element.matches?.("input, textarea, select") || element.isContentEditable);

  // theme
  document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
    const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = next;
    document.cookie = `theme=${next};path=/;max-age=31536000;samesite=lax`;
    document.dispatchEvent(new CustomEvent("themechange"));
  });

  // close open menus with Escape or a click elsewhere
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.account[open], .acts details.act[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // keys
  let waitingForG = false;
  const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
  const pick = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("picked"));
    all[at]?.classList.remove("picked");
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next.classList.add("picked");
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details[open].act, details[open].account").forEach((menu) => { menu.open = false; menu.querySelector("summary")?.focus(); });
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) { event.target.form.requestSubmit(); return; }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (waitingForG) {
      waitingForG = false;
      const link = document.querySelector(`[data-keys="g ${event.key}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "g") { waitingForG = true; setTimeout(() => { waitingForG = false; }, 1200); return; }
    if (event.key === "/") { const box = document.querySelector("[type=search]"); if (box) { event.preventDefault(); box.focus(); } }
    else if (event.key === "j") pick(1);
    else if (event.key === "k") pick(-1);
    else if (event.key === "Enter") { const link = document.querySelector("tr.picked a"); if (link && event.target === document.body) link.click(); }
    else if (event.key === "?") document.getElementById("help")?.showModal();
    else {
      const act = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (act) { event.preventDefault(); if (act.tagName === "SUMMARY") { act.parentElement.open = true; act.parentElement.querySelector("textarea, input:not([type=hidden]), select, button")?.focus(); } else { act.focus(); act.click?.(); } }
    }
  });

  // lists that update by themselves, never under the pointer or the caret
  document.querySelectorAll("[data-live]").forEach((area) => {
    const refresh = async () => {
      if (document.hidden) return;
      let answer;
      try { answer = await fetch(area.dataset.live, { headers: { "X-Fragment": "1" } }); } catch { return; }
      if (!answer.ok || answer.redirected) return;
      const html = await answer.text();
      if (html === area.dataset.last || html.trim() === area.innerHTML.trim()) return;
      if (area.dataset.last === undefined) { area.dataset.last = html; }
      if (area.matches(":hover") || area.contains(document.activeElement) || area.querySelector("details[open]")) {
        if (!area.previousElementSibling?.matches(".chip-new")) {
          const chip = document.createElement("button");
          chip.type = "button"; chip.className = "btn btn-primary btn-sm chip-new mb-2"; chip.textContent = area.dataset.newWord || "New";
          chip.addEventListener("click", () => { area.innerHTML = html; area.dataset.last = html; chip.remove(); });
          area.before(chip);
        }
        return;
      }
      area.innerHTML = html; area.dataset.last = html;
    };
    setInterval(refresh, Number(area.dataset.every || 10) * 1000);
  });

  // drafts: saved a second after the last key
  document.querySelectorAll("form[data-draft]").forEach((form) => {
    let timer, changed = false;
    const saved = form.querySelector("[data-saved]");
    const save = async () => {
      changed = false;
      const values = new FormData(form);
      for (const [name, value] of [...values]) if (value instanceof File) values.delete(name);
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(values), headers: { "X-CSRFToken": token } });
        if (answer.ok && saved) saved.textContent = await answer.text();
      } catch { /* the next key tries again */ }
    };
    form.addEventListener("input", () => { changed = true; clearTimeout(timer); timer = setTimeout(save, 1000); });
    form.addEventListener("submit", () => { changed = false; clearTimeout(timer); });
    window.addEventListener("beforeunload", (event) => { if (changed) { save(); event.preventDefault(); } });
  });

  // one click files once
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post") { form.dataset.sent = "1"; setTimeout(() => { delete form.dataset.sent; }, 4000); }
  });

  document.querySelector("[data-focus]")?.focus();
})();
