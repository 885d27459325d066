/* The composer of a ticket's page. What the agent types is saved on the server at every pause and kept in this tab until the server
   has it; no answer takes it away. All forms work without this module. */
const SAVE_AFTER = 1200; // milliseconds
const SAVE_EVERY = 3000;
const GIVE_UP_AFTER = 3000;
const OFFLINE_AFTER = 8000;
const REST_AFTER_SENDING = 1000; // a second click or key may still be meant for the page before the answer
const REST_AFTER_REFUSAL = 1500;
const REST_OF_KEYS = 500;
const UNDO_ENDS_EARLY = 500; // so that the request arrives before the reply is sent
const LARGEST_KEEPALIVE = 30000; // bytes: a browser sends 64 KiB at most while it leaves a page
const NOT_TEXT = '[type="checkbox"], [type="radio"], [type="button"], [type="submit"]';

const find = (selector, within = document) => within.querySelector(selector);
const findConversation = () => find("#conv");
const findFields = () => [...document.querySelectorAll("textarea[data-kind]")];
const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
const cancelEvent = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
};

/* The reply or note that is being sent, or null. */
export let sending = null;
export const csrfToken = () => find('[name="csrfmiddlewaretoken"]').value;

/* --- Saving what the agent types --- */
const savedStates = new WeakMap(); // per field; `text` is what the server has, null if unknown
const stateOf = (field) => {
  if (!savedStates.has(field)) {
    savedStates.set(field, { text: field.defaultValue, timer: 0, savedAt: 0, request: null, abort: null, stopped: false });
  }
  return savedStates.get(field);
};
const isUnsaved = (field) => !stateOf(field).stopped && field.value !== stateOf(field).text;
/* The agent may have typed before this module was loaded. */
const adoptNewFields = () => {
  for (const field of findFields()) if (!savedStates.has(field) && isUnsaved(field)) putOwnText(field, field.value);
};
const makeFormData = (field) => {
  const data = new FormData();
  const tone = find('input[name="tone"]:checked');
  const values = {
    kind: field.dataset.kind,
    content: field.value,
    revision: field.dataset.revision,
    seen: find("#seen").value,
    tone: field.dataset.kind === "reply" && tone ? tone.value : "",
    csrfmiddlewaretoken: csrfToken(),
  };
  for (const [name, value] of Object.entries(values)) data.append(name, value);
  return data;
};
const showSaveState = (field, name, time = "") => {
  const place = find(`#${field.id}-saved`);
  if (place) place.textContent = name ? place.dataset[name].replace("{time}", time) : "";
};

const postField = async (field, leaving) => {
  const state = stateOf(field);
  const text = field.value;
  state.savedAt = Date.now();
  state.abort = new AbortController();
  try {
    const keepalive = leaving && new Blob([text]).size < LARGEST_KEEPALIVE;
    const options = { method: "POST", body: makeFormData(field), credentials: "same-origin", keepalive, signal: state.abort.signal };
    const answer = await fetch(field.dataset.address, options);
    const saved = answer.ok && !answer.redirected ? await answer.json() : null;
    if (!saved) return void showSaveState(field, "unsaved");
    if (saved.conflict && saved.current?.content !== text) return void showConflict(field, saved.current);
    field.dataset.revision = saved.revision ?? saved.current.revision;
    state.text = text;
    removeStash(field);
    showSaveState(field, text.trim() && saved.saved ? "saved" : "", saved.saved);
  } catch {
    showSaveState(field, "unsaved");
  }
};
const saveField = (field, leaving = false) => {
  const state = stateOf(field);
  // A field that an answer has replaced is not saved: its text was sent, or is in the new field.
  if (state.request || !field.isConnected || !isUnsaved(field) || (sending && !leaving)) return state.request;
  state.request = postField(field, leaving).finally(() => {
    state.request = null;
    if (field.isConnected && isUnsaved(field) && !sending) scheduleSave(field);
  });
  return state.request;
};
const scheduleSave = (field) => {
  const state = stateOf(field);
  clearTimeout(state.timer);
  state.timer = setTimeout(saveField, Math.max(SAVE_AFTER, SAVE_EVERY - (Date.now() - state.savedAt)), field);
};
const saveUnsavedFields = () => {
  for (const field of findFields()) if (isUnsaved(field)) scheduleSave(field);
};
const saveAllFields = async () => {
  const saves = findFields().map(async (field) => {
    await stateOf(field).request;
    await saveField(field);
  });
  await Promise.race([Promise.all(saves), wait(GIVE_UP_AFTER)]);
};

