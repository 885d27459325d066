/* Refresh the inbox after live events: rows change where they are; a new order waits behind a button, unless the agent is not
   using the list. inbox.js loads this module with the first event. */
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
  listen,
  restoreFocus,
  showSelectionCount,
  storeAddress,
  ticketIdOf,
} from "./inbox_rows.js";

const SHORTEST_PAUSE = 600; // milliseconds between two requests; longer if answers are slow or fail
const LONGEST_PAUSE = 60000;
const RANDOM_DELAY = 350; // at most: every open inbox hears of an event at the same time
const ELSEWHERE_DELAY = 4000; // for an event that hardly concerns this page
const IGNORED_EVENTS = ["note", "draft", "presence"]; // a new list would show the same rows

let waiting = null; // a list that the agent has not asked to see
let timer = 0;
let dueAt = 0;
let pause = SHORTEST_PAUSE;
let requestedAt = -SHORTEST_PAUSE;
let requesting = false;
const hasCursor = () => new URLSearchParams(location.search).has("cursor");

/* --- Requesting the page --- */
const scheduleRequest = (delay = 0) => {
  if (document.hidden) return;
  const then = Math.max(performance.now() + 50 + delay + Math.random() * RANDOM_DELAY, requestedAt + pause);
  if (timer && dueAt <= then) return;
  clearTimeout(timer);
  dueAt = then;
  timer = setTimeout(requestPage, then - performance.now());
};

const requestPage = async () => {
  timer = 0;
  if (requesting || inbox.pending) return void scheduleRequest(SHORTEST_PAUSE);
  requesting = true;
  requestedAt = performance.now();
  let retryAfter = 1; // milliseconds to wait before the next request, as the server asks; 0 after success
  try {
    retryAfter = await fetchPage(location.href);
  } catch {
    /* No connection: keys.js shows a notice. */
  }
  requesting = false;
  const duration = performance.now() - requestedAt;
  pause = retryAfter ? Math.max(retryAfter, pause * (1.5 + Math.random())) : Math.max(SHORTEST_PAUSE, duration * 4);
  pause = Math.min(pause, LONGEST_PAUSE);
  if (retryAfter) scheduleRequest();
};

const fetchPage = async (address) => {
  const answer = await fetch(address, { headers: { "X-Quimbi-Live": "1" }, cache: "no-store" });
  if (answer.ok && !answer.redirected) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // A list that the agent has requested meanwhile is newer.
    if (address === location.href && !inbox.pending) applyPage(page);
  }
  if (answer.status === 429 || answer.status > 499) return 1000 * (parseInt(answer.headers.get("Retry-After")) || 1);
  return 0;
};

/* --- Showing the answer --- */
const applyPage = (page) => {
  const ticketIds = (within) => findAll(".pick input", within).map((box) => box.value);
  const before = ticketIds(document);
  const now = ticketIds(page);
  for (const id of ["facts", "take", "alert-form", "tabs"]) replacePart(id, page);
  const openCount = find("#open-count", page);
  if (openCount) find("#open-count").innerHTML = openCount.innerHTML;
  const title = find("title", page);
  if (title) document.title = title.textContent;
  if (before.join() === now.join() && before.length) {
    refreshRows(page);
    waiting = null;
  } else if (isListUnused()) showList(page);
  else {
    refreshRows(page);
    waiting = { page, fresh: hasCursor() ? 0 : now.filter((id) => !before.includes(id)).length };
  }
  updateButton();
};

/* Replace a part of the page, unless the focus is in it. */
const replacePart = (id, page) => {
  const old = document.getElementById(id);
  const fresh = page.getElementById(id);
  if (!old || !fresh || old.contains(document.activeElement) || old.innerHTML === fresh.innerHTML) return;
  const listAlerts = (within) =>
    findAll("button", within)
      .map((button) => button.value)
      .join();
  if (id === "alert-form" && listAlerts(old) !== listAlerts(fresh)) inbox.alertsMovedAt = performance.now();
  old.replaceChildren(...fresh.childNodes);
  window.htmx?.process(old);
};

