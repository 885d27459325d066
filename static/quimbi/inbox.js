/* The inbox beyond its links and forms: moving through rows, selecting them, keys for bulk actions, and requests for lists.
   inbox_rows.js finds, focuses and selects rows. Two modules load later: inbox_input.js, which keeps typed and selected input when
   a list arrives, when the agent does something; inbox_live.js, which refreshes rows after live events, with the first event. */
import {
  clearKeySelection,
  closestRow,
  find,
  findAll,
  findBoxes,
  findSelected,
  focusRow,
  holdFocus,
  inbox,
  indexOfFocus,
  indexOfTicket,
  listen,
  restoreFocus,
  showSelectionCount,
  storeAddress,
  ticketIdOf,
} from "./inbox_rows.js";

const SKELETON_AFTER = 300; // milliseconds without an answer

/* --- Moving and selecting --- */
const moveFocus = (step) => focusRow(indexOfFocus() < 0 ? 0 : indexOfFocus() + step);
const toggleFocusedRow = () => indexOfFocus() >= 0 && find(".pick input", closestRow(document.activeElement)).click();

/* Select the focused row if nothing is selected; return how many rows are selected. */
const ensureSelection = () => {
  const row = closestRow(document.activeElement);
  if (inbox.keySelected && row) clearKeySelection();
  if (row && !findSelected().length) {
    toggleFocusedRow();
    inbox.keySelected = ticketIdOf(row);
  }
  return findSelected().length;
};

let lastClicked = ""; // id of the ticket from which Shift and a click select
listen("toggle", ({ target }) => target.id === "snooze" && !target.open && clearKeySelection(), true);
listen("change", ({ target }) => {
  if (!target.matches(".pick input")) return;
  if (target.value === inbox.keySelected) inbox.keySelected = "";
  showSelectionCount();
});
listen("click", ({ target, shiftKey }) => {
  if (target.matches(".pick input")) {
    const [from, to] = [indexOfTicket(lastClicked), indexOfTicket(target.value)].sort((a, b) => a - b);
    if (shiftKey && from >= 0) for (const box of findBoxes().slice(from, to)) box.checked = target.checked;
    lastClicked = target.value;
  }
  if (!target.closest("#pick-all")) return;
  const selectAll = findSelected().length < findBoxes().length;
  for (const box of findBoxes()) box.checked = selectAll;
  showSelectionCount();
});

/* --- Keys act on the selected rows, or on the focused row if none is selected --- */
const pressBulkButton = (action) => {
  const button = find(`#bulk [value=${action}]`);
  if (button && !inbox.pending && ensureSelection()) button.click();
};
const openSnoozeMenu = () => {
  const menu = find("#snooze");
  if (!menu || !ensureSelection()) return;
  menu.open = true;
  find("button", menu).focus();
};
const assignSelected = () => {
  const assignee = find("#b-who");
  if (!assignee || !ensureSelection()) return;
  if (assignee.options.length > 2) return void assignee.focus();
  assignee.value = "me";
  pressBulkButton("assign");
};
const keyActions = {
  j: () => moveFocus(1),
  k: () => moveFocus(-1),
  x: toggleFocusedRow,
  e: openSnoozeMenu,
  a: assignSelected,
  c: () => pressBulkButton("close"),
};
listen("quimbi:key", ({ detail: { key, event } }) => {
  if (!keyActions[key]) return;
  event.preventDefault();
  if (!event.repeat || key === "j" || key === "k") keyActions[key]();
});
listen("keydown", (event) => {
  const { key, target } = event;
  inbox.focusedByPage = false;
  if (key === "Escape" && target.id === "b-who") clearKeySelection();
  if (key !== "Enter") return;
  // By default, Enter in a form presses its first button, which adds the tag.
  if (target.matches(".pick input")) find("h3 a", closestRow(target)).click();
  else if (target.id === "b-who") pressBulkButton("assign");
  else if (target.id === "b-at") pressBulkButton("at");
  else return;
  event.preventDefault();
});

/* --- Back from a ticket, its row has the focus. The list may still move until the agent does something in it. --- */
listen("click", ({ target }) => target.closest(".row h3 a") && (sessionStorage.opened = ticketIdOf(closestRow(target))));
let lastPoint = "";
listen("pointermove", ({ target, screenX, screenY }) => {
  const point = `${screenX},${screenY}`;
  if (lastPoint && lastPoint !== point && target.closest("#list")) inbox.focusedByPage = false;
  lastPoint = point;
});
for (const name of ["wheel", "pointerdown"]) listen(name, () => (inbox.focusedByPage = false), { passive: true });
const focusOpenedRow = () => {
  const from = document.referrer.startsWith(location.origin) && /\/tickets\/([0-9a-f-]{36})/.exec(document.referrer);
  const id = (performance.getEntriesByType("navigation")[0]?.type === "navigate" && from?.[1]) || sessionStorage.opened;
  delete sessionStorage.opened;
  if (indexOfTicket(id) < 0) return;
  focusRow(indexOfTicket(id));
  inbox.focusedByPage = true;
};
/* A page from the back/forward cache shows an old list. */
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

