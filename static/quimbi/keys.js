"use strict";
/* The keyboard of every page. What a key does stands on its button or link: data-key="n". What the palette offers, too:
   data-command="Next ticket". Texts come from the page, so that they are in its language. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const find = (selector, within = document) => within.querySelector(selector);
  const singleKeys = () => root.dataset.keys !== "off";

  const inField = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches('textarea, select, input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"])'));

  /* Does what the control is for: fields get the focus, everything else is pressed. */
  const act = (control) => {
    const fold = control.closest("[data-fold]:not(.open)");
    if (fold && !control.getClientRects().length) unfold(fold, true);
    if (inField(control)) {
      control.focus();
      if (control.select) control.select();
    } else control.click();
    // In what opened, as fast as the next key may come.
    if (control.matches("summary") && control.parentElement.open)
      find("button, a, input:not([type=hidden])", control.parentElement)?.focus();
  };

  /* --- Keys --- */
  const single = (key, held) => {
    if (key === "?") return open("keys");
    const control = find(`[data-key="${CSS.escape(key.toLowerCase())}"]:not(:disabled)`);
    if (control && !held) act(control); // once, however long the key is held
    return Boolean(control);
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const { key, target } = event;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && key.toLowerCase() === "k") {
      event.preventDefault();
      if (!find("dialog[open]")) open("palette");
      return;
    }
    if (find("dialog[open]")) return;
    if (key === "Escape") {
      const menu = find("details.me[open], details.pop[open]");
      if (menu) {
        menu.open = false;
        find("summary", menu).focus();
      } else if (inField(target)) target.blur();
      else if (single("escape")) event.preventDefault(); // else the browser's own Escape stops the page that now loads
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || key.length !== 1 || inField(target) || !singleKeys()) return;
    if (single(key, event.repeat)) event.preventDefault();
    else document.dispatchEvent(new CustomEvent("quimbi:key", { detail: { key: key.toLowerCase(), event } }));
  });

  /* --- A form that leads to another page is sent once: each "Next ticket" would take one more --- */
  const SENDS_AGAIN = 10000; // milliseconds, if nothing came
  let sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "autosubmit" in form.dataset) return;
    if (Date.now() - sent.get(form) < SENDS_AGAIN) event.preventDefault();
    else sent.set(form, Date.now());
  });
  window.addEventListener("pageshow", () => {
    sent = new WeakMap();
  });

  /* --- What folds away on a small screen --- */
  const unfold = (fold, open) => {
    fold.classList.toggle("open", open);
    find("[data-unfold]", fold).setAttribute("aria-expanded", fold.classList.contains("open"));
  };
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-unfold]");
    if (button) unfold(button.closest("[data-fold]"));
  });

  /* --- Dialogs --- */
  const open = (name) => {
    const dialog = document.getElementById(name);
    if (name === "palette") fill();
    dialog.showModal();
    return true;
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) open(opener.dataset.open);
    if (event.target.matches("dialog.sheet")) event.target.close(); // the backdrop
    for (const menu of document.querySelectorAll("details.me[open], details.pop[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });

  /* --- The palette --- */
  const field = find("#palette-q");
  const list = find("#palette-list");
  const search = find("#palette-search");
  let commands = [];
  let chosen = 0;

  const fill = () => {
    const seen = new Set();
    // What the page is for stands first, the menus last.
    const found = [...find("main").querySelectorAll("[data-command]"), ...document.querySelectorAll("[data-command]")];
    commands = found.filter((control) => {
      const name = control.dataset.command;
      return !seen.has(name) && !control.disabled && seen.add(name) && available(control);
    });
    field.value = "";
    show();
  };

  /* What stands in the closed menu or folded away can be done all the same; what the page hides for now can't. */
  const available = (control) => control.closest("details.me, [data-fold]:not(.open)") || control.getClientRects().length > 0;

  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = commands.filter((c) => words.every((word) => c.dataset.command.toLowerCase().includes(word)));
    if (words.length) {
      search.search = `?q=${encodeURIComponent(field.value.trim())}`;
      search.dataset.command = search.dataset.label.replace("{words}", () => field.value.trim());
      fitting.push(search);
    }
    list.replaceChildren(
      ...fitting.map((control, place) => {
        const option = document.createElement("li");
        option.id = `action-${place}`;
        option.setAttribute("role", "option");
        option.textContent = control.dataset.command;
        option.addEventListener("click", () => run(control));
        return option;
      }),
    );
    list.fitting = fitting;
    find("#palette-none").hidden = fitting.length > 0;
    choose(0);
  };

  const choose = (place) => {
    const options = [...list.children];
    chosen = options.length ? (place + options.length) % options.length : 0;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    if (options.length) {
      field.setAttribute("aria-activedescendant", options[chosen].id);
      options[chosen].scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  };

  const run = (control) => {
    find("#palette").close();
    act(control);
  };

  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter" && list.fitting[chosen]) run(list.fitting[chosen]);
    else return;
    event.preventDefault();
  });

  /* --- Back to the queue, where one was in it --- */
  const back = find('[data-key="escape"]');
  const place = sessionStorage.getItem("queue");
  if (back?.pathname === "/" && place?.startsWith("?")) back.search = place;

  /* What comes for a part that the page no longer has would be put nowhere, and its other parts into the wrong page. */
  const guarded = new WeakSet();
  document.addEventListener("htmx:beforeRequest", ({ detail: { target } }) => {
    if (guarded.has(target)) return;
    guarded.add(target);
    target.addEventListener("htmx:beforeSwap", (event) => {
      if (!event.target.isConnected) event.detail.shouldSwap = false;
    });
  });

  /* --- Forms that need no button, and answers that did not come --- */
  /* With arrow keys one walks through choices: what one leaves, or confirms with Enter, is chosen. */
  const CHOICES = 'select, [type="radio"]';
  let walked = null,
    walking = false;
  const submit = (form) => {
    walked = null;
    if (form?.isConnected) form.requestSubmit();
  };
  document.addEventListener(
    "pointerdown",
    () => {
      walking = false;
    },
    true,
  );
  document.addEventListener(
    "keydown",
    (event) => {
      const choice = event.target.matches(CHOICES);
      walking = choice && event.key !== "Enter" && event.key !== " ";
      if (!choice || event.key !== "Enter" || walked !== event.target.form) return;
      event.preventDefault();
      submit(walked);
    },
    true,
  );
  document.addEventListener("change", ({ target }) => {
    if (!target.form || !("autosubmit" in target.form.dataset)) return;
    if (walking && target === document.activeElement && target.matches(CHOICES)) walked = target.form;
    else submit(target.form);
  });
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    if (walked && target.form === walked && !(relatedTarget?.type === "radio" && relatedTarget.name === target.name)) submit(walked);
  });

  /* --- The live connection (live.js): a word where it is lost for longer than a moment --- */
  let heard = Date.now(),
    lost = 0;
  const say = (name) => {
    if (name === "offline" && find("#no-connection")) return; // the page says so itself, where one writes
    const notice = name ? find(`#${name}`).content.cloneNode(true) : "";
    if (name === "ended") find("a", notice).href = location.href;
    if (name === "offline") find("time", notice).textContent = new Date(heard).toTimeString().slice(0, 5);
    find("#connection").replaceChildren(notice);
  };
  const connection = ({ detail }) => {
    clearTimeout(lost);
    if (detail.state === "live" || detail.state === "polling") {
      heard = Date.now();
      say("");
    } else if (detail.state === "ended") say("ended");
    else lost = setTimeout(say, 3000, "offline");
  };
  document.addEventListener("quimbi:live", connection);
  document.addEventListener("quimbi:event", () => (heard = Date.now()));
  window.addEventListener("offline", () => say("offline"));
  window.addEventListener("online", () => say(""));

  /* What is known of a request that failed: whose answer was lost may have been done all the same. */
  const WHY = { 403: "old", 404: "old", 429: "often" };
  const pressAgain = (elt, submitter) => {
    if (elt.isConnected) elt.matches("form") ? elt.requestSubmit(submitter?.form === elt ? submitter : null) : elt.click();
  };
  const failed = ({ detail }) => {
    const { content, dataset } = find("#no-answer"),
      notice = content.cloneNode(true),
      { verb } = detail.requestConfig;
    const why = WHY[detail.xhr.status] ?? (detail.xhr.status ? "broken" : verb === "get" ? "silent" : "lost");
    find("span", notice).textContent = dataset[why];
    find("a", notice).href = location.href;
    const { elt } = detail,
      again = find("button", notice),
      chosen = elt.closest?.("[data-autosubmit]");
    // What is chosen shows again what holds; what is written stays, to be sent again.
    if (chosen && why !== "lost") chosen.reset();
    if (chosen || why === "old" || !elt.matches("form, button, a")) again.remove();
    else again.addEventListener("click", () => pressAgain(elt, detail.requestConfig.triggeringEvent?.submitter));
    find("#failures").replaceChildren(notice);
    find("#news").replaceChildren();
  };
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:afterSwap", () => find("#failures").replaceChildren());
})();