/* --- A copy in this tab until the server has the text: the page may close before, or be restored as it was. Texts of other agents
   on the same computer are removed. --- */
const stashKey = (field) => `unsent ${findConversation().dataset.me} ${findConversation().dataset.ticket} ${field.dataset.kind}`;
const stashField = (field) => {
  try {
    sessionStorage.setItem(stashKey(field), JSON.stringify({ text: field.value, revision: field.dataset.revision }));
  } catch {
    /* The storage is full: the server has the last saved text. */
  }
};
const removeStash = (field) => sessionStorage.removeItem(stashKey(field));
const restoreStashes = () => {
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith("unsent ") && key.split(" ")[1] !== findConversation().dataset.me) sessionStorage.removeItem(key);
  for (const field of findFields()) {
    const { text, revision } = JSON.parse(sessionStorage.getItem(stashKey(field))) ?? {};
    removeStash(field);
    if (!text?.trim() || field.value.includes(text.trim())) continue;
    // Text that was typed elsewhere since, or before this module was loaded, stays in front.
    const both = isUnsaved(field) || ("own" in field.dataset && revision !== field.dataset.revision);
    putOwnText(field, both ? `${field.value}\n\n${text}` : text);
  }
};
let signingOut = false;
const saveBeforeLeaving = () => {
  for (const field of findFields()) {
    if (!isUnsaved(field)) continue;
    if (!signingOut) stashField(field);
    saveField(field, true);
  }
};
/* After signing out, the tab keeps no text of the agent. */
document.addEventListener("submit", ({ target }) => {
  if (!target.matches('.me [action$="/logout/"]')) return;
  signingOut = true;
  findFields().forEach(removeStash);
});

/* Put text into a field that counts as typed by the agent: it is saved. */
export const putOwnText = (field, text) => {
  field.value = text;
  field.dataset.own = "";
  scheduleSave(field);
};
/* Put text into a field that nobody has typed: it is not saved. */
export const putSuggestedText = (field, text) => {
  field.value = text;
  delete field.dataset.own;
  stateOf(field).text = text;
};

/* Another tab of the same agent has saved a newer text: saving stops until the agent has chosen one of the two. */
const showConflict = (field, current) => {
  const state = stateOf(field);
  state.stopped = true;
  const notice = find("#conflict").content.firstElementChild.cloneNode(true);
  const chooseText = (mine) => {
    field.dataset.revision = current ? current.revision : 0;
    state.stopped = false;
    if (!mine) {
      field.value = current ? current.content : "";
      state.text = field.value;
    } else scheduleSave(field);
    notice.remove();
    field.focus();
  };
  find('[data-take="theirs"]', notice).addEventListener("click", () => chooseText(false));
  find('[data-take="mine"]', notice).addEventListener("click", () => chooseText(true));
  find(".notice[role=alert]", field.form)?.remove();
  field.before(notice);
};

/* A reply of the same agent has appeared that another tab has sent: clear its text here, or it would be sent twice. */
export const clearSentReply = async () => {
  const field = find("#reply");
  if (!Number(field.dataset.revision) || isUnsaved(field) || stateOf(field).request || sending) return;
  const answer = await fetch(`/api/tickets/${findConversation().dataset.ticket}/composer-draft`, { credentials: "same-origin" });
  if (!answer.ok || isUnsaved(field) || sending || find("#reply") !== field) return;
  const { reply } = await answer.json();
  if (reply) return;
  field.dataset.revision = 0;
  putSuggestedText(field, "");
  showSaveState(field, "elsewhere");
};

document.addEventListener("input", ({ target }) => {
  if (!target.matches("textarea[data-kind]")) return;
  target.dataset.own = "";
  keysRestUntil = 0;
  scheduleSave(target);
});
window.addEventListener("pagehide", saveBeforeLeaving);
document.addEventListener("visibilitychange", () => document.hidden && saveBeforeLeaving());

