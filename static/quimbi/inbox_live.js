/* The inbox and what happens elsewhere: rows are refreshed where they stand; what changes the order waits, but where nobody is in
   the list. Loaded by inbox.js, whose `inbox` says what is going on there, when live.js tells the first event. */
const EVERY = 600,
  LONGEST = 60000; // milliseconds between two looks; longer where answers are slow or do not come
const BY_CHANCE = 350; // the first waits so long at most: all who look at an inbox are told at once
const ELSEWHERE = 4000; // for what has hardly to do with the page
const OTHERS = ["note", "draft", "presence"]; // which change no row, or not by reading it again

export default (inbox) => {
  const { find, all, boxes, rowOf, idOf } = inbox;
  let waiting = null,
    timer = 0,
    due = 0,
    pause = EVERY,
    lookedAt = -EVERY,
    looking = false;
  const cursor = () => new URLSearchParams(location.search).has("cursor");

  const lookSoon = (wait = 0) => {
    if (document.hidden) return;
    const then = Math.max(performance.now() + 50 + wait + Math.random() * BY_CHANCE, lookedAt + pause);
    if (timer && due <= then) return;
    clearTimeout(timer);
    due = then;
    timer = setTimeout(look, then - performance.now());
  };

  const look = async () => {
    timer = 0;
    if (looking || inbox.flying) return lookSoon(EVERY);
    const address = location.href;
    let failed = 1; // or how long the server wants to be left alone
    looking = true;
    lookedAt = performance.now();
    try {
      const answer = await fetch(address, { headers: { "X-Quimbi-Live": "1" }, cache: "no-store" });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        // What somebody has asked for meanwhile is newer.
        if (address === location.href && !inbox.flying) take(page);
      } else failed = (answer.status === 429 || answer.status > 499) && 1000 * (parseInt(answer.headers.get("Retry-After")) || 1);
      if (answer.ok || !failed) failed = 0;
    } catch {
      /* No connection: live.js says so. */
    }
    looking = false;
    const took = performance.now() - lookedAt;
    pause = failed ? Math.max(failed, pause * (1.5 + Math.random())) : Math.max(EVERY, took * 4);
    pause = Math.min(pause, LONGEST);
    if (failed) lookSoon();
  };

  const take = (page) => {
    const list = (within) => all(".pick input", within).map((box) => box.value);
    const before = list(document),
      now = list(page);
    for (const id of ["facts", "take", "alert-form", "tabs"]) exchange(id, page);
    const open = find("#open-count", page);
    if (open) find("#open-count").innerHTML = open.innerHTML;
    const title = find("title", page);
    if (title) document.title = title.textContent;
    if (before.join() === now.join() && before.length) {
      refresh(page);
      waiting = null;
    } else if (atRest()) show(page);
    else {
      refresh(page);
      waiting = { page, fresh: cursor() ? 0 : now.filter((id) => !before.includes(id)).length };
    }
    tell();
  };

  /* A part of the page that nobody is in. */
  const exchange = (id, page) => {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !fresh || old.contains(document.activeElement) || old.innerHTML === fresh.innerHTML) return;
    const chips = (within) =>
      all("button", within)
        .map((button) => button.value)
        .join();
    if (id === "alert-form" && chips(old) !== chips(fresh)) inbox.moved = performance.now();
    old.replaceChildren(...fresh.childNodes);
    window.htmx?.process(old);
  };

  /* Each row where it stands; who is in it or has selected it notices nothing. */
  const refresh = (page) => {
    const rows = new Map(all(".row", page).map((row) => [idOf(row), row]));
    for (const row of all(".row")) {
      const fresh = rows.get(idOf(row))?.cloneNode(true);
      if (fresh) put(row, fresh);
    }
  };

  const put = (row, fresh) => {
    const box = find(".pick input", row);
    find(".pick input", fresh).setAttribute("aria-labelledby", box.getAttribute("aria-labelledby"));
    const link = find("h3 a", row).id;
    find("h3 a", fresh).id = link;
    find("article", fresh).setAttribute("aria-labelledby", link);
    row.className = fresh.className;
    if (row.innerHTML === fresh.innerHTML) return;
    const within = row.contains(document.activeElement) && (document.activeElement === box ? ".pick input" : "h3 a");
    find(".pick input", fresh).checked = box.checked;
    row.replaceChildren(...fresh.childNodes);
    if (within) find(within, row).focus({ preventScroll: true });
  };

  /* Nobody is in the list: neither pointer nor focus, unless the page itself has put it there, nothing selected, and its beginning
     is in view. */
  const atRest = () => {
    const list = find("#list");
    const alone = window.scrollY < 80 && !list.matches(":hover") && !list.contains(document.activeElement);
    return (alone || inbox.placed) && !cursor() && !find("dialog[open]") && !boxes().some((box) => box.checked);
  };

  const show = (page) => {
    waiting = null;
    inbox.unpick();
    const list = find("#list");
    const inside = list.contains(document.activeElement);
    inbox.hold(inside && idOf(rowOf(document.activeElement) ?? find(".row")));
    const checked = new Set(
      boxes()
        .filter((box) => box.checked)
        .map((box) => box.value),
    );
    list.replaceWith(find("#list", page));
    for (const box of boxes()) box.checked = checked.has(box.value);
    window.htmx?.process(find("#list"));
    inbox.refocus();
    inbox.count();
    inbox.note();
  };

  const tell = () => {
    const button = find("#fresh button");
    if (!button) return;
    button.hidden = !waiting;
    if (!waiting) button.textContent = "";
    else if (!waiting.fresh) button.textContent = button.dataset.moved;
    else button.textContent = waiting.fresh === 1 ? button.dataset.one : button.dataset.many.replace("{n}", waiting.fresh);
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#fresh button") || !waiting) return;
    show(waiting.page);
    tell();
    if (!find("#list").contains(document.activeElement)) inbox.focus(0);
    window.scrollTo({ top: 0 });
  });
  document.addEventListener("htmx:afterSettle", () => {
    waiting = null;
    tell();
  });

  /* Who looks at a ticket, beside its age. */
  const watched = ({ ticket, agents }) => {
    const row = rowOf(boxes().find((box) => box.value === ticket));
    if (!row) return;
    find(".viewing", row)?.remove();
    const others = agents.filter((one) => one.id !== find("#inbox").dataset.me);
    if (!others.length) return;
    const said = find("#viewing").content.firstElementChild.cloneNode(true);
    find("bdi", said).textContent = others[0].name.split(" ")[0];
    find("i", said).replaceWith(others.length > 1 ? ` +${others.length - 1}` : "");
    find(".seen", row).prepend(said);
  };

  /* What is said or changed in a ticket that is not here moves a page with filters, or a later one, seldom. */
  const far = ({ type, ticket }) =>
    ["message", "updated"].includes(type) &&
    !boxes().some((box) => box.value === ticket) &&
    [...new URLSearchParams(location.search).keys()].some((name) => name !== "status");

  return (detail) => {
    if (detail.type === "presence") watched(detail);
    else if (!OTHERS.includes(detail.type)) lookSoon(far(detail) ? ELSEWHERE : 0);
  };
};
