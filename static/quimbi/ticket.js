/* An open ticket: the draft, who else views it, and changes by others. New entries never replace what is being typed and never move
   what is being read. All forms work without this module. */
import { clearSentReply, csrfToken, putOwnText, putSuggestedText, sending } from "./composer.js";
import { leave, watch } from "./live.js";

const TYPING_ENDS = 5000; // milliseconds
const REFRESH_AFTER = 150;
const FIRST_RETRY = 2000; // doubled after each failure
const LAST_RETRY = 30000;
const SIDE_REFRESH_AFTER = 600;
const DRAFT_RETRY = 1000;
const NEAR_END = 48; // pixels

const find = (selector, within = document) => within.querySelector(selector);
const findConversation = () => find("#conv");
const fillTemplate = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/* --- The draft: it stays in the field until the agent types --- */
const findDraft = () => find("#draft-text");
let draftWanted = false; // whether the agent has asked for the next draft
let textBefore = ""; // the agent's own text that the shown draft has replaced
let toneChosenAt = 0;

/* Offer the `new` draft, the agent's own text (`back`) or the `draft` again; nothing if `name` is empty. */
const offerText = (name) => {
  const place = find("#fresh-draft");
  const label = find(".what", place);
  place.hidden = !name;
  if (name) label.textContent = label.dataset[name];
};
const showDraft = () => {
  const field = find("#reply");
  textBefore = "own" in field.dataset && field.value.trim() ? field.value : "";
  putSuggestedText(field, findDraft().value);
  field.lang = findDraft().lang;
  offerText(textBefore ? "back" : "");
};
/* On a phone the tones scroll sideways: scroll to the chosen one. */
const scrollToTone = () => {
  const label = find('[name="tone"]:checked')?.closest("label");
  const row = label?.closest("fieldset");
  if (!row) return;
  const offset = label.getBoundingClientRect().left - row.getBoundingClientRect().left;
  row.scrollLeft += offset - (row.clientWidth - label.offsetWidth) / 2;
};
/* After the draft's panel was swapped: put the new draft into the field if the field is empty or the agent wanted it; otherwise
   offer it. Nobody sends a text that has changed before their eyes. */
const receiveDraft = () => {
  scrollToTone();
  const field = find("#reply");
  const draft = findDraft();
  const wanted = draftWanted;
  draftWanted = false;
  if (!draft || !draft.value.trim() || field.value === draft.value) return;
  if (!field.value.trim() || (wanted && !("own" in field.dataset))) showDraft();
  else offerText("new");
};
document.addEventListener("click", (event) => {
  if (event.target.closest('#regenerate, #draft-notice [type="submit"]')) draftWanted = true;
  const link = event.target.closest("#fresh-draft a");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const field = find("#reply");
  if (textBefore && !("own" in field.dataset)) {
    putOwnText(field, textBefore);
    textBefore = "";
    offerText("draft");
  } else showDraft();
  field.focus();
});
document.addEventListener("change", ({ target }) => {
  if (target.name !== "tone") return;
  toneChosenAt = Date.now();
  draftWanted = true;
});
const fetchDraft = () => {
  const place = find("#draft-used");
  // The choice of a tone requests a draft of its own; an answer from before would choose the old tone again.
  if (Date.now() - toneChosenAt < DRAFT_RETRY || find("#tones.htmx-request")) return void setTimeout(fetchDraft, DRAFT_RETRY);
  if (place) htmx.ajax("GET", place.dataset.address, { target: "#draft-used", swap: "outerHTML" });
};

/* Ignore a draft that was requested before a tone was chosen: the draft of that tone comes, and the choice stays. */
const requestedAt = new WeakMap();
document.addEventListener("htmx:beforeRequest", ({ detail }) => requestedAt.set(detail.xhr, Date.now()));
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, requestConfig, xhr } = detail;
  if (target.id !== "draft-used") return;
  const isOld = requestedAt.get(xhr) < toneChosenAt;
  const isRefresh = requestConfig.verb === "get";
  if (!isOld && !(isRefresh && find("#tones.htmx-request"))) return;
  detail.shouldSwap = false;
  if (isRefresh) fetchDraft();
});

