/* What every page gains from JavaScript: theme, live lists, drafts. Everything works without it. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = token;
  });

  // theme
  document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
    const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = next;
    document.cookie = `theme=${next};path=/;max-age=31536000;samesite=lax`;
    document.dispatchEvent(new CustomEvent("themechange"));
  });

  // close open menus with Escape or a click elsewhere
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.account[open], .acts details.act[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // lists that update by themselves, never under the pointer or the caret
  const settled = (html) => {
    const copy = document.createElement("template");
    copy.innerHTML = html;
    copy.content.querySelectorAll("[name=csrf_token], [data-tick]").forEach((one) => {
      one.remove();
    });
    copy.content.querySelectorAll(".picked").forEach((one) => {
      one.classList.remove("picked");
    });
    return copy.innerHTML.replace(/ class=""/g, "").trim();
  };
  const ids = (place) => [...place.querySelectorAll("[data-id]")].map((one) => one.dataset.id);
  document.querySelectorAll("[data-live]").forEach((area) => {
    let shown = settled(area.innerHTML),
      newest = "",
      chip;
    const show = () => {
      const picked = area.querySelector(".picked")?.dataset.id;
      area.innerHTML = newest;
      shown = settled(newest);
      chip?.remove();
      chip = undefined;
      if (picked) area.querySelector(`[data-id="${CSS.escape(picked)}"]`)?.classList.add("picked");
    };
    const invite = () => {
      const copy = document.createElement("template");
      copy.innerHTML = newest;
      const known = new Set(ids(area)),
        fresh = ids(copy.content).filter((id) => !known.has(id)).length;
      if (!chip) {
        chip = document.createElement("button");
        chip.type = "button";
        chip.className = "btn btn-primary btn-sm chip-new";
        chip.addEventListener("click", show);
        area.before(chip);
      }
      chip.textContent =
        fresh && area.dataset.newCount
          ? area.dataset.newCount.replace("{n}", fresh)
          : area.dataset.newWord || "New";
    };
    const refresh = async () => {
      if (document.hidden) return;
      let answer;
      try {
        answer = await fetch(area.dataset.live, { headers: { "X-Fragment": "1" } });
      } catch {
        return;
      }
      if (!answer.ok || answer.redirected) return;
      newest = await answer.text();
      const busy =
        area.matches(":hover") ||
        area.contains(document.activeElement) ||
        area.querySelector("details[open]");
      const changed = settled(newest) !== shown;
      if (!busy) {
        if (changed || area.querySelector("[data-tick]")) show();
      } else if (changed) invite();
    };
    setInterval(refresh, Number(area.dataset.every || 10) * 1000);
    area.addEventListener("refresh", refresh);
  });

  // what was typed into an act comes back when it was refused, or when the language was changed
  // meanwhile
  const typed = (form) => `typed ${location.pathname} ${form.getAttribute("action") || ""}`;
  const carried = sessionStorage.getItem("carried") === location.pathname;
  sessionStorage.removeItem("carried");
  const refused = carried || document.querySelector(".alert-danger");
  document.querySelectorAll("main form[method=post][action]").forEach((form) => {
    const kept = sessionStorage.getItem(typed(form));
    sessionStorage.removeItem(typed(form));
    if (!refused || !kept) return;
    const values = new Map();
    for (const [name, value] of JSON.parse(kept))
      values.set(name, [...(values.get(name) || []), value]);
    for (const field of form.elements) {
      if (!field.name || ["hidden", "file", "submit"].includes(field.type)) continue;
      if (field.type === "radio" || field.type === "checkbox")
        field.checked = (values.get(field.name) || []).includes(field.value);
      else if (values.has(field.name)) field.value = values.get(field.name)[0];
    }
    const menu = form.closest("details");
    if (menu) menu.open = true;
    form.querySelector("textarea, input:not([type=hidden]), select")?.focus();
  });
  const keepTyped = (form) => {
    if (
      form.method !== "post" ||
      !form.getAttribute("action") ||
      !form.closest("main") ||
      form.querySelector("[type=password]")
    )
      return;
    const values = [...new FormData(form)].filter(
      ([name, value]) => name !== "csrf_token" && typeof value === "string",
    );
    if (values.length)
      try {
        sessionStorage.setItem(typed(form), JSON.stringify(values));
      } catch {
        /* too much to keep */
      }
  };
  const touched = (form) =>
    [...form.elements].some(
      (one) =>
        one.type !== "hidden" &&
        (one.defaultValue !== undefined && one.type !== "file"
          ? one.value !== one.defaultValue || one.checked !== one.defaultChecked
          : false),
    );
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-language]")) return keepTyped(event.target);
    sessionStorage.setItem("carried", location.pathname);
    document.querySelectorAll("main form[method=post][action]").forEach((form) => {
      if (touched(form)) keepTyped(form);
    });
  });

  // copy what is shown only once
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    navigator.clipboard?.writeText(field.value).then(
      () => {
        button.textContent = button.dataset.done;
      },
      () => {
        /* selected, ready for Ctrl C */
      },
    );
  });

  // one click files once
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.method === "post") {
      form.dataset.sent = "1";
      setTimeout(() => {
        delete form.dataset.sent;
      }, 4000);
    }
  });

  document.querySelector("[data-focus]")?.focus();
})();
