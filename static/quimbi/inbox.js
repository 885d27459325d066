"use strict";
/* The inbox beyond what its links and forms do by themselves: walking through rows, counting the selected, and telling
   that there is news without moving anything. */
(() => {
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  /* --- Rows --------------------------------------------------------------------------------------------------------- */
  const links = () => all(".row h3 a");
  const here = () => links().indexOf(document.activeElement.closest(".row")?.querySelector("h3 a"));

  const walk = (step) => {
    const rows = links();
    if (!rows.length) return;
    const at = here();
    const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
    rows[next].focus({ preventScroll: true });
    rows[next].closest(".row").scrollIntoView({ block: "nearest" });
  };

  const select = () => {
    const row = links()[here()]?.closest(".row");
    row?.querySelector(".pick input").click();
  };

  const keys = { j: () => walk(1), k: () => walk(-1), x: select };
  document.addEventListener("quimbi:key", ({ detail }) => {
    if (!keys[detail.key]) return;
    detail.event.preventDefault();
    keys[detail.key]();
  });

  /* --- Selecting ---------------------------------------------------------------------------------------------------- */
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

  /* While a list is on its way; what comes replaces the mark. */
  const busy = (is) => find("#inbox")?.setAttribute("aria-busy", String(is));
  document.addEventListener("htmx:beforeRequest", () => busy(true));
  document.addEventListener("htmx:afterRequest", () => busy(false));

  /* An empty field is no filter: it stays out of the address. */
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.id !== "filters") return;
    for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
  });

  /* After a swap the focus is on the same ticket, wherever that stands now. */
  let held = null;
  document.addEventListener("htmx:beforeSwap", () => {
    held = document.activeElement.closest(".row")?.querySelector("h3 a").getAttribute("href");
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (held) links().find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
    held = null;
  });

  /* --- News: `quimbi:event` comes from the live connection (detail: {type, ticket_id}) -------------------------------- */
  const fresh = new Set();
  const tell = () => {
    const place = find("#fresh");
    if (!place) return;
    const button = place.querySelector("button");
    place.hidden = fresh.size === 0;
    button.textContent = (fresh.size === 1 ? button.dataset.one : button.dataset.many).replace("{n}", fresh.size);
  };
  document.addEventListener("quimbi:event", ({ detail }) => {
    if (!detail?.type?.startsWith("ticket") && !detail?.type?.startsWith("message")) return;
    fresh.add(detail.ticket_id ?? fresh.size);
    tell();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#fresh button")) return;
    htmx.ajax("GET", location.pathname + location.search, { target: "#inbox", swap: "outerHTML" });
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (find("#fresh")?.hidden) fresh.clear();
    count();
  });
  /* Back to a page that the browser kept: what it shows is old. */
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
})();