/* --- Reply or note --- */
const focusEnd = (field) => {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
};
document.addEventListener("click", ({ target, detail }) => {
  // A key has pressed the switch, without a pointer: the agent wants to type.
  if (target.matches('[name="mode"]') && detail === 0 && !target.matches(":focus")) setTimeout(() => focusEnd(find(`#${target.value}`)));
});
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches?.(".snooze") && target.open) find("button", target).focus();
  },
  true,
);

document.addEventListener("quimbi:sent", () => refreshAgain && scheduleRefresh());
document.addEventListener("quimbi:look", () => scheduleRefresh());
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id === "draft-used" || detail.elt?.id === "draft-used") receiveDraft();
  if (detail.elt?.id !== "main") return;
  textBefore = "";
  scrollToTone();
  observeParts();
  markOpened();
  watch(findConversation().dataset.ticket, "viewing");
});
/* The agent has sent something to a ticket that they may not see any more. */
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status === 404 && detail.pathInfo.requestPath.startsWith(location.pathname)) showRemoved();
});

/* --- Presence --- */
let typingTimer = 0;
const reportTyping = () => {
  const { ticket } = findConversation().dataset;
  watch(ticket, "typing");
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => watch(ticket, "viewing"), TYPING_ENDS);
};
document.addEventListener("input", ({ target }) => target.matches("textarea[data-kind]") && reportTyping());

const initialsOf = (name) => {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase();
};
const showPresence = (agents) => {
  const place = find("#presence");
  const others = agents.filter(({ id }) => id !== findConversation().dataset.me);
  others.sort((one, two) => (two.state === "typing") - (one.state === "typing"));
  const [first] = others;
  if (!first) return void place.replaceChildren();
  const template = others.length > 1 ? place.dataset.more : (place.dataset[first.state] ?? place.dataset.viewing);
  const [ahead, after] = fillTemplate(template, { name: "\n", n: others.length - 1 }).split("\n");
  const face = document.createElement("span");
  face.className = "face";
  face.setAttribute("aria-hidden", "true");
  face.textContent = initialsOf(first.name);
  const text = document.createElement("span");
  const name = document.createElement("bdi");
  name.textContent = first.name;
  text.append(ahead, name, after);
  if (find("span:last-child", place)?.textContent !== text.textContent) place.replaceChildren(face, text);
};

/* --- Changes by others --- */
let refreshTimer = 0;
let refreshing = false;
let refreshAgain = false;
let retryAfter = FIRST_RETRY;
const scheduleRefresh = (delay = REFRESH_AFTER) => {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(refreshConversation, delay);
};
const scheduleRetry = () => {
  scheduleRefresh(retryAfter);
  retryAfter = Math.min(retryAfter * 2, LAST_RETRY);
};
const refreshConversation = async () => {
  if (refreshing || sending) return void (refreshAgain = true);
  refreshing = true;
  refreshAgain = false;
  try {
    const address = `${findConversation().dataset.news}?seen=${encodeURIComponent(find("#seen").value)}`;
    const answer = await fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true" } });
    if (answer.status === 404) showRemoved();
    else if (!answer.ok) scheduleRetry();
    else if (!answer.redirected && !sending) {
      showConversation(new DOMParser().parseFromString(await answer.text(), "text/html"));
      retryAfter = FIRST_RETRY;
    }
  } catch {
    scheduleRetry(); // keys.js and composer.js show that the connection is lost
  } finally {
    refreshing = false;
    if (refreshAgain) scheduleRefresh();
  }
};

