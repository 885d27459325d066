/* Shared by all pages: single keys, the command palette, dialogs, forms that submit themselves, and notices about the
   connection and failed requests. A control names its key (data-key="n") and its command (data-command="Next ticket"); all texts
   come from the page, in its language. */
const SUBMIT_AGAIN_AFTER = 10000; // milliseconds without an answer
const OFFLINE_NOTICE_AFTER = 3000;
const CHOICES = 'select, [type="radio"]';
const MENUS = "details.me[open], details.pop[open]";
const FAILURE_REASONS = { 403: "old", 404: "old", 429: "often" };

const root = document.documentElement;
root.classList.add("js");
const find = (selector, within = document) => within.querySelector(selector);

const areSingleKeysOn = () => root.dataset.keys !== "off";
const isField = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches('textarea, select, input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"])'));

/* Focus a field; click any other control. */
const activateControl = (control) => {
  const fold = control.closest("[data-fold]:not(.open)");
  if (fold && !control.getClientRects().length) toggleFold(fold, true);
  if (isField(control)) {
    control.focus();
    if (control.select) control.select();
  } else control.click();
  // At once, because the next key may follow immediately.
  if (control.matches("summary") && control.parentElement.open) find("button, a, input:not([type=hidden])", control.parentElement)?.focus();
};

/* --- Keys --- */
/* Return whether a control has the key. A key that is held down acts once. */
const pressSingleKey = (key, repeated) => {
  if (key === "?") return openDialog("keys");
  const control = find(`[data-key="${CSS.escape(key.toLowerCase())}"]:not(:disabled)`);
  if (control && !repeated) activateControl(control);
  return Boolean(control);
};

const handleEscape = (event) => {
  const menu = find(MENUS);
  if (menu) {
    menu.open = false;
    find("summary", menu).focus();
  } else if (isField(event.target)) event.target.blur();
  else if (pressSingleKey("escape")) event.preventDefault(); // or the browser would stop loading the page that opens now
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const { key, target } = event;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && key.toLowerCase() === "k") {
    event.preventDefault();
    if (!find("dialog[open]")) openDialog("palette");
    return;
  }
  if (find("dialog[open]")) return;
  if (key === "Escape") return void handleEscape(event);
  if (event.ctrlKey || event.metaKey || event.altKey || key.length !== 1 || isField(target) || !areSingleKeysOn()) return;
  if (pressSingleKey(key, event.repeat)) event.preventDefault();
  else document.dispatchEvent(new CustomEvent("quimbi:key", { detail: { key: key.toLowerCase(), event } }));
});

/* --- A form that opens another page is submitted once: each further "Next ticket" would assign one more ticket --- */
let submittedAt = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "autosubmit" in form.dataset) return;
  if (Date.now() - submittedAt.get(form) < SUBMIT_AGAIN_AFTER) event.preventDefault();
  else submittedAt.set(form, Date.now());
});
window.addEventListener("pageshow", () => {
  submittedAt = new WeakMap();
});

/* --- Parts that fold away on a small screen --- */
const toggleFold = (fold, open) => {
  fold.classList.toggle("open", open);
  find("[data-unfold]", fold).setAttribute("aria-expanded", fold.classList.contains("open"));
};
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-unfold]");
  if (button) toggleFold(button.closest("[data-fold]"));
});

/* --- Dialogs and menus --- */
const openDialog = (id) => {
  if (id === "palette") fillPalette();
  document.getElementById(id).showModal();
  return true;
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) openDialog(opener.dataset.open);
  if (event.target.matches("dialog.sheet")) event.target.close(); // a click on the backdrop
  for (const menu of document.querySelectorAll(MENUS)) if (!menu.contains(event.target)) menu.open = false;
});

/* --- The command palette --- */
const paletteField = find("#palette-q");
const paletteList = find("#palette-list");
const searchLink = find("#palette-search");
let commands = []; // controls that the palette offers
let matches = []; // controls that match the typed words
let chosen = 0;

const fillPalette = () => {
  const seen = new Set();
  // Commands of the page's content come first, those of the menus last.
  const controls = [...find("main").querySelectorAll("[data-command]"), ...document.querySelectorAll("[data-command]")];
  commands = controls.filter((control) => {
    const name = control.dataset.command;
    return !seen.has(name) && !control.disabled && seen.add(name) && isAvailable(control);
  });
  paletteField.value = "";
  showMatches();
};

/* A control in a closed menu or fold can be used; one that the page hides at the moment cannot. */
const isAvailable = (control) => control.closest("details.me, [data-fold]:not(.open)") || control.getClientRects().length > 0;

const showMatches = () => {
  const text = paletteField.value.trim();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  matches = commands.filter(({ dataset }) => words.every((word) => dataset.command.toLowerCase().includes(word)));
  if (words.length) {
    searchLink.search = `?q=${encodeURIComponent(text)}`;
    searchLink.dataset.command = searchLink.dataset.label.replace("{words}", () => text);
    matches.push(searchLink);
  }
  paletteList.replaceChildren(...matches.map(makeOption));
  find("#palette-none").hidden = matches.length > 0;
  chooseOption(0);
};

