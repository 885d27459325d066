"use strict";
/* What stands beside a conversation, beyond what its forms do by themselves: folds stay as they were when a part is
   replaced, nothing typed is lost to news, and what was saved is said aloud. */
(() => {
  const PARTS = "#about, #properties, #actions";
  const OWN = "details[id]";

  /* A region that stays: one that comes with the news is not read. */
  const said = document.createElement("p");
  said.className = "vh";
  said.setAttribute("role", "status");
  document.body.append(said);

  const fields = (part) => [...part.querySelectorAll('input:not([type]), input[type="text"]')];
  const typed = (part) => fields(part).some((field) => field.value !== field.defaultValue);

  /* News waits while something is being typed, chosen or saved here. What the agent sends does not wait: its form may be
     gone when the answer comes, but its place stays. */
  const late = new Set();
  const saving = (part) => part.querySelector(".htmx-request") !== null;
  const busy = (part) => typed(part) || saving(part) || (part.contains(document.activeElement) && document.activeElement.matches("select"));
  document.addEventListener("htmx:confirm", (event) => {
    const { elt } = event.detail;
    if (!elt.matches("#about, #properties") || !busy(elt)) return;
    event.preventDefault();
    late.add(elt.id);
  });
  const catchUp = () =>
    setTimeout(() => {
      for (const id of [...late]) {
        const part = document.getElementById(id);
        if (part && busy(part)) continue;
        late.delete(id);
        if (part) htmx.ajax("GET", part.getAttribute("hx-get"), { source: part, target: part, swap: part.getAttribute("hx-swap") });
      }
    });
  document.addEventListener("focusout", catchUp);
  document.addEventListener("htmx:afterRequest", catchUp);

  /* News is old where something was saved here since it was asked for: it may have been read before that. */
  let saves = 0;
  const asked = new WeakMap();
  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (detail.requestConfig.verb !== "get") saves += 1;
    asked.set(detail.xhr, saves);
  });
  document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
    if (detail.requestConfig.verb !== "get") saves += 1;
  });
  const old = ({ xhr }) => asked.has(xhr) && asked.get(xhr) !== saves;

  let open = new Map();
  let held = null; // what had the focus in the part that is being replaced
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.target.matches(PARTS)) return;
    if (detail.requestConfig.verb === "get" && (busy(detail.target) || old(detail))) {
      // Asked for before what is being typed or was saved: it would take that away, or show it as undone.
      detail.shouldSwap = false;
      late.add(detail.target.id);
      return;
    }
    held = detail.target.contains(document.activeElement) ? document.activeElement : null;
    open = new Map([...detail.target.querySelectorAll(OWN)].map((one) => [one.id, one.open]));
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    for (const [id, was] of open) {
      const one = document.getElementById(id);
      if (one && one.open !== was && !one.querySelector("[value]:not([type=hidden]):not([value=''])")) one.open = was;
    }
    open = new Map();
    /* A field in a fold could not have the focus while that was not open again; a tag that was taken off is gone. */
    if (held && document.activeElement === document.body)
      (document.getElementById(held.id) ?? document.querySelector("#properties #p-tag"))?.focus();
    held = null;
    const part = target.closest?.("[data-said]") ?? document.querySelector("[data-said]");
    if (!part) return;
    said.textContent = part.dataset.said;
    for (const refusal of document.querySelectorAll("#news .notice.bad")) refusal.remove(); // of what was tried before
    part.removeAttribute("data-said");
  });
})();
