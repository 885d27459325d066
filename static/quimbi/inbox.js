/* The inbox beyond its links and forms: walking through rows, selecting them, keys for what is done to them, the list that comes.
   What must not be lost when it comes is for inbox_keeps.js, loaded when somebody does something; what happens elsewhere for
   inbox_live.js, loaded when something does. */
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const on = (name, act, capture) => document.addEventListener(name, act, capture);

/* --- Rows --- */
const links = () => all(".row h3 a");
const boxes = () => all(".pick input");
const rowOf = (element) => element?.closest?.(".row");
const idOf = (row) => find(".pick input", row).value;
const at = (id) => boxes().findIndex((box) => box.value === id);
const active = () => document.activeElement;
const here = () => links().findIndex((link) => rowOf(link) === rowOf(active()));

const focus = (at) => {
  const link = links()[Math.max(at, 0)] ?? links().at(-1);
  link?.focus({ preventScroll: true });
  rowOf(link)?.scrollIntoView({ block: "nearest" });
};
const walk = (step) => focus(here() < 0 ? 0 : here() + step);

/* --- Selecting --- */
const picked = () => boxes().filter((box) => box.checked);
const count = () => {
  const told = find("#picked");
  if (told) told.textContent = told.dataset.many.replace("{n}", picked().length);
};
const select = () => here() >= 0 && find(".pick input", rowOf(active())).click();

/* What a key has ticked itself is unticked where nothing came of it. */
let last = "";
const unpick = () => {
  const box = boxes()[at(inbox.own)];
  inbox.own = "";
  if (!box?.checked) return;
  box.checked = false;
  count();
  if (active() === document.body || active().closest("#bulk")) find("h3 a", rowOf(box)).focus({ preventScroll: true });
};
const chosen = () => {
  const row = rowOf(active());
  if (inbox.own && row) unpick();
  if (row && !picked().length) {
    select();
    inbox.own = idOf(row);
  }
  return picked().length;
};
on("toggle", ({ target }) => target.id === "snooze" && !target.open && unpick(), true);
on("change", ({ target }) => {
  if (!target.matches(".pick input")) return;
  if (target.value === inbox.own) inbox.own = "";
  count();
});
on("click", ({ target, shiftKey }) => {
  if (target.matches(".pick input")) {
    const [from, to] = [at(last), at(target.value)].sort((a, b) => a - b);
    if (shiftKey && from >= 0) for (const box of boxes().slice(from, to)) box.checked = target.checked;
    last = target.value;
  }
  if (!target.closest("#pick-all")) return;
  const some = picked().length < boxes().length;
  for (const box of boxes()) box.checked = some;
  count();
});

/* --- Keys: for the selected; for the row that one is in, where none is --- */
const press = (deed) => {
  const button = find(`#bulk [value=${deed}]`);
  if (button && !inbox.flying && chosen()) button.click();
};
const snooze = () => {
  const menu = find("#snooze");
  if (!menu || !chosen()) return;
  menu.open = true;
  find("button", menu).focus();
};
const assign = () => {
  const who = find("#b-who");
  if (!who || !chosen()) return;
  if (who.options.length > 2) return who.focus();
  who.value = "me";
  press("assign");
};
const keys = { j: () => walk(1), k: () => walk(-1), x: select, e: snooze, a: assign, c: () => press("close") };
on("quimbi:key", ({ detail: { key, event } }) => {
  if (!keys[key]) return;
  event.preventDefault();
  if (!event.repeat || key === "j" || key === "k") keys[key]();
});
on("keydown", (event) => {
  const { key, target } = event;
  inbox.placed = false;
  if (key === "Escape" && target.id === "b-who") unpick();
  if (key !== "Enter") return;
  // Enter in a form presses its first button, which adds the tag.
  if (target.matches(".pick input")) find("h3 a", rowOf(target)).click();
  else if (target.id === "b-who") press("assign");
  else if (target.id === "b-at") press("at");
  else return;
  event.preventDefault();
});

/* --- Back from a ticket: on its row. Until something is done in the list, it may move all the same. --- */
on("click", ({ target }) => target.closest(".row h3 a") && (sessionStorage.opened = idOf(rowOf(target))));
let point = "";
on("pointermove", ({ target, screenX, screenY }) => {
  const now = `${screenX},${screenY}`;
  if (point && point !== now && target.closest("#list")) inbox.placed = false;
  point = now;
});
for (const name of ["wheel", "pointerdown"]) on(name, () => (inbox.placed = false), { passive: true });
const comeBack = () => {
  const from = document.referrer.startsWith(location.origin) && /\/tickets\/([0-9a-f-]{36})/.exec(document.referrer);
  const id = (performance.getEntriesByType("navigation")[0]?.type === "navigate" && from?.[1]) || sessionStorage.opened;
  delete sessionStorage.opened;
  if (at(id) < 0) return;
  focus(at(id));
  inbox.placed = true;
};
/* Back to a page that the browser kept: what it shows is old. */
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