/* --- Requests --- */
const isOffline = () => !navigator.onLine || find("#connection .notice:not(.warn)");
listen(
  "submit",
  (event) => {
    const form = event.target;
    if (form.id !== "take") return;
    if (find(".is-next")) sessionStorage.opened = ticketIdOf(find(".is-next"));
    if (!isOffline()) return;
    event.preventDefault();
    find("#failures").replaceChildren(find("#offline").content.cloneNode(true));
    find("#failures p").textContent = form.dataset.offline;
    find("#failures .small").remove();
  },
  true,
);
/* An empty field is no filter: it stays out of the address. */
listen("htmx:configRequest", ({ detail }) => {
  inbox.requested += 1;
  if (detail.elt.id !== "filters") return;
  for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
});

/* --- Answers. The answer to the last request counts: those to requests before it are not shown. --- */
let skeletonTimer = 0;
const requests = new WeakMap(); // by XMLHttpRequest
const holdCurrentFocus = () => {
  const row = closestRow(document.activeElement);
  const selected = findSelected()[0]?.value;
  if (row) holdFocus(ticketIdOf(row), indexOfFocus());
  else if (document.activeElement.closest("#bulk")) holdFocus(selected, indexOfTicket(selected));
  else holdFocus();
};
listen("htmx:beforeRequest", ({ detail: { xhr, elt, target, requestConfig } }) => {
  const sent = new Map(findAll("#inbox input[id]").map(({ id, value }) => [id, value]));
  requests.set(xhr, { elt, sent, form: requestConfig.formData, post: requestConfig.verb === "post", number: inbox.requested });
  holdCurrentFocus();
  inbox.pending += 1;
  find("#inbox").setAttribute("aria-busy", "true");
  clearTimeout(skeletonTimer);
  skeletonTimer = setTimeout(() => find("#inbox").classList.add("loading"), SKELETON_AFTER);
  // Not on the document: events of a removed target do not bubble up to it.
  target.addEventListener("htmx:beforeSwap", handleBeforeSwap);
  xhr.addEventListener("loadend", () => handleLoadEnd(xhr));
});
const handleBeforeSwap = ({ target, detail }) => {
  const request = requests.get(detail.xhr);
  if (request.number < inbox.requested || !target.isConnected) detail.shouldSwap = false;
  else hideSkeleton(); // a skeleton for an older pending request must not cover the current list
  inputKeeper?.prepareSwap(request, detail.shouldSwap);
};
const handleLoadEnd = (xhr) => {
  inbox.pending -= 1;
  inputKeeper?.showNews(requests.get(xhr), xhr);
  if (inbox.pending) return;
  hideSkeleton();
  find("#inbox").removeAttribute("aria-busy");
};
const hideSkeleton = () => {
  clearTimeout(skeletonTimer);
  find("#inbox").classList.remove("loading");
};

listen("htmx:afterSettle", () => {
  restoreFocus();
  showSelectionCount();
  storeAddress();
});

/* --- Modules that are loaded later. A load that failed is tried again the next time. --- */
let inputKeeper = null; // inbox_input.js
let keeperLoading = null;
let liveLoading = null; // inbox_live.js
const loadInputKeeper = () =>
  (keeperLoading ??= import("./inbox_input.js").then(
    (module) => (inputKeeper = module),
    () => (keeperLoading = null),
  ));
const loadLiveUpdates = () => (liveLoading ??= import("./inbox_live.js").catch(() => (liveLoading = null)));

for (const name of ["pointerdown", "keydown", "focusin", "change"]) listen(name, loadInputKeeper);
/* No list is requested before the module that keeps the agent's input is there. */
listen("htmx:confirm", (event) => {
  if (inputKeeper) return;
  event.preventDefault();
  loadInputKeeper().then(() => event.detail.issueRequest(true));
});
const passLiveEvent = async (detail) => (await loadLiveUpdates())?.handleLiveEvent(detail);
listen("quimbi:event", ({ detail }) => passLiveEvent(detail));
listen("visibilitychange", () => document.hidden || passLiveEvent({ type: "seen" }));

focusOpenedRow();
storeAddress();
