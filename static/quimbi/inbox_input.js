/* Keep what the agent has selected and typed, and the news about their actions, when a new list replaces the old one. inbox.js
   loads this module when the agent does something. */
import { find, findAll, findBoxes, findSelected, holdFocus, inbox, listen, showSelectionCount } from "./inbox_rows.js";

const DOUBLE_CLICK = 500; // milliseconds

let newsRequest = 0; // number of the last request that brought news
let currentRequest = null;
let restoreInput = null;
let filterChanged = false;
const findTextFields = () => findAll("#inbox input[id]:not([type=checkbox])");

export const prepareSwap = (request, shown) => {
  currentRequest = request;
  request.shown = shown;
  if (shown) restoreInput = keepInput(request);
};

/* The answer to a form says what it did, even if its list is not shown any more. */
export const showNews = ({ post, shown }, xhr) => {
  const news = post && xhr.status === 200 && find("#news", new DOMParser().parseFromString(xhr.responseText, "text/html"));
  if (!news) return;
  newsRequest = inbox.requested;
  if (shown) return;
  find("#news").replaceChildren(...news.childNodes);
  htmx.process(find("#news"));
};
/* The answer to a request from before the news leaves the news in place. */
listen("htmx:oobBeforeSwap", ({ target, detail }) => {
  if (target.id !== "news" || !currentRequest || currentRequest.post || currentRequest.number > newsRequest) return;
  if (!find(".notice", detail.fragment)) detail.shouldSwap = false;
});

/* Return a function that puts the input into the new list: text that was typed after the request or that was refused, the
   selection without the tickets of the bulk action, and the focus on the next topic alert. */
const keepInput = ({ form, elt, sent, post }) => {
  const wasSent = (field) => field.form === elt || (field.id === "q" && elt.closest("#tabs"));
  const typed = findTextFields().filter((field) => field.value !== (wasSent(field) ? sent.get(field.id) : field.defaultValue));
  const removedAlert = findAll("#alert-form button").findIndex((button) => button.value === form.get("remove"));
  if (elt.closest("#news")) holdFocus(/[0-9a-f-]{36}/.exec(form.get("undo"))?.[0]);
  const finished = /^(tag|priority)?$/.test(form.get("do") ?? "") ? [] : form.getAll("ticket");
  const selected = post
    ? findSelected()
        .map((box) => box.value)
        .filter((id) => id !== inbox.keySelected)
    : [];
  inbox.keySelected = "";
  return () => {
    const refused = post && find("#news .bad");
    if (refused) restoreRefused(form, document.getElementById(elt.id)?.elements ?? {});
    typed.forEach(restoreField);
    for (const box of findBoxes()) box.checked = selected.includes(box.value) && (refused || !finished.includes(box.value));
    showSelectionCount();
    if (removedAlert >= 0) focusAlert(removedAlert);
  };
};
const restoreRefused = (form, fields) => {
  for (const [name, value] of form) if (fields[name] && name !== "ticket" && fields[name].type !== "hidden") fields[name].value = value;
};
const restoreField = (old) => {
  const field = document.getElementById(old.id);
  if (!field || field === old || field.value === old.value) return;
  field.value = old.value;
  if (field.selectionStart !== null) field.setSelectionRange(old.selectionStart, old.selectionEnd);
};
const focusAlert = (index) => {
  inbox.alertsMovedAt = performance.now();
  const buttons = findAll("#alert-form button");
  (buttons[Math.min(index, buttons.length - 1)] ?? find("#word")).focus();
};
listen("htmx:afterSettle", () => {
  restoreInput?.();
  restoreInput = null;
});

/* The second click of a double click would remove the alert that has moved under the pointer. */
listen(
  "click",
  (event) => {
    const moved = event.timeStamp - inbox.alertsMovedAt <= DOUBLE_CLICK;
    if (!event.detail || !event.target.closest("#alert-form button") || !moved) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

/* Enter in a filter changes it and submits the form: the change has sent the request already. */
listen("change", ({ target }) => {
  if (!target.closest("#filters")) return;
  filterChanged = true;
  setTimeout(() => (filterChanged = false));
});
listen(
  "submit",
  (event) => {
    if (event.target.id !== "filters" || !filterChanged) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

/* A status tab keeps the typed search words. */
listen("htmx:configRequest", ({ detail }) => {
  if (detail.elt.closest("#tabs")) detail.path = addSearchWords(detail.path);
});
const addSearchWords = (path) => {
  const words = find("#q").value.trim();
  const address = new URL(path, location);
  const query = address.searchParams;
  if (words === find("#q").defaultValue) return path;
  if (words) {
    if (!/status|snoozed/.test(path)) query.set("status", "open");
    query.set("q", words);
  } else {
    query.delete("q");
    query.delete("status", "all");
  }
  return address.pathname + address.search;
};
