/* What the request form gains from JavaScript: a draft that keeps itself, files checked before they
   travel. Filing works without it. */
(() => {
  const token = document.querySelector("meta[name=csrf-token]")?.content;

  // drafts: saved a second after the last key
  document.querySelectorAll("form[data-draft]").forEach((form) => {
    let timer,
      changed = false,
      leaving = false;
    const saved = form.querySelector("[data-saved]");
    const say = (words) => {
      if (saved && saved.textContent !== words) saved.textContent = words;
    };
    const save = async () => {
      changed = false;
      const values = new FormData(form);
      for (const [name, value] of [...values]) if (value instanceof File) values.delete(name);
      try {
        const answer = await fetch(form.dataset.draft, {
          method: "POST",
          body: new URLSearchParams(values),
          headers: { "X-CSRFToken": token },
        });
        if (answer.ok && !answer.redirected) return say((await answer.text()).trim());
        changed = true;
        say(
          answer.status === 400 || answer.redirected
            ? form.dataset.signedOut
            : form.dataset.offline,
        );
      } catch {
        changed = true;
        say(form.dataset.offline);
      }
    };
    form.addEventListener("input", (event) => {
      if (event.target.type === "file") return;
      changed = true;
      clearTimeout(timer);
      timer = setTimeout(save, 1000);
    });
    form.addEventListener("submit", (event) => {
      if (!event.defaultPrevented) {
        leaving = true;
        clearTimeout(timer);
      }
    });
    window.addEventListener("pageshow", () => {
      leaving = false;
    });
    window.addEventListener("beforeunload", (event) => {
      if (changed && !leaving) {
        save();
        event.preventDefault();
      }
    });
  });

  // files: too large is said at once, and such a form is not sent
  document.querySelectorAll("input[type=file][data-most]").forEach((field) => {
    const place = document.getElementById(`${field.id}-error`),
      most = Number(field.dataset.most),
      mb = 1048576;
    const problem = () => {
      const files = [...field.files],
        big = files.find((one) => one.size > most * mb);
      if (big) return field.dataset.tooLarge.replace("{name}", big.name).replace("{mb}", most);
      return files.reduce((sum, one) => sum + one.size, 0) > 5 * most * mb
        ? field.dataset.tooMuch.replace("{mb}", 5 * most)
        : "";
    };
    const show = () => {
      const words = problem();
      place.textContent = words;
      field.classList.toggle("is-invalid", Boolean(words));
      if (words) {
        field.setAttribute("aria-invalid", "true");
        field.setAttribute("aria-describedby", `${field.id}-help ${place.id}`);
      } else {
        field.removeAttribute("aria-invalid");
        field.setAttribute("aria-describedby", `${field.id}-help`);
      }
      return words;
    };
    field.addEventListener("change", show);
    // ahead of every other listener, so that a form held back is not taken for one that is on its
    // way
    document.addEventListener(
      "submit",
      (event) => {
        if (event.target !== field.form || !show()) return;
        if (event.submitter?.formNoValidate) {
          field.value = "";
          return;
        }
        event.preventDefault();
        event.stopImmediatePropagation();
        field.focus();
      },
      true,
    );
  });
})();