const makeOption = (control, index) => {
  const option = document.createElement("li");
  option.id = `action-${index}`;
  option.setAttribute("role", "option");
  option.textContent = control.dataset.command;
  option.addEventListener("click", () => runCommand(control));
  return option;
};

const chooseOption = (index) => {
  const options = [...paletteList.children];
  chosen = options.length ? (index + options.length) % options.length : 0;
  options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
  if (options.length) {
    paletteField.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  } else paletteField.removeAttribute("aria-activedescendant");
};

const runCommand = (control) => {
  find("#palette").close();
  activateControl(control);
};

paletteField.addEventListener("input", showMatches);
paletteField.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) chooseOption(chosen + step);
  else if (event.key === "Enter" && matches[chosen]) runCommand(matches[chosen]);
  else return;
  event.preventDefault();
});

/* --- The link back to the inbox leads to the filters and the page that the agent came from --- */
const backLink = find('[data-key="escape"]');
const lastQuery = sessionStorage.getItem("queue");
if (backLink?.pathname === "/" && lastQuery?.startsWith("?")) backLink.search = lastQuery;

/* htmx would swap an answer whose target has left the page nowhere, and its out-of-band parts into the wrong page. */
const guarded = new WeakSet();
document.addEventListener("htmx:beforeRequest", ({ detail: { target } }) => {
  if (guarded.has(target)) return;
  guarded.add(target);
  target.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.target.isConnected) event.detail.shouldSwap = false;
  });
});

/* --- Forms that submit themselves on change. With arrow keys an agent passes through choices: the form is submitted when the
   focus leaves the choice, or on Enter. --- */
let pendingForm = null;
let usesArrowKeys = false;
const submitForm = (form) => {
  pendingForm = null;
  if (form?.isConnected) form.requestSubmit();
};
document.addEventListener(
  "pointerdown",
  () => {
    usesArrowKeys = false;
  },
  true,
);
document.addEventListener(
  "keydown",
  (event) => {
    const isChoice = event.target.matches(CHOICES);
    usesArrowKeys = isChoice && event.key !== "Enter" && event.key !== " ";
    if (!isChoice || event.key !== "Enter" || pendingForm !== event.target.form) return;
    event.preventDefault();
    submitForm(pendingForm);
  },
  true,
);
document.addEventListener("change", ({ target }) => {
  if (!target.form || !("autosubmit" in target.form.dataset)) return;
  if (usesArrowKeys && target === document.activeElement && target.matches(CHOICES)) pendingForm = target.form;
  else submitForm(target.form);
});
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const staysInGroup = relatedTarget?.type === "radio" && relatedTarget.name === target.name;
  if (pendingForm && target.form === pendingForm && !staysInGroup) submitForm(pendingForm);
});

/* --- A notice while the live connection (live.js) is lost for longer than a moment --- */
let connectedAt = Date.now();
let offlineTimer = 0;
const showConnectionNotice = (id) => {
  if (id === "offline" && find("#no-connection")) return; // the composer has a notice of its own
  const notice = id ? find(`#${id}`).content.cloneNode(true) : "";
  if (id === "ended") find("a", notice).href = location.href;
  if (id === "offline") find("time", notice).textContent = new Date(connectedAt).toTimeString().slice(0, 5);
  find("#connection").replaceChildren(notice);
};
document.addEventListener("quimbi:live", ({ detail: { state } }) => {
  clearTimeout(offlineTimer);
  if (state === "live" || state === "polling") {
    connectedAt = Date.now();
    showConnectionNotice("");
  } else if (state === "ended") showConnectionNotice("ended");
  else offlineTimer = setTimeout(showConnectionNotice, OFFLINE_NOTICE_AFTER, "offline");
});
document.addEventListener("quimbi:event", () => (connectedAt = Date.now()));
window.addEventListener("offline", () => showConnectionNotice("offline"));
window.addEventListener("online", () => showConnectionNotice(""));

/* --- A notice about a failed request. Without an answer, the server may have done what was asked. --- */
const repeatRequest = (element, submitter) => {
  if (!element.isConnected) return;
  if (element.matches("form")) element.requestSubmit(submitter?.form === element ? submitter : null);
  else element.click();
};
const showFailure = ({ detail }) => {
  const { elt, xhr, requestConfig } = detail;
  const { content, dataset } = find("#no-answer");
  const notice = content.cloneNode(true);
  const unanswered = requestConfig.verb === "get" ? "silent" : "lost";
  const reason = FAILURE_REASONS[xhr.status] ?? (xhr.status ? "broken" : unanswered);
  find("span", notice).textContent = dataset[reason];
  find("a", notice).href = location.href;
  const repeat = find("button", notice);
  const autosubmitted = elt.closest?.("[data-autosubmit]");
  // A choice goes back to the saved value; typed text stays and can be sent again.
  if (autosubmitted && reason !== "lost") autosubmitted.reset();
  if (autosubmitted || reason === "old" || !elt.matches("form, button, a")) repeat.remove();
  else repeat.addEventListener("click", () => repeatRequest(elt, requestConfig.triggeringEvent?.submitter));
  find("#failures").replaceChildren(notice);
  find("#news").replaceChildren();
};
document.addEventListener("htmx:sendError", showFailure);
document.addEventListener("htmx:responseError", showFailure);
document.addEventListener("htmx:afterSwap", () => find("#failures").replaceChildren());