/* --- Sending: one text at a time, and never by a key or click that was meant for something else --- */
let restUntil = 0; // the buttons do nothing until then
let keysRestUntil = 0; // single keys do nothing until then
const sentKind = (detail) => /\/(reply|note)$/.exec(detail.pathInfo.requestPath)?.[1]; // the form may be gone by now
const findSendButtons = () => document.querySelectorAll("#reply-form .actions button, #note-form .actions button");
const isBlocked = () => isOffline() || Date.now() < restUntil;
const updateSendButtons = () => {
  for (const button of findSendButtons()) {
    if (isBlocked()) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
};
const restSendButtons = (time) => {
  restUntil = Date.now() + time;
  updateSendButtons();
  setTimeout(updateSendButtons, time + 50);
};

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!form.matches("#reply-form, #note-form")) return;
    const field = find("textarea", form);
    const state = stateOf(field);
    if (isBlocked()) return void cancelEvent(event);
    if (!field.value.trim()) {
      cancelEvent(event);
      field.value = "";
      form.reportValidity();
    } else if (state.request) {
      // If it arrived after the reply, the server would keep the sent text as unsent.
      cancelEvent(event);
      await Promise.race([state.request, wait(GIVE_UP_AFTER)]);
      state.abort.abort();
      await state.request;
      if (form.isConnected) form.requestSubmit(button);
    }
  },
  true,
);

/* "Save as a note" for the text of a reply. */
document.addEventListener("click", (event) => {
  const button = event.target.closest('[name="from_reply"]');
  if (!button) return;
  event.preventDefault();
  const field = find("#reply");
  if (isBlocked() || sending || !field.value.trim()) return;
  const values = { content: field.value, from_reply: "1", csrfmiddlewaretoken: csrfToken() };
  htmx.ajax("POST", button.formAction, { source: "#conv", target: "#main", select: "#main", swap: "outerHTML show:none", values });
});

document.addEventListener(
  "keydown",
  (event) => {
    const { key, target } = event;
    const inField = target.matches?.(`textarea, select, input:not(${NOT_TEXT})`);
    // An agent who goes on typing when the answer arrives presses no command.
    if (Date.now() < keysRestUntil && key.length === 1 && !inField && !event.ctrlKey && !event.metaKey) return void cancelEvent(event);
    if (key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
    if (find("dialog[open]") || (inField && !target.matches("textarea[data-kind]"))) return;
    event.preventDefault();
    if (event.repeat) return;
    const isNote = inField ? target.id === "note" : find("#m-note").checked;
    if (!isNote) find(`[data-hotkey="Control+${event.shiftKey ? "Shift+" : ""}Enter"]:not(:disabled)`)?.click();
    else if (!event.shiftKey) find("#note-form .btn.note:not(:disabled)")?.click();
  },
  true,
);

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const kind = sentKind(detail);
  if (!kind) return;
  sending = { kind, field: detail.requestConfig.parameters.from_reply ? "reply" : kind };
  sending.text = find(`#${sending.field}`).value;
  for (const field of findFields()) {
    clearTimeout(stateOf(field).timer);
    if (isUnsaved(field) || field.dataset.kind === sending.field) stashField(field);
  }
});

/* --- The answer brings new fields. Text that was typed since, and text that was not sent, moves into them. --- */
let swap = null; // the fields before the swap, whether the note is shown, and whether the server has refused the text
const describeField = (field) => ({
  kind: field.dataset.kind,
  text: field.value,
  own: "own" in field.dataset,
  revision: field.dataset.revision,
  focused: field === document.activeElement,
  from: field.selectionStart,
  to: field.selectionEnd,
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!sending || !sentKind(detail) || !detail.shouldSwap) return;
  const refused = sentKind({ pathInfo: { requestPath: new URL(detail.xhr.responseURL).pathname } });
  swap = { fields: findFields().map(describeField), note: find("#m-note").checked, refused };
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  adoptNewFields();
  if (detail.elt?.id === "main" && swap) moveTextToNewFields();
  countDownUndo();
  updateOfflineNotice();
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!sentKind(detail)) return;
  sending = null;
  document.dispatchEvent(new CustomEvent("quimbi:sent"));
  if (!detail.successful) saveUnsavedFields();
});

