"use strict";
/* What is typed on a ticket's page, from its first letter until it has been sent: kept on the server at every pause, in this tab
   until the server has it, and taken away by no answer. Without this file all forms work all the same. */
window.quimbiWriting = (() => {
  const SAVE_AFTER = 1200,
    SAVE_EVERY = 3000,
    GIVES_UP = 3000; // milliseconds
  const QUIET = 1000,
    QUIET_REFUSED = 1500,
    QUIET_KEYS = 500; // after an answer: hands are still at what was before it
  const LEAVES_WITH_PAGE = 30000; // bytes: a browser lets 64 KiB go out while it leaves
  const find = (selector, within = document) => within.querySelector(selector);
  const conv = () => find("#conv");
  const fields = () => [...document.querySelectorAll("textarea[data-kind]")];
  const pause = (time) => new Promise((wait) => setTimeout(wait, time));
  const stop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  /* --- Keeping what is typed --- */
  const kept = new WeakMap(); // per field: text as the server has it, null where it may not
  const state = (field) => {
    if (!kept.has(field)) kept.set(field, { text: field.defaultValue, timer: 0, at: 0, busy: null, cut: null, stopped: false });
    return kept.get(field);
  };
  const unsaved = (field) => !state(field).stopped && field.value !== state(field).text;
  /* Somebody may have begun to write before this file was here. */
  const begin = () => {
    for (const field of fields()) if (!kept.has(field) && unsaved(field)) put(field, field.value);
  };
  const token = () => find('[name="csrfmiddlewaretoken"]').value;
  const body = (field) => {
    const data = new FormData();
    const tone = find('input[name="tone"]:checked');
    const values = {
      kind: field.dataset.kind,
      content: field.value,
      revision: field.dataset.revision,
      seen: find("#seen").value,
      tone: field.dataset.kind === "reply" && tone ? tone.value : "",
      csrfmiddlewaretoken: token(),
    };
    for (const [name, value] of Object.entries(values)) data.append(name, value);
    return data;
  };
  const tell = (field, name, time = "") => {
    const place = find(`#${field.id}-saved`);
    if (place) place.textContent = name ? place.dataset[name].replace("{time}", time) : "";
  };

  const ask = async (field, last) => {
    const its = state(field),
      text = field.value;
    its.at = Date.now();
    its.cut = new AbortController();
    try {
      const keepalive = last && new Blob([text]).size < LEAVES_WITH_PAGE;
      const options = { method: "POST", body: body(field), credentials: "same-origin", keepalive, signal: its.cut.signal };
      const answer = await fetch(field.dataset.address, options);
      const told = answer.ok && !answer.redirected ? await answer.json() : null;
      if (!told) return tell(field, "unsaved");
      if (told.conflict && told.current?.content !== text) return conflict(field, told.current);
      field.dataset.revision = told.revision ?? told.current.revision;
      its.text = text;
      unstash(field);
      tell(field, text.trim() && told.saved ? "saved" : "", told.saved);
    } catch {
      tell(field, "unsaved");
    }
    return undefined;
  };
  const save = (field, last = false) => {
    const its = state(field);
    // A field that an answer has replaced says nothing any more: what was in it came along, or was sent.
    if (its.busy || !field.isConnected || !unsaved(field) || (sending && !last)) return its.busy;
    its.busy = ask(field, last).finally(() => {
      its.busy = null;
      if (field.isConnected && unsaved(field) && !sending) later(field);
    });
    return its.busy;
  };
  const later = (field) => {
    const its = state(field);
    clearTimeout(its.timer);
    its.timer = setTimeout(save, Math.max(SAVE_AFTER, SAVE_EVERY - (Date.now() - its.at)), field);
  };
  /* Whether the server has everything, after a while at most. */
  const keepAll = async () => {
    const all = fields().map(async (field) => {
      await state(field).busy;
      await save(field);
    });
    await Promise.race([Promise.all(all), pause(GIVES_UP)]);
    return fields().every((field) => !unsaved(field));
  };

  /* In this tab until the server has it: the page may leave before, or be shown as it was before. Nobody else's on this computer. */
  const place = (field) => `unsent ${conv().dataset.me} ${conv().dataset.ticket} ${field.dataset.kind}`;
  const stash = (field) => {
    try {
      sessionStorage.setItem(place(field), JSON.stringify({ text: field.value, revision: field.dataset.revision }));
    } catch {
      /* No room: the server has what it has. */
    }
  };
  const unstash = (field) => sessionStorage.removeItem(place(field));
  const restore = () => {
    for (const name of Object.keys(sessionStorage))
      if (name.startsWith("unsent ") && name.split(" ")[1] !== conv().dataset.me) sessionStorage.removeItem(name);
    for (const field of fields()) {
      const { text, revision } = JSON.parse(sessionStorage.getItem(place(field))) ?? {};
      unstash(field);
      if (!text?.trim() || field.value.includes(text.trim())) continue;
      // What was written elsewhere since, or before this file was here, stays before it.
      const both = unsaved(field) || ("own" in field.dataset && revision !== field.dataset.revision);
      put(field, both ? `${field.value}\n\n${text}` : text);
    }
  };
  let signingOut = false;
  const leave = () => {
    for (const field of fields()) {
      if (!unsaved(field)) continue;
      if (!signingOut) stash(field);
      save(field, true);
    }
  };
  /* Who signs out leaves no words behind in the tab. */
  document.addEventListener("submit", ({ target }) => {
    if (!target.matches('.me [action$="/logout/"]')) return;
    signingOut = true;
    for (const field of fields()) unstash(field);
  });

  /* The agent's own words, and words that nobody has typed. */
  const put = (field, text) => {
    field.value = text;
    field.dataset.own = "";
    later(field);
  };
  const lay = (field, text) => {
    field.value = text;
    delete field.dataset.own;
    state(field).text = text;
  };

  /* Another tab of one's own has a newer text: nothing is written until one of the two is chosen. */
  const conflict = (field, current) => {
    const its = state(field);
    its.stopped = true;
    const notice = find("#conflict").content.firstElementChild.cloneNode(true);
    const choose = (mine) => {
      field.dataset.revision = current ? current.revision : 0;
      its.stopped = false;
      if (!mine) {
        field.value = current ? current.content : "";
        its.text = field.value;
      } else later(field);
      notice.remove();
      field.focus();
    };
    find('[data-take="theirs"]', notice).addEventListener("click", () => choose(false));
    find('[data-take="mine"]', notice).addEventListener("click", () => choose(true));
    find(".notice[role=alert]", field.form)?.remove();
    field.before(notice);
  };

  /* One's own reply has appeared that this tab did not send: what it sent must not stand here to be sent again. */
  const reconcile = async () => {
    const field = find("#reply");
    if (!Number(field.dataset.revision) || unsaved(field) || state(field).busy || sending) return;
    const answer = await fetch(`/api/tickets/${conv().dataset.ticket}/reply-draft`, { credentials: "same-origin" });
    if (!answer.ok || unsaved(field) || sending || find("#reply") !== field) return;
    const { reply } = await answer.json();
    if (reply) return;
    field.dataset.revision = 0;
    lay(field, "");
    tell(field, "elsewhere");
  };

  document.addEventListener("input", ({ target }) => {
    if (!target.matches("textarea[data-kind]")) return;
    target.dataset.own = "";
    quietKeys = 0;
    later(target);
  });
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.hidden && leave());

  /* --- Sending: one thing at a time, and never by a key that was meant for something else --- */
  let sending = null,
    quiet = 0,
    quietKeys = 0;
  const sends = (detail) => /\/(reply|note)$/.exec(detail.pathInfo.requestPath)?.[1]; // by then the form may be gone
  const buttons = () => document.querySelectorAll("#reply-form .actions button, #note-form .actions button");
  const blocked = () => offline() || Date.now() < quiet;
  const block = () => {
    for (const button of buttons()) {
      if (blocked()) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  };
  const rest = (time) => {
    quiet = Date.now() + time;
    block();
    setTimeout(block, time + 50);
  };

  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target,
        button = event.submitter;
      if (!form.matches("#reply-form, #note-form")) return;
      const field = find("textarea", form),
        its = state(field);
      if (blocked()) return stop(event);
      if (!field.value.trim()) {
        stop(event);
        field.value = "";
        form.reportValidity();
      } else if (its.busy) {
        // It would bring back afterwards what is being sent.
        stop(event);
        await Promise.race([its.busy, pause(GIVES_UP)]);
        its.cut.abort();
        await its.busy;
        if (form.isConnected) form.requestSubmit(button);
      }
      return undefined;
    },
    true,
  );

  /* A reply that is kept as a note instead. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest('[name="from_reply"]');
    if (!button) return;
    event.preventDefault();
    const field = find("#reply");
    if (blocked() || sending || !field.value.trim()) return;
    const values = { content: field.value, from_reply: "1", csrfmiddlewaretoken: token() };
    htmx.ajax("POST", button.formAction, { source: "#conv", target: "#main", select: "#main", swap: "outerHTML show:none", values });
  });

  document.addEventListener(
    "keydown",
    (event) => {
      const { key, target } = event;
      const text = target.matches?.('textarea, select, input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"])');
      // Somebody who still writes when the answer has come: no letter of it is a command.
      if (Date.now() < quietKeys && key.length === 1 && !text && !event.ctrlKey && !event.metaKey) return stop(event);
      if (key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return undefined;
      if (find("dialog[open]") || (text && !target.matches("textarea[data-kind]"))) return undefined;
      event.preventDefault();
      if (event.repeat) return undefined;
      const note = text ? target.id === "note" : find("#m-note").checked;
      if (!note) find(`[data-hotkey="Control+${event.shiftKey ? "Shift+" : ""}Enter"]:not(:disabled)`)?.click();
      else if (!event.shiftKey) find("#note-form .btn.note:not(:disabled)")?.click();
      return undefined;
    },
    true,
  );

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const kind = sends(detail);
    if (!kind) return;
    sending = { kind, field: detail.requestConfig.parameters.from_reply ? "reply" : kind };
    sending.text = find(`#${sending.field}`).value;
    for (const field of fields()) {
      clearTimeout(state(field).timer);
      if (unsaved(field) || field.dataset.kind === sending.field) stash(field);
    }
  });
  let shot = null;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!sending || !sends(detail) || !detail.shouldSwap) return;
    shot = fields().map((field) => ({
      kind: field.dataset.kind,
      text: field.value,
      own: "own" in field.dataset,
      revision: field.dataset.revision,
      focused: field === document.activeElement,
      from: field.selectionStart,
      to: field.selectionEnd,
    }));
    shot.note = find("#m-note").checked;
    shot.refused = sends({ pathInfo: { requestPath: new URL(detail.xhr.responseURL).pathname } });
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    begin();
    if (detail.elt?.id === "main" && shot) land();
    turnUndo();
    online();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!sends(detail)) return;
    sending = null;
    document.dispatchEvent(new CustomEvent("quimbi:sent"));
    if (!detail.successful) for (const field of fields()) if (unsaved(field)) later(field);
  });

  /* The answer is here with fields of its own: what was typed since, and what is not sent, comes along. */
  const land = () => {
    const was = shot,
      { field: name, text: sent } = sending;
    shot = null;
    let focus = null;
    for (const one of was) {
      const field = find(`#${one.kind}`),
        its = state(field);
      if (one.kind !== name || was.refused) {
        if (one.own && one.text !== field.value) put(field, one.text);
        if ("own" in field.dataset) its.text = null; // the server may not have it yet
        field.dataset.revision = Math.max(one.revision, field.dataset.revision);
      } else {
        const since = one.text.startsWith(sent) ? one.text.slice(sent.length).trimStart() : one.text;
        if (since.trim()) put(field, since);
        else one.focused = false;
      }
      if (!unsaved(field)) unstash(field);
      else later(field);
      if (one.focused) focus = [field, one];
    }
    rest(was.refused ? QUIET_REFUSED : QUIET);
    if (was.refused) return find(`#${name}`).focus();
    if (!focus) {
      quietKeys = Date.now() + QUIET_KEYS;
      return find("#scroll").focus({ preventScroll: true });
    }
    if (focus[0].id === "note" && was.note) find("#m-note").checked = true;
    focus[0].focus({ preventScroll: true });
    const end = focus[0].value.length;
    return focus[0].setSelectionRange(...(focus[1].kind === name ? [end, end] : [focus[1].from, focus[1].to]));
  };

  /* --- The way back after sending: what was typed since is kept first, taking back puts what was sent before it --- */
  let undoTimer = 0;
  const turnUndo = () => {
    clearInterval(undoTimer);
    const form = find("#undo");
    if (!form) return;
    // By the server's clock when the page was made: this computer's may be wrong. It ends a little before the reply leaves.
    form.ends ??= Date.now() + (Number(form.dataset.until) - Number(form.dataset.now)) * 1000 - 500;
    const tick = () => {
      const left = Math.ceil((form.ends - Date.now()) / 1000);
      if (left > 0) return void (find(".seconds", form).textContent = ` (${left})`);
      clearInterval(undoTimer);
      if (form.dataset.going !== undefined) return;
      form.remove();
      setTimeout(() => document.dispatchEvent(new CustomEvent("quimbi:look")), 700);
    };
    undoTimer = setInterval(tick, 250);
    tick();
  };
  document.addEventListener("quimbi:shown", turnUndo);
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      if (form.id !== "undo") return;
      stop(event);
      if ("going" in form.dataset) return;
      form.dataset.going = "";
      await Promise.race([keepAll(), pause(Math.max(form.ends - Date.now(), 300))]);
      for (const field of fields()) if (unsaved(field)) stash(field); // and is put behind it when the page is back
      form.submit();
    },
    true,
  );

  /* --- Without a connection nothing is sent, and nothing is lost --- */
  let live = "live",
    down = false,
    downTimer = 0;
  const offline = () => !navigator.onLine || (live === "offline" && down);
  const online = () => {
    const notice = find("#no-connection");
    if (notice) notice.hidden = !offline();
    block();
  };
  document.addEventListener("quimbi:live", ({ detail }) => {
    live = detail.state;
    clearTimeout(downTimer);
    down = false;
    // A connection that comes back at once is no news.
    if (live === "offline")
      downTimer = setTimeout(() => {
        down = true;
        online();
      }, 8000);
    online();
  });
  window.addEventListener("online", () => {
    online();
    for (const field of fields()) if (unsaved(field)) later(field);
  });
  window.addEventListener("offline", online);

  begin();
  restore();
  turnUndo();
  online();
  return {
    token,
    put,
    lay,
    reconcile,
    get sending() {
      return sending;
    },
  };
})();
