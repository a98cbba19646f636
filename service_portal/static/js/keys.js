/* The speed of hand: keys for lists and acts, the peek panel, the palette. Every key only presses
   what the page already offers. */
(() => {
  const typing = (element) =>
    element &&
    (element.matches?.(
      "input:not([type=checkbox]):not([type=radio]):not([type=file]), textarea, select",
    ) ||
      element.isContentEditable);
  const ROW = "[data-rows] tbody tr, [data-picks] > [data-id]";
  const rows = () => [...document.querySelectorAll(ROW)];
  const picked = () => document.querySelector("main .picked");
  const link = (row) => row?.querySelector("a");

  // rows: j and k move, the focus goes along so that it is read aloud
  const choose = (row) => {
    picked()?.classList.remove("picked");
    row.classList.add("picked");
    row.scrollIntoView({ block: "nearest" });
    link(row)?.focus({ preventScroll: true });
    if (panel) peek(row);
  };
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(picked());
    choose(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
  };
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.(ROW);
    if (row && row !== picked()) {
      picked()?.classList.remove("picked");
      row.classList.add("picked");
    }
  });

  // a click anywhere in a row opens it; with Ctrl, or the middle button, in a tab of its own
  const open = (event) => {
    const row = event.target.closest?.("[data-rows] tbody tr"),
      target = link(row);
    const elsewhere = event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!target || event.defaultPrevented || event.button > 1) return;
    if (event.target.closest("a, button, input, select, textarea, label, summary, details")) return;
    if (String(getSelection())) return;
    if (elsewhere) window.open(target.href, "_blank", "noopener");
    else target.click();
  };
  document.addEventListener("click", open);
  document.addEventListener("auxclick", open);

  // peek: the gist of a row beside the list
  let panel,
    asked = 0;
  const shut = () => {
    panel?.remove();
    panel = undefined;
  };
  const peek = async (row) => {
    if (!row?.dataset.peek) return;
    if (!panel) {
      panel = document.createElement("aside");
      panel.className = "peek";
      panel.tabIndex = -1;
      panel.setAttribute("aria-label", document.getElementById("keys-words")?.dataset.peek || "");
      panel.setAttribute("aria-live", "polite");
      panel.addEventListener("click", (event) => {
        if (event.target.closest("[data-peek-close]")) shut();
      });
      document.body.append(panel);
    }
    asked += 1;
    const mine = asked;
    let text = "";
    try {
      const answer = await fetch(row.dataset.peek, { headers: { "X-Fragment": "1" } });
      if (answer.ok && !answer.redirected) text = await answer.text();
    } catch {
      /* said below */
    }
    if (mine !== asked || !panel) return;
    if (text) panel.innerHTML = text;
    else panel.textContent = document.getElementById("keys-words")?.dataset.failed || "";
  };

  // acts
  const begin = (act) => {
    if (act.tagName === "SUMMARY") {
      act.parentElement.open = true;
      act.parentElement
        .querySelector("textarea, input:not([type=hidden]), select, button")
        ?.focus();
      act.scrollIntoView({ block: "nearest" });
    } else {
      act.focus();
      act.click?.();
    }
  };
  const press = (key) => {
    const act = document.querySelector(`main [data-key="${CSS.escape(key)}"]`);
    if (act) begin(act);
    return Boolean(act);
  };
  const pressInRow = (row, key) => {
    const act = row.querySelector(`[data-row-key="${CSS.escape(key)}"]`);
    if (act) begin(act);
    else if ("rndhcm".includes(key) && row.dataset.peek)
      location.href = `${link(row).href}#do-${key}`;
  };

  // palette: every page, every act, and the search, by typing
  const palette = document.getElementById("palette");
  const box = palette?.querySelector("input"),
    list = palette?.querySelector("[role=listbox]");
  const name = (element) => element.textContent.replace(/\s+/g, " ").trim();
  const offers = (text) => {
    const acts = [
      ...document.querySelectorAll(
        "main [data-key], main .acts a.btn, main .acts form:not([role=search]) .btn",
      ),
    ].filter(
      (one, at, all) =>
        one.tagName !== "TEXTAREA" && all.indexOf(one) === at && one.checkVisibility(),
    );
    const pages = [
      ...document.querySelectorAll(
        "#menu .nav-link, .account-menu .dropdown-item:not([data-open])",
      ),
    ];
    const all = [
      ...acts.map((one) => ({
        words: name(one),
        hint: one.dataset.key || "",
        run: () => (one.dataset.key ? press(one.dataset.key) : one.click()),
      })),
      ...pages.map((one) => ({
        words: name(one),
        hint: one.dataset.keys || "",
        run: () => one.click(),
      })),
      {
        words: palette.dataset.help,
        hint: "?",
        run: () => document.getElementById("help")?.showModal(),
      },
    ];
    const low = text.toLowerCase();
    const fit = all.filter((one) => one.words?.toLowerCase().includes(low)).slice(0, 12);
    if (text && palette.dataset.search)
      fit.push({
        words: palette.dataset.find.replace("{words}", text),
        hint: "",
        run: () => {
          location.href = palette.dataset.search + encodeURIComponent(text);
        },
      });
    return fit;
  };
  let shown = [],
    at = 0;
  const mark = () => {
    [...list.children].forEach((one, n) => {
      one.setAttribute("aria-selected", n === at);
    });
    box.setAttribute("aria-activedescendant", list.children[at]?.id || "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const fill = () => {
    shown = offers(box.value.trim());
    at = 0;
    list.replaceChildren(
      ...shown.map((one, n) => {
        const item = document.createElement("li");
        item.id = `palette-${n}`;
        item.setAttribute("role", "option");
        const words = document.createElement("span");
        words.textContent = one.words;
        item.append(words);
        if (one.hint) {
          const hint = document.createElement("kbd");
          hint.textContent = one.hint;
          item.append(hint);
        }
        item.addEventListener("click", () => {
          palette.close();
          one.run();
        });
        return item;
      }),
    );
    mark();
  };
  box?.addEventListener("input", fill);
  box?.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(shown.length, 1);
      mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      palette.close();
      shown[at]?.run();
    }
  });
  const summon = () => {
    if (!palette) return;
    box.value = "";
    fill();
    palette.showModal();
    box.focus();
  };
  document.querySelectorAll("[data-open]").forEach((one) => {
    one.addEventListener("click", () => {
      if (one.dataset.open === "palette") summon();
      else document.getElementById(one.dataset.open)?.showModal();
    });
  });

  let waitingForG = false;
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      if (panel) {
        shut();
        return;
      }
      document.querySelectorAll("details[open].act, details[open].account").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary")?.focus();
      });
      if (typing(event.target) && !document.querySelector("dialog[open]")) event.target.blur();
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      summon();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) {
      event.target.form.requestSubmit();
      return;
    }
    if (
      typing(event.target) ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      document.querySelector("dialog[open]")
    )
      return;
    if (waitingForG) {
      waitingForG = false;
      const page = document.querySelector(`[data-keys="g ${CSS.escape(event.key)}"]`);
      if (page) {
        event.preventDefault();
        page.click();
      }
      return;
    }
    const row = picked();
    if (event.key === "g") {
      waitingForG = true;
      setTimeout(() => {
        waitingForG = false;
      }, 1200);
    } else if (event.key === "/") {
      event.preventDefault();
      const search = document.querySelector("main [type=search]");
      if (search) {
        search.focus();
        search.select();
      } else summon();
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "Enter" && row && event.target === document.body) link(row)?.click();
    else if (event.key === " " && row?.dataset.peek && !event.target.closest("button, summary")) {
      event.preventDefault();
      if (panel) shut();
      else peek(row);
    } else if (event.key === "?") document.getElementById("help")?.showModal();
    else if (event.key.length === 1 && /[a-z]/.test(event.key)) {
      if (row) {
        pressInRow(row, event.key);
        event.preventDefault();
      } else if (press(event.key)) event.preventDefault();
    }
  });

  // a list sends here with the act to begin: /tickets/7#do-r
  const wanted = location.hash.match(/^#do-([a-z])$/);
  if (wanted) {
    history.replaceState(null, "", location.pathname + location.search);
    press(wanted[1]);
  }
})();