const moveTextToNewFields = () => {
  const { fields, note, refused } = swap;
  const { field: sentFrom, text: sentText } = sending;
  swap = null;
  for (const old of fields) {
    const field = find(`#${old.kind}`);
    if (old.kind !== sentFrom || refused) moveUnsentText(old, field);
    else if (!moveTextAfter(sentText, old, field)) old.focused = false;
    if (!isUnsaved(field)) removeStash(field);
    else scheduleSave(field);
  }
  restSendButtons(refused ? REST_AFTER_REFUSAL : REST_AFTER_SENDING);
  if (refused) return void find(`#${sentFrom}`).focus();
  const focused = fields.findLast((old) => old.focused);
  if (focused) return void focusNewField(focused, note, sentFrom);
  keysRestUntil = Date.now() + REST_OF_KEYS;
  find("#scroll").focus({ preventScroll: true });
};
const moveUnsentText = (old, field) => {
  if (old.own && old.text !== field.value) putOwnText(field, old.text);
  if ("own" in field.dataset) stateOf(field).text = null; // the server may not have it yet
  field.dataset.revision = Math.max(old.revision, field.dataset.revision);
};
/* Return whether text was typed after the text that was sent. */
const moveTextAfter = (sentText, old, field) => {
  const typed = old.text.startsWith(sentText) ? old.text.slice(sentText.length).trimStart() : old.text;
  if (typed.trim()) putOwnText(field, typed);
  return Boolean(typed.trim());
};
const focusNewField = (old, note, sentFrom) => {
  const field = find(`#${old.kind}`);
  if (field.id === "note" && note) find("#m-note").checked = true;
  field.focus({ preventScroll: true });
  const end = field.value.length;
  field.setSelectionRange(...(old.kind === sentFrom ? [end, end] : [old.from, old.to]));
};

/* --- Undo send: text that was typed since is saved first; the reply is put in front of it --- */
let undoTimer = 0;
const countDownUndo = () => {
  clearInterval(undoTimer);
  const form = find("#undo");
  if (!form) return;
  // By the server's clock when it made the page: this computer's may be wrong.
  form.ends ??= Date.now() + (Number(form.dataset.until) - Number(form.dataset.now)) * 1000 - UNDO_ENDS_EARLY;
  const showSecondsLeft = () => {
    const left = Math.ceil((form.ends - Date.now()) / 1000);
    if (left > 0) return void (find(".seconds", form).textContent = ` (${left})`);
    clearInterval(undoTimer);
    if (form.dataset.going !== undefined) return;
    form.remove();
    setTimeout(() => document.dispatchEvent(new CustomEvent("quimbi:look")), 700);
  };
  undoTimer = setInterval(showSecondsLeft, 250);
  showSecondsLeft();
};
document.addEventListener("quimbi:shown", countDownUndo);
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (form.id !== "undo") return;
    cancelEvent(event);
    if ("going" in form.dataset) return;
    form.dataset.going = "";
    await Promise.race([saveAllFields(), wait(Math.max(form.ends - Date.now(), 300))]);
    for (const field of findFields()) if (isUnsaved(field)) stashField(field); // the next page puts it behind the reply
    form.submit();
  },
  true,
);

/* --- Without a connection nothing is sent, and nothing is lost --- */
let connection = "live";
let isDown = false;
let downTimer = 0;
const isOffline = () => !navigator.onLine || (connection === "offline" && isDown);
const updateOfflineNotice = () => {
  const notice = find("#no-connection");
  if (notice) notice.hidden = !isOffline();
  updateSendButtons();
};
const setDown = () => {
  isDown = true;
  updateOfflineNotice();
};
document.addEventListener("quimbi:live", ({ detail }) => {
  connection = detail.state;
  clearTimeout(downTimer);
  isDown = false;
  // A connection that comes back soon needs no notice.
  if (connection === "offline") downTimer = setTimeout(setDown, OFFLINE_AFTER);
  updateOfflineNotice();
});
window.addEventListener("online", () => {
  updateOfflineNotice();
  saveUnsavedFields();
});
window.addEventListener("offline", updateOfflineNotice);

adoptNewFields();
restoreStashes();
countDownUndo();
updateOfflineNotice();
