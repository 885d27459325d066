/* The inbox beyond its links and forms: walking through rows, selecting them, keys for what is done to them, and what must not be
   lost when a list comes. What happens elsewhere is for inbox_live.js, loaded when something does. */
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

/* The ticket that a key has ticked itself, to have something to act on: unticked where nothing came of it. */
let own = "", last = "";
const unpick = () => {
  const box = boxes()[at(own)];
  own = "";
  if (!box?.checked) return;
  box.checked = false;
  count();
  if (active() === document.body || active().closest("#bulk")) find("h3 a", rowOf(box)).focus({ preventScroll: true });
};
const chosen = () => {
  const row = rowOf(active());
  if (own && row) unpick();
  if (row && !picked().length) {
    select();
    own = idOf(row);
  }
  return picked().length;
};
on("toggle", ({ target }) => target.id === "snooze" && !target.open && unpick(), true);
on("change", ({ target }) => {
  if (!target.matches(".pick input")) return;
  if (target.value === own) own = "";
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
  // Enter in a form presses its first button, which is "Add tag".
  if (target.matches(".pick input")) find("h3 a", rowOf(target)).click();
  else if (target.id === "b-who") press("assign");
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
};

/* --- What is asked for --- */
const offline = () => !navigator.onLine || find("#connection .notice:not(.warn)");
on("submit", (event) => {
  const form = event.target;
  // Enter in a filter changes and submits: the change has asked already.
  const twice = form.id === "filters" && changed;
  const unable = form.id === "take" && offline();
  if (form.id === "take" && find(".is-next")) sessionStorage.opened = idOf(find(".is-next"));
  if (!twice && !unable) return;
  event.preventDefault();
  event.stopPropagation();
  if (!unable) return;
  find("#failures").replaceChildren(find("#offline").content.cloneNode(true));
  find("#failures p").textContent = form.dataset.offline;
  find("#failures .small").remove();
}, true);
let changed = false;
on("change", ({ target }) => {
  if (!target.closest("#filters")) return;
  changed = true;
  setTimeout(() => (changed = false));
});

/* An empty field is no filter: it stays out of the address. A status keeps the words that are typed. */
on("htmx:configRequest", ({ detail }) => {
  if (detail.elt.closest("#tabs")) detail.path = searched(detail.path);
  if (detail.elt.id !== "filters") return;
  for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
});
const searched = (path) => {
  const words = find("#q").value.trim(), address = new URL(path, location), given = address.searchParams;
  if (words === find("#q").defaultValue) return path;
  if (words && !/status|snoozed/.test(path)) given.set("status", "open");
  words ? given.set("q", words) : given.delete("q") || given.delete("status", "all");
  return address.pathname + address.search;
};

/* Two clicks on one spot: the second meets what has moved there. */
on("click", (event) => {
  if (!event.target.closest("#alert-form button") || event.timeStamp - inbox.moved > 500) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

/* --- What comes. The last wish counts: the answer to one before shows no list, but tells what it did. --- */
let wishes = 0, toldAt = 0, current = null, bones = 0, held = null, settle = null;
const asked = new WeakMap();
const hold = (id, at = 0) => (held = id ? { id, at } : null);
on("htmx:confirm", () => (wishes += 1));
on("htmx:beforeRequest", ({ detail: { xhr, elt, target, requestConfig } }) => {
  const form = requestConfig.formData, fields = texts().filter((field) => field.form === elt || (field.id === "q" && elt.closest("#tabs")));
  asked.set(xhr, {
    wish: wishes, elt, form, post: requestConfig.verb === "post",
    sent: new Map(fields.map(({ id, value }) => [id, value])),
    chip: all("#alert-form button").findIndex((button) => button.value === form.get("remove")),
  });
  const row = rowOf(active());
  if (row) hold(idOf(row), here());
  else if (active().closest("#bulk")) hold(picked()[0]?.value, at(picked()[0]?.value));
  else hold(elt.closest("#news") && /[0-9a-f-]{36}/.exec(form.get("undo"))?.[0]);
  inbox.flying += 1;
  find("#inbox").setAttribute("aria-busy", "true");
  clearTimeout(bones);
  bones = setTimeout(() => find("#inbox").classList.add("loading"), 300);
  // Not at the document: htmx's events of what is gone reach it no more.
  target.addEventListener("htmx:beforeSwap", swapping);
  xhr.addEventListener("loadend", () => landed(xhr));
});
const landed = (xhr) => {
  inbox.flying -= 1;
  if (!inbox.flying) {
    clearTimeout(bones);
    find("#inbox").removeAttribute("aria-busy");
    find("#inbox").classList.remove("loading");
  }
  const { post, shown } = asked.get(xhr);
  const news = post && xhr.status === 200 && find("#news", new DOMParser().parseFromString(xhr.responseText, "text/html"));
  if (!news) return;
  toldAt = wishes;
  if (shown) return;
  find("#news").replaceChildren(...news.childNodes);
  window.htmx.process(find("#news"));
};
const swapping = ({ target, detail }) => {
  current = asked.get(detail.xhr);
  if (current.wish < wishes || !target.isConnected) detail.shouldSwap = false;
  current.shown = detail.shouldSwap;
  if (detail.shouldSwap) settle = keep(current);
};
/* A list that was asked for before something was told takes the telling not away. */
on("htmx:oobBeforeSwap", ({ target, detail }) => {
  if (target.id === "news" && !current.post && current.wish <= toldAt && !find(".notice", detail.fragment)) detail.shouldSwap = false;
});

/* What is typed after it was sent, or was refused, and what is ticked, unless it is done with. */
const texts = () => all("#inbox input[id]:not([type=checkbox])");
const keep = ({ form, elt, sent, post, chip }) => {
  const typed = texts().filter((field) => field.value !== (sent.get(field.id) ?? field.defaultValue));
  const done = /^(tag|priority)?$/.test(form.get("do") ?? "") ? [] : form.getAll("ticket");
  const ticked = post ? picked().map((box) => box.value).filter((id) => id !== own) : [];
  own = "";
  return () => {
    const refused = post && find("#news .bad");
    const fields = (refused && document.getElementById(elt.id)?.elements) || {};
    for (const [name, value] of form) if (fields[name] && name !== "ticket" && fields[name].type !== "hidden") fields[name].value = value;
    for (const old of typed) {
      const field = document.getElementById(old.id);
      if (!field || field === old || field.value === old.value) continue;
      field.value = old.value;
      if (field.selectionStart !== null) field.setSelectionRange(old.selectionStart, old.selectionEnd);
    }
    for (const box of boxes()) box.checked = ticked.includes(box.value) && (refused || !done.includes(box.value));
    if (chip < 0) return;
    inbox.moved = performance.now();
    const chips = all("#alert-form button");
    (chips[Math.min(chip, chips.length - 1)] ?? find("#word")).focus();
  };
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
  settle?.();
  settle = null;
  count();
  note();
});

/* --- What happens elsewhere --- */
const inbox = {
  find, all, boxes, rowOf, idOf, focus, hold, refocus, unpick, count, note,
  flying: 0, // so many lists are on their way
  placed: false, // whether the focus is in the list because the page has put it there
  moved: -1000, // when topic alerts did, by performance.now()
};
let live = null;
const hear = (detail) => {
  live ??= import(find("#inbox").dataset.live).then((module) => module.default(inbox));
  live.then((take) => take(detail), () => (live = null));
};
on("quimbi:event", ({ detail }) => hear(detail));
on("visibilitychange", () => document.hidden || hear({ type: "seen" }));

comeBack();
note();