const isSame = (one, two) => one.outerHTML === two.outerHTML;
const showConversation = (fresh) => {
  const stream = find("#stream");
  const reading = !isAtEnd();
  const anchor = reading && findTopEntry(stream);
  const topBefore = anchor && anchor.getBoundingClientRect().top;
  const { added, addedOwn } = mergeEntries(stream, find("#stream", fresh));
  for (const part of fresh.querySelectorAll("[data-part]")) replacePart(part);
  // New entries below, and notices above, push the text that is being read: scroll it back.
  const moved = anchor?.isConnected ? anchor.getBoundingClientRect().top - topBefore : 0;
  if (moved) (scrollsItself() ? find("#scroll") : window).scrollBy({ top: moved, behavior: "instant" });
  stream.dataset.seen = find("#stream", fresh)?.dataset.seen ?? "";
  if (added.length && reading) offerNewEntries(added);
  else if (added.length) markEndRead();
  if (addedOwn) clearSentReply();
  document.dispatchEvent(new CustomEvent("quimbi:shown"));
};
const findTopEntry = (stream) => {
  const edge = Math.max(find("#scroll").getBoundingClientRect().top, 0);
  return [...stream.querySelectorAll("li")].findLast((entry) => entry.getBoundingClientRect().top <= edge + 40);
};
const replacePart = (part) => {
  const old = document.getElementById(part.id);
  if (!old || isSame(old, part) || old.contains(document.activeElement) || find("details[open]", old)) return;
  // The countdown of the same undo continues.
  if (find("#undo", old) && find("#undo", old).action === find("#undo", part)?.action) return;
  old.replaceWith(document.adoptNode(part));
};
/* Put new and changed entries into their places. The rest is not touched: open folds, focus and selection stay. Return the entries
   that others have added, and whether this agent has added one. */
const mergeEntries = (old, fresh) => {
  const added = [];
  let addedOwn = false;
  const temporary = '[data-kind="sending"], #no-entry'; // all other entries stay, even if they are folded in the new list
  for (const entry of old.querySelectorAll(temporary)) if (!find(`#${CSS.escape(entry.id)}`, fresh)) entry.remove();
  let last = find("#folded", old) ?? find(".left", old);
  for (const entry of [...fresh.children]) {
    if (entry.matches("#folded, .left")) continue;
    const shown = document.getElementById(entry.id);
    if (shown && shown.parentElement !== old) continue; // in the fold, or among the earlier entries
    if (shown && (isSame(shown, entry) || find("details[open]", shown))) {
      last = shown;
      continue;
    }
    const adopted = document.adoptNode(entry);
    if (shown) shown.replaceWith(adopted);
    else if (last) last.after(adopted);
    else old.prepend(adopted);
    if (!shown && adopted.dataset.kind && "mine" in adopted.dataset) addedOwn = true;
    else if (!shown && adopted.dataset.kind) added.push(adopted);
    last = adopted;
  }
  return { added, addedOwn };
};

const scrollsItself = () => getComputedStyle(find("#scroll")).overflowY === "auto"; // otherwise the whole page scrolls
const isAtEnd = () => {
  if (scrollsItself()) return Math.abs(find("#scroll").scrollTop) < NEAR_END;
  return find("#stream").lastElementChild.getBoundingClientRect().top < innerHeight;
};
const newEntries = new Set(); // ids that the agent has not scrolled to
const offerNewEntries = (entries) => {
  for (const entry of entries) newEntries.add(entry.id);
  const stream = find("#stream");
  const place = find("#fresh-talk") ?? makeNewEntriesButton(stream);
  place.firstChild.textContent = newEntries.size === 1 ? stream.dataset.one : fillTemplate(stream.dataset.many, { n: newEntries.size });
};
const makeNewEntriesButton = (stream) => {
  const place = document.createElement("p");
  place.id = "fresh-talk";
  place.className = "fresh-talk";
  place.setAttribute("role", "status");
  place.append(Object.assign(document.createElement("button"), { type: "button", className: "btn" }));
  stream.after(place);
  return place;
};
const markEndRead = () => {
  newEntries.clear();
  find("#fresh-talk")?.remove();
  markRead();
};
const scrollToEnd = () => {
  if (scrollsItself()) find("#scroll").scrollTop = 0;
  else find("#stream").lastElementChild.scrollIntoView({ block: "center" });
  markEndRead();
};
document.addEventListener("click", ({ target }) => target.closest("#fresh-talk") && scrollToEnd());
document.addEventListener("scroll", () => newEntries.size && isAtEnd() && markEndRead(), { capture: true, passive: true });

/* An entry is read when it was in view while the page was visible. */
let lastRead = "";
const markRead = async () => {
  const { seen } = find("#stream").dataset;
  if (!seen || seen === lastRead || document.hidden || find(`#m-${CSS.escape(seen)}[data-kind="sending"]`)) return;
  lastRead = seen;
  const options = {
    method: "POST",
    credentials: "same-origin",
    keepalive: true,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify({ message_id: seen }),
  };
  const answer = await fetch(`/api/tickets/${findConversation().dataset.ticket}/read`, options).catch(() => null);
  await answer?.text().catch(() => null); // an unread response body keeps its connection busy
  if (!answer?.ok) lastRead = "";
};