/* Refresh each row in its place; focus and selection stay. */
const refreshRows = (page) => {
  const rows = new Map(findAll(".row", page).map((row) => [ticketIdOf(row), row]));
  for (const row of findAll(".row")) {
    const fresh = rows.get(ticketIdOf(row))?.cloneNode(true);
    if (fresh) refreshRow(row, fresh);
  }
};

const refreshRow = (row, fresh) => {
  const box = find(".pick input", row);
  find(".pick input", fresh).setAttribute("aria-labelledby", box.getAttribute("aria-labelledby"));
  const linkId = find("h3 a", row).id;
  find("h3 a", fresh).id = linkId;
  find("article", fresh).setAttribute("aria-labelledby", linkId);
  row.className = fresh.className;
  if (row.innerHTML === fresh.innerHTML) return;
  const focused = row.contains(document.activeElement) && (document.activeElement === box ? ".pick input" : "h3 a");
  find(".pick input", fresh).checked = box.checked;
  row.replaceChildren(...fresh.childNodes);
  if (focused) find(focused, row).focus({ preventScroll: true });
};

/* The list is unused while its beginning is in view, nothing is selected, and neither pointer nor focus is in it (unless the page
   itself has put the focus there). */
const isListUnused = () => {
  const list = find("#list");
  const alone = window.scrollY < 80 && !list.matches(":hover") && !list.contains(document.activeElement);
  const selected = findBoxes().some((box) => box.checked);
  return (alone || inbox.focusedByPage) && !hasCursor() && !find("dialog[open]") && !selected;
};

const showList = (page) => {
  waiting = null;
  clearKeySelection();
  const list = find("#list");
  const hasFocus = list.contains(document.activeElement);
  holdFocus(hasFocus && ticketIdOf(closestRow(document.activeElement) ?? find(".row")));
  const selected = new Set(findSelected().map((box) => box.value));
  list.replaceWith(find("#list", page));
  for (const box of findBoxes()) box.checked = selected.has(box.value);
  window.htmx?.process(find("#list"));
  restoreFocus();
  showSelectionCount();
  storeAddress();
};

/* --- The button that shows the waiting list --- */
const updateButton = () => {
  const button = find("#fresh button");
  if (!button) return;
  button.hidden = !waiting;
  if (!waiting) button.textContent = "";
  else if (!waiting.fresh) button.textContent = button.dataset.moved;
  else button.textContent = waiting.fresh === 1 ? button.dataset.one : button.dataset.many.replace("{n}", waiting.fresh);
};

listen("click", (event) => {
  if (!event.target.closest("#fresh button") || !waiting) return;
  showList(waiting.page);
  updateButton();
  if (!find("#list").contains(document.activeElement)) focusRow(0);
  window.scrollTo({ top: 0 });
});
listen("htmx:afterSettle", () => {
  waiting = null;
  updateButton();
});

/* --- Events --- */
/* Show who views a ticket, beside its age. */
const showViewers = ({ ticket, agents }) => {
  const row = closestRow(findBoxes().find((box) => box.value === ticket));
  if (!row) return;
  find(".viewing", row)?.remove();
  const others = agents.filter(({ id }) => id !== find("#inbox").dataset.me);
  if (!others.length) return;
  const label = find("#viewing").content.firstElementChild.cloneNode(true);
  find("bdi", label).textContent = others[0].name.split(" ")[0];
  find("i", label).replaceWith(others.length > 1 ? ` +${others.length - 1}` : "");
  find(".seen", row).prepend(label);
};

/* A change of a ticket that is not on this page rarely changes a page with filters, or a later page. */
const isElsewhere = ({ type, ticket }) =>
  ["message", "updated"].includes(type) &&
  !findBoxes().some((box) => box.value === ticket) &&
  [...new URLSearchParams(location.search).keys()].some((name) => name !== "status");

export const handleLiveEvent = (event) => {
  if (event.type === "presence") showViewers(event);
  else if (!IGNORED_EVENTS.includes(event.type)) scheduleRequest(isElsewhere(event) ? ELSEWHERE_DELAY : 0);
};
