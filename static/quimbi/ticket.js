"use strict";
/* A ticket while it is open: what is typed is kept, who else is here is told, and what others write appears by itself,
   never over what is being typed and never under the reader's eyes. Without this file all forms work all the same. */
(() => {
  const TYPING_ENDS = 5000,
    REFRESH_AFTER = 150,
    FIRST_AGAIN = 2000,
    LAST_AGAIN = 30000; // milliseconds
  const writing = window.quimbiWriting;
  const find = (selector, within = document) => within.querySelector(selector);
  const conv = () => find("#conv");
  const said = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  /* --- The draft: it stands in the field until somebody types --- */
  const drafted = () => find("#draft-text");
  let asked = false,
    before = ""; // a draft that this agent wants; their own words under the one that is shown
  const offer = (name) => {
    const place = find("#fresh-draft"),
      words = find(".what", place);
    place.hidden = !name;
    if (name) words.textContent = words.dataset[name];
  };
  const showDraft = () => {
    const field = find("#reply");
    before = "own" in field.dataset && field.value.trim() ? field.value : "";
    writing.lay(field, drafted().value);
    field.lang = drafted().lang;
    offer(before ? "back" : "");
  };
  /* On a phone the tones scroll sideways: the chosen one is in view. */
  const showTone = () => {
    const label = find('[name="tone"]:checked')?.closest("label"),
      row = label?.closest("fieldset");
    if (row)
      row.scrollLeft += label.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - label.offsetWidth) / 2;
  };
  /* After the panel was swapped: the new text goes into the field where this agent wanted one, or there is none; else it is
     offered. Nobody sends a text that has changed under their eyes. */
  const newDraft = () => {
    showTone();
    const field = find("#reply"),
      draft = drafted(),
      wanted = asked;
    asked = false;
    if (!draft || !draft.value.trim() || field.value === draft.value) return;
    if (!field.value.trim() || (wanted && !("own" in field.dataset))) return showDraft();
    offer("new");
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest('#regenerate, #draft-notice [type="submit"]')) asked = true;
    const link = event.target.closest("#fresh-draft a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const field = find("#reply");
    if (before && !("own" in field.dataset)) {
      writing.put(field, before);
      before = "";
      offer("draft");
    } else showDraft();
    field.focus();
  });
  let choseAt = 0;
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "tone") return;
    choseAt = Date.now();
    asked = true;
  });
  const fetchDraft = () => {
    const place = find("#draft-used");
    // A tone that was just chosen asks for a draft of its own; what comes from before must not choose the old one again.
    if (Date.now() - choseAt < 1000 || find("#tones.htmx-request")) return void setTimeout(fetchDraft, 1000);
    if (place) htmx.ajax("GET", place.dataset.address, { target: "#draft-used", swap: "outerHTML" });
  };

  /* A tone that was chosen after this was asked for: its own draft comes, and its choice stays. */
  const askedAt = new WeakMap();
  document.addEventListener("htmx:beforeRequest", ({ detail }) => askedAt.set(detail.xhr, Date.now()));
  document.addEventListener("htmx:beforeSwap", ({ detail: { target, requestConfig, xhr }, detail }) => {
    if (target.id !== "draft-used") return;
    const overtaken = askedAt.get(xhr) < choseAt,
      get = requestConfig.verb === "get";
    if (!overtaken && !(get && find("#tones.htmx-request"))) return;
    detail.shouldSwap = false;
    if (get) fetchDraft();
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
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (target.matches?.(".snooze") && target.open) find("button", target).focus();
    },
    true,
  );

  document.addEventListener("quimbi:sent", () => again && refresh());
  document.addEventListener("quimbi:look", () => refresh());
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target?.id === "draft-used" || detail.elt?.id === "draft-used") newDraft();
    if (detail.elt?.id !== "main") return;
    before = "";
    showTone();
    follow();
    window.quimbiLive?.watch(conv().dataset.ticket, "viewing");
  });
  /* Sent to a ticket that is not there for this agent any more. */
  document.addEventListener(
    "htmx:responseError",
    ({ detail }) => detail.xhr.status === 404 && detail.pathInfo.requestPath.startsWith(location.pathname) && gone(),
  );

  /* --- Who else is here --- */
  document.addEventListener("input", ({ target }) => target.matches("textarea[data-kind]") && typing());
  let typingTimer = 0;
  const typing = () => {
    const ticket = conv().dataset.ticket;
    window.quimbiLive?.watch(ticket, "typing");
    clearTimeout(typingTimer);
    typingTimer = setTimeout(() => window.quimbiLive?.watch(ticket, "viewing"), TYPING_ENDS);
  };
  const initials = (name) => {
    const words = name.split(/\s+/).filter(Boolean);
    return [words[0], words.length > 1 ? words.at(-1) : ""]
      .map((word) => [...(word ?? "")][0] ?? "")
      .join("")
      .toUpperCase();
  };
  const present = (agents) => {
    const place = find("#presence");
    const others = agents.filter((one) => one.id !== conv().dataset.me);
    others.sort((one, two) => (two.state === "typing") - (one.state === "typing"));
    const first = others[0];
    if (!first) return place.replaceChildren();
    const template = others.length > 1 ? place.dataset.more : (place.dataset[first.state] ?? place.dataset.viewing);
    const [ahead, after] = said(template, { name: "\n", n: others.length - 1 }).split("\n");
    const face = document.createElement("span");
    face.className = "face";
    face.setAttribute("aria-hidden", "true");
    face.textContent = initials(first.name);
    const text = document.createElement("span"),
      name = document.createElement("bdi");
    name.textContent = first.name;
    text.append(ahead, name, after);
    if (find("span:last-child", place)?.textContent !== text.textContent) place.replaceChildren(face, text);
  };

  /* --- What others do -------------------------------------------------------------------------------------------------------- */
  let refreshTimer = 0,
    refreshing = false,
    again = false,
    nextAgain = FIRST_AGAIN;
  const refresh = (after = REFRESH_AFTER) => {
    clearTimeout(refreshTimer);
    refreshTimer = setTimeout(fetchNews, after);
  };
  const refreshLater = () => {
    refresh(nextAgain);
    nextAgain = Math.min(nextAgain * 2, LAST_AGAIN);
  };
  const fetchNews = async () => {
    if (refreshing || writing.sending) return void (again = true);
    refreshing = true;
    again = false;
    try {
      const address = `${conv().dataset.news}?seen=${encodeURIComponent(find("#seen").value)}`;
      const answer = await fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true" } });
      if (answer.status === 404) gone();
      else if (!answer.ok) refreshLater();
      else if (!answer.redirected && !writing.sending) {
        show(new DOMParser().parseFromString(await answer.text(), "text/html"));
        nextAgain = FIRST_AGAIN;
      }
    } catch {
      refreshLater(); // the connection tells about itself
    } finally {
      refreshing = false;
      if (again) refresh();
    }
  };

  const same = (one, two) => one.outerHTML === two.outerHTML;
  const show = (fresh) => {
    const stream = find("#stream"),
      scroll = find("#scroll");
    const reading = !atEnd();
    const edge = Math.max(scroll.getBoundingClientRect().top, 0);
    const held = reading && [...stream.querySelectorAll("li")].findLast((row) => row.getBoundingClientRect().top <= edge + 40);
    const before = held && held.getBoundingClientRect().top;
    const came = merge(stream, find("#stream", fresh));
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = document.getElementById(part.id);
      if (!old || same(old, part) || old.contains(document.activeElement) || find("details[open]", old)) continue;
      // The same way back goes on counting.
      if (find("#undo", old) && find("#undo", old).action === find("#undo", part)?.action) continue;
      old.replaceWith(document.adoptNode(part));
    }
    // What comes in below, and a notice that takes its place, push what is being read away: it is pulled back.
    const moved = held?.isConnected ? held.getBoundingClientRect().top - before : 0;
    if (moved) (ownScroll() ? scroll : window).scrollBy({ top: moved, behavior: "instant" });
    stream.dataset.seen = find("#stream", fresh)?.dataset.seen ?? "";
    if (came.length && reading) tellNew(came);
    else if (came.length) readToEnd();
    if (came.mine) writing.reconcile();
    document.dispatchEvent(new CustomEvent("quimbi:shown"));
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
        if (!there && made.dataset.kind && "mine" in made.dataset) came.mine = true;
        else if (!there && made.dataset.kind) came.push(made);
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
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": writing.token() },
      body: JSON.stringify({ message_id: seen }),
    }).then(
      (answer) => {
        if (!answer.ok) toldRead = "";
      },
      () => {
        toldRead = "";
      },
    );
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
    find("#failures").replaceChildren(find("#gone").content.cloneNode(true));
    find("#news").replaceChildren(); // that it is theirs, perhaps
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
  const places =
    "IntersectionObserver" in window &&
    new IntersectionObserver(
      (changes) => {
        for (const { target, isIntersecting } of changes) inView[isIntersecting ? "add" : "delete"](target.id);
        const links = [...document.querySelectorAll(".jump a")];
        const names = (link) => link.hash.replace("#subject", "#scroll").slice(1);
        const here = links.findLast((link) => inView.has(names(link))) ?? links[0];
        for (const link of links) {
          if (link === here) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      },
      { rootMargin: "0px 0px -66% 0px" },
    );
  const send =
    places &&
    new IntersectionObserver(([{ isIntersecting }]) => {
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

  /* An answer that was lost: what was done shows when there is a connection again. */
  let unsure = false;
  document.addEventListener("htmx:sendError", ({ detail }) => (unsure ||= detail.requestConfig.verb !== "get"));
  document.addEventListener("quimbi:live", ({ detail }) => {
    if (!unsure || !["live", "polling"].includes(detail.state)) return;
    unsure = false;
    refresh();
    about();
  });

  /* What was set in the header shows in the conversation, too. */
  document.addEventListener("quimbi:changed", refresh);

  /* --- Beginning --------------------------------------------------------------------------------------------------------------- */
  follow();
  showTone();
  /* A message that is longer than the view is read from its beginning. */
  const last = find("#stream").lastElementChild;
  if (ownScroll() && last.offsetHeight > find("#scroll").clientHeight) last.scrollIntoView({ block: "start" });
  // The connection is made by the last script of the page, when all others listen.
  document.addEventListener("DOMContentLoaded", () => window.quimbiLive?.watch(conv().dataset.ticket, "viewing"));
  if (location.hash === "#reply") focusEnd(find("#reply"));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