/* An unread ticket is marked as read once its page is in view: a page that is fetched ahead, or in a background tab, is not read. */
const markOpened = () => {
  const conversation = findConversation();
  if (conversation && "unread" in conversation.dataset) markRead();
};
document.addEventListener("visibilitychange", markOpened);

/* The link "Read it" marks the newer message as read: the send button says that the reply is sent all the same. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-read]");
  if (!link) return;
  event.preventDefault();
  find("#seen").value = link.dataset.read;
  const button = find("#send");
  find(".what", button).textContent = button.dataset.allTheSame;
  document.getElementById(`m-${link.dataset.read}`)?.scrollIntoView({ block: "center" });
  find("#reply").focus({ preventScroll: true });
  markRead();
});

/* Say that the agent may not see the ticket any more. */
const showRemoved = () => {
  find("#failures").replaceChildren(find("#gone").content.cloneNode(true));
  find("#news").replaceChildren(); // a notice may say that the ticket is assigned to the agent
  leave();
};

/* --- The parts beside the conversation refresh themselves (about.js) --- */
let sideTimer = 0;
const refreshSide = () => document.dispatchEvent(new CustomEvent("quimbi:about"));
const scheduleSideRefresh = () => {
  clearTimeout(sideTimer);
  sideTimer = setTimeout(refreshSide, SIDE_REFRESH_AFTER);
};

document.addEventListener("quimbi:event", ({ detail: { type, ticket, agents } }) => {
  const reset = type === "reset";
  const conversation = findConversation();
  if (!reset && (!conversation || ticket !== conversation.dataset.ticket)) return;
  if (type === "presence") return void showPresence(agents);
  if (type === "removed") return void showRemoved();
  if (type !== "draft") scheduleRefresh();
  if (type === "draft" || reset) fetchDraft();
  scheduleSideRefresh();
});

/* --- On a phone: the jump links show which part is in view; the bar that leads to the draft hides while the draft is in view --- */
const partsInView = new Set(); // ids
const showCurrentPart = (changes) => {
  for (const { target, isIntersecting } of changes) partsInView[isIntersecting ? "add" : "delete"](target.id);
  const links = [...document.querySelectorAll(".jump a")];
  const partOf = (link) => link.hash.replace("#subject", "#scroll").slice(1);
  const current = links.findLast((link) => partsInView.has(partOf(link))) ?? links[0];
  for (const link of links) {
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};
const toggleDock = ([{ isIntersecting }]) => {
  const dock = find("#dock");
  if (dock) dock.hidden = isIntersecting;
};
const canObserve = "IntersectionObserver" in window;
const partObserver = canObserve && new IntersectionObserver(showCurrentPart, { rootMargin: "0px 0px -66% 0px" });
const sendObserver = canObserve && new IntersectionObserver(toggleDock);
const observeParts = () => {
  if (!canObserve) return;
  partObserver.disconnect();
  sendObserver.disconnect();
  if (find("#send")) sendObserver.observe(find("#send"));
  partsInView.clear();
  for (const id of ["scroll", "draft", "customer", "actions", "why"]) if (find(`#${id}`)) partObserver.observe(find(`#${id}`));
};

/* After an answer was lost, the page shows what was done as soon as there is a connection again. */
let unsure = false;
document.addEventListener("htmx:sendError", ({ detail }) => (unsure ||= detail.requestConfig.verb !== "get"));
document.addEventListener("quimbi:live", ({ detail }) => {
  if (!unsure || !["live", "polling"].includes(detail.state)) return;
  unsure = false;
  scheduleRefresh();
  refreshSide();
});

/* A change of the properties shows in the conversation, too. */
document.addEventListener("quimbi:changed", () => scheduleRefresh());

/* --- When the page opens --- */
observeParts();
scrollToTone();
markOpened();
/* A message that is longer than the view is read from its beginning. */
const lastEntry = find("#stream").lastElementChild;
if (scrollsItself() && lastEntry.offsetHeight > find("#scroll").clientHeight) lastEntry.scrollIntoView({ block: "start" });
watch(findConversation().dataset.ticket, "viewing");
if (location.hash === "#reply") focusEnd(find("#reply"));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
