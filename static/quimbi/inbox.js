"use strict";
/* The inbox beyond what its links and forms do by themselves: walking through rows, counting the selected, and what happens
   elsewhere: rows are refreshed where they stand; what changes the order waits, but where nobody is in the list. */
(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /* --- Rows --- */
  const links = () => all(".row h3 a");
  const rowOf = (element) => element?.closest?.(".row");
  const idOf = (row) => find(".pick input", row).value;
  const here = () => links().findIndex((link) => rowOf(link) === rowOf(document.activeElement));

  const focus = (at) => {
    const rows = links();
    if (!rows.length) return;
    const link = rows[Math.min(Math.max(at, 0), rows.length - 1)];
    link.focus({ preventScroll: true });
    rowOf(link).scrollIntoView({ block: "nearest" });
  };
  const walk = (step) => focus(here() < 0 ? 0 : here() + step);
  const select = () => here() >= 0 && find(".pick input", rowOf(document.activeElement)).click();

  /* The menu of times for the selected; for the row that one is in, where none is. */
  const snooze = () => {
    if (!boxes().some((box) => box.checked)) select();
    const menu = find("#snooze");
    if (!menu || !boxes().some((box) => box.checked)) return;
    menu.open = true;
    find("button", menu).focus();
  };

  const keys = { j: () => walk(1), k: () => walk(-1), x: select, e: snooze };
  document.addEventListener("quimbi:key", ({ detail }) => {
    if (!keys[detail.key]) return;
    detail.event.preventDefault();
    keys[detail.key]();
  });

  /* --- Selecting --- */
  const boxes = () => all(".pick input");
  const count = () => {
    const told = find("#picked");
    if (told) told.textContent = told.dataset.many.replace("{n}", boxes().filter((box) => box.checked).length);
  };
  document.addEventListener("change", (event) => event.target.matches(".pick input") && count());
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#pick-all")) return;
    const every = boxes().every((box) => box.checked);
    for (const box of boxes()) box.checked = !every;
    count();
  });

  /* For the way back from a ticket: filters and page. */
  const note = () => sessionStorage.setItem("queue", location.search);
  for (const moment of ["htmx:pushedIntoHistory", "htmx:afterSettle"]) document.addEventListener(moment, note);
  note();

  /* An empty field is no filter: it stays out of the address. */
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.id !== "filters") return;
    for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
  });

  /* The last wish counts: an answer to one before it is not shown, nor does it take what is being typed. */
  let wishes = 0, typed = null;
  const wish = new WeakMap();
  document.addEventListener("htmx:confirm", () => { wishes += 1; });
  document.addEventListener("htmx:beforeRequest", ({ detail }) => wish.set(detail.xhr, wishes));
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.requestConfig.verb === "get" && wish.get(detail.xhr) < wishes) detail.shouldSwap = false;
    const field = document.activeElement;
    typed = field.matches("#inbox input[id]") && field.value !== field.defaultValue && !detail.requestConfig.elt.contains(field) ? field : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const field = typed && document.getElementById(typed.id);
    if (!field || field === typed) return;
    field.value = typed.value;
    field.setSelectionRange(typed.selectionStart, typed.selectionEnd);
    typed = null;
  });

  /* While a list is on its way: after 300 ms bones in the shape of rows; what comes replaces them. Afterwards the focus is on
     the same ticket, wherever that stands now, or on the one that took its place. */
  let bones = 0, held = null, unalerted = false;
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    unalerted = detail.elt.id === "alert-form";
    const row = rowOf(document.activeElement);
    held = row ? { id: idOf(row), at: here() } : document.activeElement?.closest("#bulk") ? lastSelected() : null;
    find("#inbox")?.setAttribute("aria-busy", "true");
    bones = setTimeout(() => find("#inbox")?.classList.add("loading"), 300);
  });
  document.addEventListener("htmx:afterRequest", () => {
    clearTimeout(bones);
    find("#inbox")?.removeAttribute("aria-busy");
    find("#inbox")?.classList.remove("loading");
  });
  // Back from a ticket: on its row.
  const came = document.referrer.startsWith(location.origin) && /\/tickets\/([0-9a-f-]{36})/.exec(document.referrer);
  if (came) setTimeout(() => { held = { id: came[1], at: 0 }; if (boxes().some((box) => box.value === held.id)) refocus(); });
  const lastSelected = () => {
    const at = boxes().findIndex((box) => box.checked);
    return at < 0 ? null : { id: boxes()[at].value, at };
  };
  const refocus = () => {
    if (!held) return;
    const same = boxes().findIndex((box) => box.value === held.id);
    focus(same < 0 ? held.at : same);
    held = null;
  };
  document.addEventListener("htmx:afterSettle", () => {
    refocus();
    if (unalerted && document.activeElement === document.body) (find("#alert-form button") ?? find("#word")).focus();
    unalerted = false;
    waiting = null;
    tell();
    count();
  });

  /* --- What happens elsewhere: `quimbi:event` comes from live.js --- */
  const EVERY = 600; // between two looks; the first is at once
  const OTHERS = ["note", "draft", "presence"]; // which change no row, or not by reading it again
  let waiting = null, due = 0, lookedAt = -EVERY, looking = false;

  const lookSoon = () => {
    if (due || document.hidden) return;
    due = setTimeout(look, Math.max(50, lookedAt + EVERY - performance.now()));
  };

  const look = async () => {
    due = 0;
    lookedAt = performance.now();
    const address = location.href;
    if (looking || find("#inbox[aria-busy]")) return lookSoon();
    looking = true;
    try {
      const answer = await fetch(address, { headers: { "X-Quimbi-Live": "1" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // What somebody has asked for meanwhile is newer.
      if (address === location.href && !find("#inbox[aria-busy]")) take(page);
    } catch {
      /* No connection: live.js says so, and asks for everything when it is back. */
    } finally {
      looking = false;
    }
  };

  const take = (page) => {
    const list = (within) => all(".pick input", within).map((box) => box.value);
    const before = list(document), now = list(page);
    for (const id of ["facts", "take", "alert-form", "tabs"]) exchange(id, page);
    const open = find("#open-count", page);
    if (open) find("#open-count").innerHTML = open.innerHTML;
    const title = find("title", page);
    if (title) document.title = title.textContent;
    if (before.join() === now.join() && before.length) {
      refresh(page);
      waiting = null;
    } else if (atRest()) show(page);
    else {
      refresh(page);
      waiting = { page, fresh: now.filter((id) => !before.includes(id)).length };
    }
    tell();
  };

  /* A part of the page that nobody is in. */
  const exchange = (id, page) => {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !fresh || old.contains(document.activeElement)) return;
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
    window.htmx?.process(old);
  };

  /* Each row where it stands; who is in it or has selected it notices nothing. */
  const refresh = (page) => {
    const rows = new Map(all(".row", page).map((row) => [idOf(row), row]));
    for (const row of all(".row")) {
      const fresh = rows.get(idOf(row))?.cloneNode(true);
      if (fresh) put(row, fresh);
    }
  };

  const put = (row, fresh) => {
    const box = find(".pick input", row);
    find(".pick input", fresh).setAttribute("aria-labelledby", box.getAttribute("aria-labelledby"));
    const link = find("h3 a", row).id;
    find("h3 a", fresh).id = link;
    find("article", fresh).setAttribute("aria-labelledby", link);
    row.className = fresh.className;
    if (row.innerHTML === fresh.innerHTML) return;
    const within = row.contains(document.activeElement) && (document.activeElement === box ? ".pick input" : "h3 a");
    find(".pick input", fresh).checked = box.checked;
    row.replaceChildren(...fresh.childNodes);
    if (within) find(within, row).focus({ preventScroll: true });
  };

  /* Nobody is in the list: neither pointer nor focus, nothing selected, and its beginning is in view. */
  const atRest = () => {
    const list = find("#list");
    return (
      window.scrollY < 80 && !list.matches(":hover") && !list.contains(document.activeElement) &&
      !find("dialog[open]") && !boxes().some((box) => box.checked)
    );
  };

  const show = (page) => {
    waiting = null;
    const list = find("#list");
    const inside = list.contains(document.activeElement);
    held = inside ? { id: idOf(rowOf(document.activeElement) ?? find(".row")), at: 0 } : null;
    const checked = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    list.replaceWith(find("#list", page));
    for (const box of boxes()) box.checked = checked.has(box.value);
    window.htmx?.process(find("#list"));
    refocus();
    count();
    note();
  };

  const tell = () => {
    const button = find("#fresh button");
    if (!button) return;
    button.hidden = !waiting;
    if (!waiting) button.textContent = "";
    else if (!waiting.fresh) button.textContent = button.dataset.moved;
    else button.textContent = waiting.fresh === 1 ? button.dataset.one : button.dataset.many.replace("{n}", waiting.fresh);
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#fresh button") || !waiting) return;
    show(waiting.page);
    tell();
    if (!find("#list").contains(document.activeElement)) focus(0);
    window.scrollTo({ top: 0 });
  });

  document.addEventListener("quimbi:event", ({ detail }) => {
    if (detail.type === "presence") watched(detail);
    else if (!OTHERS.includes(detail.type)) lookSoon();
  });
  document.addEventListener("visibilitychange", () => !document.hidden && lookSoon());

  /* Who looks at a ticket, beside its age. */
  const watched = ({ ticket, agents }) => {
    const row = rowOf(boxes().find((box) => box.value === ticket));
    if (!row) return;
    find(".viewing", row)?.remove();
    const others = agents.filter((one) => one.id !== find("#inbox").dataset.me);
    if (!others.length) return;
    const said = find("#viewing").content.firstElementChild.cloneNode(true);
    find("bdi", said).textContent = others[0].name.split(" ")[0];
    find("i", said).replaceWith(others.length > 1 ? ` +${others.length - 1}` : "");
    find(".seen", row).prepend(said);
  };

  /* Back to a page that the browser kept: what it shows is old. */
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
})();