/* For the way back from a ticket: filters and page. Where the page has become the first, the address says so. */
const note = () => {
  const address = new URL(location);
  if (address.searchParams.has("cursor") && find("#inbox") && !find("#first")) {
    address.searchParams.delete("cursor");
    history.replaceState(history.state, "", address);
  }
  sessionStorage.setItem("queue", location.search);
  // On a phone the statuses scroll sideways: the chosen one is in view.
  const tab = find("#tabs [aria-current]"),
    row = tab?.closest("ul"),
    end = (element) => element.getBoundingClientRect().right;
  if (row) row.scrollLeft += Math.max(end(tab) - end(row), 0);
};

/* --- What is asked for --- */
const offline = () => !navigator.onLine || find("#connection .notice:not(.warn)");
on(
  "submit",
  (event) => {
    const form = event.target;
    if (form.id !== "take") return;
    if (find(".is-next")) sessionStorage.opened = idOf(find(".is-next"));
    if (!offline()) return;
    event.preventDefault();
    find("#failures").replaceChildren(find("#offline").content.cloneNode(true));
    find("#failures p").textContent = form.dataset.offline;
    find("#failures .small").remove();
  },
  true,
);
/* An empty field is no filter: it stays out of the address. */
on("htmx:configRequest", ({ detail }) => {
  inbox.wishes += 1;
  if (detail.elt.id !== "filters") return;
  for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
});
/* --- What comes. The last wish counts: the answer to one before it is not shown. --- */
let bones = 0,
  held = null;
const asked = new WeakMap();
const hold = (id, at = 0) => (held = id ? { id, at } : null);
on("htmx:beforeRequest", ({ detail: { xhr, elt, target, requestConfig } }) => {
  const sent = new Map(all("#inbox input[id]").map(({ id, value }) => [id, value]));
  asked.set(xhr, { elt, sent, form: requestConfig.formData, post: requestConfig.verb === "post", wish: inbox.wishes });
  const row = rowOf(active());
  if (row) hold(idOf(row), here());
  else if (active().closest("#bulk")) hold(picked()[0]?.value, at(picked()[0]?.value));
  else hold();
  inbox.flying += 1;
  find("#inbox").setAttribute("aria-busy", "true");
  clearTimeout(bones);
  bones = setTimeout(() => find("#inbox").classList.add("loading"), 300);
  // Not at the document: htmx's events of what is gone reach it no more.
  target.addEventListener("htmx:beforeSwap", swapping);
  xhr.addEventListener("loadend", () => landed(xhr));
});
const swapping = ({ target, detail }) => {
  const request = asked.get(detail.xhr);
  if (request.wish < inbox.wishes || !target.isConnected) detail.shouldSwap = false;
  inbox.swapping?.(request, detail.shouldSwap);
};
const landed = (xhr) => {
  inbox.flying -= 1;
  inbox.landed?.(asked.get(xhr), xhr);
  if (inbox.flying) return;
  clearTimeout(bones);
  find("#inbox").removeAttribute("aria-busy");
  find("#inbox").classList.remove("loading");
};

/* The focus is on the same ticket, wherever that stands now, or on the one that took its place. */
const refocus = () => {
  if (!held) return;
  const same = at(held.id);
  focus(same < 0 ? held.at : same);
  held = null;
};
on("htmx:afterSettle", () => {
  refocus();
  count();
  note();
});

/* --- What is loaded later --- */
const inbox = {
  find,
  all,
  on,
  boxes,
  rowOf,
  idOf,
  focus,
  hold,
  refocus,
  picked,
  unpick,
  count,
  note,
  own: "", // the ticket that a key has ticked itself, to have something to act on
  wishes: 0, // so many lists were asked for
  flying: 0, // so many of them are on their way
  placed: false, // whether the focus is in the list because the page has put it there
  moved: -1000, // when topic alerts did, by performance.now()
};
const parts = {};
const load = (name) =>
  (parts[name] ??= import(find("#inbox").dataset[name]).then(
    (part) => part.default(inbox),
    () => delete parts[name] && null,
  ));
for (const name of ["pointerdown", "keydown", "focusin", "change"]) on(name, () => load("keeps"));
/* No list is asked for before that is there which keeps what it would take away. */
on("htmx:confirm", (event) => {
  if (inbox.swapping) return;
  event.preventDefault();
  load("keeps").then(() => event.detail.issueRequest(true));
});
const hear = async (detail) => (await load("live"))?.(detail);
on("quimbi:event", ({ detail }) => hear(detail));
on("visibilitychange", () => document.hidden || hear({ type: "seen" }));

comeBack();
note();
