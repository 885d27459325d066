"use strict";
/* A ticket while it is open: what is typed is kept, who else is here is told, and what others write appears by itself,
   never over what is being typed and never under the reader's eyes. Without this file all forms work all the same. */
(() => {
  const SAVE_AFTER = 1200, SAVE_EVERY = 3000, TYPING_ENDS = 5000, REFRESH_AFTER = 150; // milliseconds
  const find = (selector, within = document) => within.querySelector(selector);
  const conv = () => find("#conv");
  const fields = () => [...document.querySelectorAll("textarea[data-kind]")];
  const said = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  /* --- Keeping what is typed ------------------------------------------------------------------------------------------- */
  const kept = new WeakMap(); // per field: {text, timer, at, busy, stopped}
  const begin = () => {
    for (const field of fields()) {
      if (!kept.has(field)) kept.set(field, { text: field.value, timer: 0, at: 0, busy: false, stopped: false });
    }
    turnUndo();
    online();
  };
  const state = (field) => kept.get(field);
  const body = (field) => {
    const data = new FormData();
    const tone = find('input[name="tone"]:checked');
    const values = {
      kind: field.dataset.kind, content: field.value, revision: field.dataset.revision, seen: find("#seen").value,
      tone: field.dataset.kind === "reply" && tone ? tone.value : "", csrfmiddlewaretoken: token(),
    };
    for (const [name, value] of Object.entries(values)) data.append(name, value);
    return data;
  };
  const token = () => find('[name="csrfmiddlewaretoken"]').value;
  const unsaved = (field) => state(field) && !state(field).stopped && field.value !== state(field).text;

  const tellSaved = (field, name, time = "") => {
    const place = find(`#${field.id}-saved`);
    if (place) place.textContent = said(place.dataset[name], { time });
  };

  const save = async (field, keepalive = false) => {
    const its = state(field);
    if (!unsaved(field) || its.busy) return;
    its.busy = true;
    its.at = Date.now();
    const text = field.value;
    try {
      const answer = await fetch(field.dataset.address, {
        method: "POST", body: body(field), credentials: "same-origin", keepalive: keepalive && text.length < 50000,
      });
      const told = answer.ok && !answer.redirected ? await answer.json() : null;
      if (!told) tellSaved(field, "unsaved");
      else if (told.conflict) conflict(field, told.current);
      else {
        field.dataset.revision = told.revision;
        its.text = text;
        if (text.trim()) tellSaved(field, "saved", told.saved);
        else find(`#${field.id}-saved`).textContent = "";
      }
    } catch {
      tellSaved(field, "unsaved");
    } finally {
      its.busy = false;
      if (unsaved(field)) later(field);
    }
  };
  const later = (field) => {
    const its = state(field);
    clearTimeout(its.timer);
    its.timer = setTimeout(() => save(field), Math.max(SAVE_AFTER, SAVE_EVERY - (Date.now() - its.at)));
  };
  const leave = () => fields().forEach((field) => save(field, true));

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

  document.addEventListener("input", ({ target }) => {
    if (!target.matches("textarea[data-kind]")) return;
    target.dataset.own = "";
    later(target);
    typing();
  });
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.hidden && leave());

  /* --- The draft: it stands in the field until somebody types -------------------------------------------------------------- */
  const drafted = () => find("#draft-text");
  const showDraft = () => {
    const field = find("#reply");
    field.value = drafted().value;
    field.lang = drafted().lang;
    delete field.dataset.own;
    const its = state(field);
    if (Number(field.dataset.revision)) later(field); // the text that it replaces was kept: now this one is
    else its.text = field.value;
    find("#fresh-draft").hidden = true;
  };
  /* After the panel was swapped: the new text goes into the field, or waits for a word. */
  const newDraft = () => {
    const field = find("#reply"), draft = drafted();
    if (!draft || !draft.value.trim() || field.value === draft.value) return;
    if (!("own" in field.dataset) || !field.value.trim()) return showDraft();
    const offer = find("#fresh-draft");
    offer.hidden = false;
    const words = find(".what", offer);
    words.textContent = words.dataset.new;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#fresh-draft a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    showDraft();
    find("#reply").focus();
  });
  let choseAt = 0;
  document.addEventListener("change", ({ target }) => {
    if (target.name === "tone") choseAt = Date.now();
  });
  const fetchDraft = () => {
    const place = find("#draft-used");
    // A tone that was just chosen asks for a draft of its own; what comes from before must not choose the old one again.
    if (Date.now() - choseAt < 1000 || find("#tones.htmx-request")) return void setTimeout(fetchDraft, 1000);
    if (place) htmx.ajax("GET", place.dataset.address, { target: "#draft-used", swap: "outerHTML" });
  };

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id !== "draft-used" || detail.requestConfig.verb !== "get" || !find("#tones.htmx-request")) return;
    detail.shouldSwap = false; // a tone was chosen after this was asked for
    fetchDraft();
  });

  /* --- Reply or note ------------------------------------------------------------------------------------------------------- */
  const focusEnd = (field) => {
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  };
  document.addEventListener("click", ({ target, detail }) => {
    // A key presses the switch with no pointer: who wants to write goes on by writing.
    if (target.matches('[name="mode"]') && detail === 0 && !target.matches(":focus")) setTimeout(() => focusEnd(find(`#${target.value}`)));
  });
  document.addEventListener("toggle", ({ target }) => {
    if (target.matches?.(".snooze") && target.open) find("button", target).focus();
  }, true);

  const hotkey = (event) => (event.key === "Enter" ? `Control+${event.shiftKey ? "Shift+" : ""}Enter` : "");
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing || find("dialog[open]")) return;
    const wanted = hotkey(event);
    if (!wanted) return;
    event.preventDefault();
    if (find("#m-note").checked) {
      if (wanted === "Control+Enter") find("#note-form .btn.note").click();
    } else find(`[data-hotkey="${wanted}"]:not(:disabled)`)?.click();
  });

  /* --- Sending: nothing waits in a queue of its own; where the connection is gone the text stays ----------------------------- */
  let sending = false;
  const sends = (detail) => /\/(reply|note)$/.test(detail.pathInfo.requestPath); // by then the form may be gone
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (!sends(detail)) return;
    sending = true;
    for (const field of fields()) clearTimeout(state(field).timer);
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!sends(detail)) return;
    sending = false;
    if (again) refresh();
    if (!detail.successful) for (const field of fields()) if (unsaved(field)) later(field);
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    begin();
    if (detail.target?.id === "draft-used" || detail.elt?.id === "draft-used") newDraft();
    if (detail.elt?.id === "main") {
      follow();
      window.quimbiLive?.watch(conv().dataset.ticket, "viewing");
      const first = find("#overtaken") ?? find("#reply-error, #note-error");
      (first ? find("#reply") : find("#scroll")).focus({ preventScroll: !first });
    }
  });

  const online = () => {
    const offline = !navigator.onLine || live === "offline" && down;
    const notice = find("#no-connection");
    if (!notice) return;
    notice.hidden = !offline;
    for (const button of document.querySelectorAll("#reply-form .actions button, #note-form .actions button")) {
      if (offline) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  };
  let live = "live", down = false, downTimer = 0;
  document.addEventListener("quimbi:live", ({ detail }) => {
    live = detail.state;
    clearTimeout(downTimer);
    down = false;
    // A connection that comes back at once is no news.
    if (live === "offline") downTimer = setTimeout(() => { down = true; online(); }, 8000);
    online();
  });
  window.addEventListener("online", () => { online(); for (const field of fields()) if (unsaved(field)) later(field); });
  window.addEventListener("offline", online);

  /* --- The way back after sending -------------------------------------------------------------------------------------------- */
  let undoTimer = 0;
  const turnUndo = () => {
    clearInterval(undoTimer);
    const form = find("#undo");
    if (!form) return;
    // By the server's clock when the page was made: this computer's may be wrong.
    form.ends ??= Date.now() + (Number(form.dataset.until) - Number(form.dataset.now)) * 1000;
    const tick = () => {
      const left = Math.ceil((form.ends - Date.now()) / 1000);
      if (left > 0) return void (find(".seconds", form).textContent = ` (${left})`);
      clearInterval(undoTimer);
      form.remove();
      refresh();
    };
    undoTimer = setInterval(tick, 500);
    tick();
  };

  /* What was typed since is kept first: taking back puts what was sent before it. */
  document.addEventListener("submit", async (event) => {
    const form = event.target, field = find("#reply");
    if (form.id !== "undo" || !field || !(unsaved(field) || state(field).busy)) return;
    event.preventDefault();
    while (state(field).busy) await new Promise((wait) => setTimeout(wait, 50));
    await save(field);
    form.submit();
  });

  /* --- Who else is here ------------------------------------------------------------------------------------------------------ */
  let typingTimer = 0;
  const typing = () => {
    const ticket = conv().dataset.ticket;
    window.quimbiLive?.watch(ticket, "typing");
    clearTimeout(typingTimer);
    typingTimer = setTimeout(() => window.quimbiLive?.watch(ticket, "viewing"), TYPING_ENDS);
  };
  const initials = (name) => {
    const words = name.split(/\s+/).filter(Boolean);
    return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
  };
  const present = (agents) => {
    const place = find("#presence");
    const others = agents.filter((one) => one.id !== conv().dataset.me);
    others.sort((one, two) => (two.state === "typing") - (one.state === "typing"));
    const first = others[0];
    if (!first) return place.replaceChildren();
    const template = others.length > 1 ? place.dataset.more : place.dataset[first.state] ?? place.dataset.viewing;
    const words = said(template, { name: first.name, n: others.length - 1 });
    const face = document.createElement("span");
    face.className = "face";
    face.setAttribute("aria-hidden", "true");
    face.textContent = initials(first.name);
    const text = document.createElement("bdi");
    text.textContent = words;
    if (find("bdi", place)?.textContent !== words) place.replaceChildren(face, text);
  };

  /* --- What others do -------------------------------------------------------------------------------------------------------- */
  let refreshTimer = 0, refreshing = false, again = false;
  const refresh = () => {
    clearTimeout(refreshTimer);
    refreshTimer = setTimeout(fetchNews, REFRESH_AFTER);
  };
  const fetchNews = async () => {
    if (refreshing || sending) return void (again = true);
    refreshing = true;
    again = false;
    try {
      const address = `${conv().dataset.news}?seen=${encodeURIComponent(find("#seen").value)}`;
      const answer = await fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true" } });
      if (answer.status === 404) gone();
      if (answer.ok && !answer.redirected && !sending) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      /* The connection tells about itself. */
    } finally {
      refreshing = false;
      if (again) refresh();
    }
  };

  const same = (one, two) => one.outerHTML === two.outerHTML;
  const show = (fresh) => {
    const stream = find("#stream"), scroll = find("#scroll");
    const reading = !atEnd();
    const edge = Math.max(scroll.getBoundingClientRect().top, 0);
    const held = reading && [...stream.querySelectorAll("li")].findLast((row) => row.getBoundingClientRect().top <= edge + 40);
    const before = held && held.getBoundingClientRect().top;
    const came = merge(stream, find("#stream", fresh));
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = document.getElementById(part.id);
      if (!old || same(old, part) || old.contains(document.activeElement) || find("details[open]", old)) continue;
      if (find("#undo", old) && find("#undo", part)) continue;
      old.replaceWith(document.adoptNode(part));
    }
    // What comes in below, and a notice that takes its place, push what is being read away: it is pulled back.
    const moved = held?.isConnected ? held.getBoundingClientRect().top - before : 0;
    if (moved) (ownScroll() ? scroll : window).scrollBy({ top: moved, behavior: "instant" });
    stream.dataset.seen = find("#stream", fresh)?.dataset.seen ?? "";
    if (came.length && reading) tellNew(came);
    else if (came.length) readToEnd();
    turnUndo();
  };
  /* Puts the new rows in their places and leaves alone what is the same: open folds, focus and selection stay. */
  const merge = (old, fresh) => {
    const came = [];
    const passing = '[data-kind="sending"], #no-entry'; // all else that was shown stays, folded by now or not
    for (const row of old.querySelectorAll(passing)) if (!find(`#${CSS.escape(row.id)}`, fresh)) row.remove();
    let last = find("#folded", old) ?? find(".left", old);
    for (const row of [...fresh.children]) {
      if (row.matches("#folded, .left")) continue;
      const there = document.getElementById(row.id);
      if (there && there.parentElement !== old) continue; // folded here, or fetched from before
      if (there && (same(there, row) || find("details[open]", there))) last = there;
      else {
        const made = document.adoptNode(row);
        if (there) there.replaceWith(made);
        else if (last) last.after(made);
        else old.prepend(made);
        if (!there && made.dataset.kind && !("mine" in made.dataset)) came.push(made);
        last = made;
      }
    }
    return came;
  };

  const ownScroll = () => getComputedStyle(find("#scroll")).overflowY === "auto"; // else the whole page scrolls
  const atEnd = () => {
    if (ownScroll()) return Math.abs(find("#scroll").scrollTop) < 48;
    return find("#stream").lastElementChild.getBoundingClientRect().top < innerHeight;
  };
  const waiting = new Set();
  const tellNew = (rows) => {
    for (const row of rows) waiting.add(row.id);
    const stream = find("#stream");
    let place = find("#fresh-talk");
    if (!place) {
      place = document.createElement("p");
      place.id = "fresh-talk";
      place.className = "fresh-talk";
      place.setAttribute("role", "status");
      place.append(Object.assign(document.createElement("button"), { type: "button", className: "btn" }));
      stream.after(place);
    }
    place.firstChild.textContent = waiting.size === 1 ? stream.dataset.one : said(stream.dataset.many, { n: waiting.size });
  };
  const readToEnd = () => {
    waiting.clear();
    find("#fresh-talk")?.remove();
    markRead();
  };
  const toEnd = () => {
    if (ownScroll()) find("#scroll").scrollTop = 0;
    else find("#stream").lastElementChild.scrollIntoView({ block: "center" });
    readToEnd();
  };
  document.addEventListener("click", ({ target }) => target.closest("#fresh-talk") && toEnd());
  document.addEventListener("scroll", () => waiting.size && atEnd() && readToEnd(), { capture: true, passive: true });

  /* Read is what was in view of somebody who looks. */
  let toldRead = "";
  const markRead = () => {
    const seen = find("#stream").dataset.seen;
    if (!seen || seen === toldRead || document.hidden || find(`#m-${CSS.escape(seen)}[data-kind="sending"]`)) return;
    toldRead = seen;
    fetch(`/api/tickets/${conv().dataset.ticket}/read`, {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ message_id: seen }),
    }).catch(() => { toldRead = ""; });
  };

  /* "Read it" counts as having read it: Send then sends, and says so. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-read]");
    if (!link) return;
    event.preventDefault();
    find("#seen").value = link.dataset.read;
    const send = find("#send");
    find(".what", send).textContent = send.dataset.allTheSame;
    const row = document.getElementById(`m-${link.dataset.read}`);
    row?.scrollIntoView({ block: "center" });
    find("#reply").focus({ preventScroll: true });
    markRead();
  });

  const gone = () => {
    if (!find("#failures .notice")) find("#failures").replaceChildren(find("#gone").content.cloneNode(true));
    window.quimbiLive?.leave();
  };

  /* The column and the properties load themselves anew (about.js), when nothing is being typed in them. */
  const about = () => document.dispatchEvent(new CustomEvent("quimbi:about"));
  let aboutTimer = 0;
  const aboutSoon = () => {
    clearTimeout(aboutTimer);
    aboutTimer = setTimeout(about, 600);
  };

  document.addEventListener("quimbi:event", ({ detail }) => {
    if (detail.type === "reset") {
      refresh();
      fetchDraft();
      return aboutSoon();
    }
    if (!conv() || detail.ticket !== conv().dataset.ticket) return undefined;
    if (detail.type === "presence") return present(detail.agents);
    if (detail.type === "removed") return gone();
    if (detail.type === "draft") fetchDraft();
    else refresh();
    return aboutSoon();
  });

  /* --- On a phone: the jump links say where one is, and the bar that leads to the draft goes where the draft is ------------------ */
  const inView = new Set();
  const places = "IntersectionObserver" in window && new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) inView[isIntersecting ? "add" : "delete"](target.id);
    const links = [...document.querySelectorAll(".jump a")];
    const names = (link) => link.hash.replace("#subject", "#scroll").slice(1);
    const here = links.findLast((link) => inView.has(names(link))) ?? links[0];
    for (const link of links) {
      if (link === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "0px 0px -66% 0px" });
  const send = places && new IntersectionObserver(([{ isIntersecting }]) => {
    const dock = find("#dock");
    if (dock) dock.hidden = isIntersecting;
  });
  const follow = () => {
    if (!places) return;
    places.disconnect();
    send.disconnect();
    if (find("#send")) send.observe(find("#send"));
    inView.clear();
    for (const id of ["scroll", "draft", "customer", "actions", "why"]) if (find(`#${id}`)) places.observe(find(`#${id}`));
  };

  /* What was set in the header shows in the conversation, too. */
  document.addEventListener("quimbi:changed", refresh);

  /* --- Beginning --------------------------------------------------------------------------------------------------------------- */
  begin();
  follow();
  // The connection is made by the last script of the page, when all others listen.
  document.addEventListener("DOMContentLoaded", () => window.quimbiLive?.watch(conv().dataset.ticket, "viewing"));
  if (location.hash === "#reply") focusEnd(find("#reply"));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
