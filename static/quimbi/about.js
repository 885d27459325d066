/* The parts beside a conversation: folds stay open or closed when a part is replaced, a refresh takes away nothing that is being
   typed or saved, and what was saved is announced to screen readers. */
const PARTS = "#about, #properties, #actions";
const FOLDS = "details[id]";

/* Screen readers announce only changes of a region that was there before. */
const announcement = document.createElement("p");
announcement.className = "vh";
announcement.setAttribute("role", "status");
document.body.append(announcement);

const findTextFields = (part) => [...part.querySelectorAll('input:not([type]), input[type="text"]')];
const hasTypedText = (part) => findTextFields(part).some((field) => field.value !== field.defaultValue);
const isSaving = (part) => part.querySelector(".htmx-request") !== null;
const isChoosing = (part) => part.contains(document.activeElement) && document.activeElement.matches("select");
const isBusy = (part) => hasTypedText(part) || isSaving(part) || isChoosing(part);

/* A refresh waits while the agent types, chooses or saves in the part. What the agent sends does not wait: when the answer comes,
   its form may be gone, but the part is there. */
const outdatedParts = new Set(); // ids of parts
document.addEventListener("htmx:confirm", (event) => {
  const { elt } = event.detail;
  if (!elt.matches("#about, #properties") || !isBusy(elt)) return;
  event.preventDefault();
  outdatedParts.add(elt.id);
});
const refreshOutdatedParts = () => {
  for (const id of [...outdatedParts]) {
    const part = document.getElementById(id);
    if (part && isBusy(part)) continue;
    outdatedParts.delete(id);
    if (part) htmx.ajax("GET", part.getAttribute("hx-get"), { source: part, target: part, swap: part.getAttribute("hx-swap") });
  }
};
const scheduleRefresh = () => setTimeout(refreshOutdatedParts);
document.addEventListener("focusout", scheduleRefresh);
document.addEventListener("htmx:afterRequest", scheduleRefresh);

/* A refresh is stale if something was saved here after it was requested: the server may have read the part before that. */
let saves = 0;
const savesAtRequest = new WeakMap();
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (detail.requestConfig.verb !== "get") saves += 1;
  savesAtRequest.set(detail.xhr, saves);
});
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  if (detail.requestConfig.verb !== "get") saves += 1;
});
const isStale = ({ xhr }) => savesAtRequest.has(xhr) && savesAtRequest.get(xhr) !== saves;

let openFolds = new Map(); // by id, as they were before the swap
let focusedElement = null; // in the part that is being replaced
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.target.matches(PARTS)) return;
  if (detail.requestConfig.verb === "get" && (isBusy(detail.target) || isStale(detail))) {
    // It would take away what is being typed, or show what was saved as undone.
    detail.shouldSwap = false;
    outdatedParts.add(detail.target.id);
    return;
  }
  focusedElement = detail.target.contains(document.activeElement) ? document.activeElement : null;
  openFolds = new Map([...detail.target.querySelectorAll(FOLDS)].map((fold) => [fold.id, fold.open]));
});
document.addEventListener("htmx:afterSettle", ({ target }) => {
  for (const [id, wasOpen] of openFolds) {
    const fold = document.getElementById(id);
    if (fold && fold.open !== wasOpen && !fold.querySelector("[value]:not([type=hidden]):not([value=''])")) fold.open = wasOpen;
  }
  openFolds = new Map();
  // Only now: a field in a closed fold cannot have the focus. A tag that was removed is gone.
  if (focusedElement && document.activeElement === document.body)
    (document.getElementById(focusedElement.id) ?? document.querySelector("#properties #p-tag"))?.focus();
  focusedElement = null;
  announceChange(target);
});
const announceChange = (target) => {
  const part = target.closest?.("[data-said]") ?? document.querySelector("[data-said]");
  if (!part) return;
  announcement.textContent = part.dataset.said;
  for (const refusal of document.querySelectorAll("#news .notice.bad")) refusal.remove(); // errors of an earlier attempt
  part.removeAttribute("data-said");
};
