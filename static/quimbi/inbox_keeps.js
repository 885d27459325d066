/* What must not be lost when a list comes: what is ticked, typed and told. Loaded by inbox.js when somebody begins to do something. */
export default (inbox) => {
  const { find, all, on, boxes } = inbox;
  let toldAt = 0,
    current = null,
    settle = null,
    changed = false;
  const texts = () => all("#inbox input[id]:not([type=checkbox])");

  inbox.swapping = (request, shown) => {
    current = request;
    request.shown = shown;
    if (shown) settle = keep(request);
  };

  /* A form's answer tells what it did, though its list is not shown any more. */
  inbox.landed = ({ post, shown }, xhr) => {
    const news = post && xhr.status === 200 && find("#news", new DOMParser().parseFromString(xhr.responseText, "text/html"));
    if (!news) return;
    toldAt = inbox.wishes;
    if (shown) return;
    find("#news").replaceChildren(...news.childNodes);
    window.htmx.process(find("#news"));
  };
  /* A list that was asked for before something was told takes the telling not away. */
  on("htmx:oobBeforeSwap", ({ target, detail }) => {
    if (target.id !== "news" || !current || current.post || current.wish > toldAt) return;
    if (!find(".notice", detail.fragment)) detail.shouldSwap = false;
  });

  /* What is typed after it was sent, or was refused; what is ticked, unless it is done with; the focus on the next alert. */
  const keep = ({ form, elt, sent, post }) => {
    const carried = (field) => field.form === elt || (field.id === "q" && elt.closest("#tabs"));
    const typed = texts().filter((field) => field.value !== (carried(field) ? sent.get(field.id) : field.defaultValue));
    const chip = all("#alert-form button").findIndex((button) => button.value === form.get("remove"));
    if (elt.closest("#news")) inbox.hold(/[0-9a-f-]{36}/.exec(form.get("undo"))?.[0]);
    const done = /^(tag|priority)?$/.test(form.get("do") ?? "") ? [] : form.getAll("ticket");
    const ticked = post
      ? inbox
          .picked()
          .map((box) => box.value)
          .filter((id) => id !== inbox.own)
      : [];
    inbox.own = "";
    return () => {
      const refused = post && find("#news .bad");
      const fields = (refused && document.getElementById(elt.id)?.elements) || {};
      for (const [name, value] of form) if (fields[name] && name !== "ticket" && fields[name].type !== "hidden") fields[name].value = value;
      for (const old of typed) {
        const field = document.getElementById(old.id);
        if (!field || field === old || field.value === old.value) continue;
        field.value = old.value;
        if (field.selectionStart !== null) field.setSelectionRange(old.selectionStart, old.selectionEnd);
      }
      for (const box of boxes()) box.checked = ticked.includes(box.value) && (refused || !done.includes(box.value));
      inbox.count();
      if (chip < 0) return;
      inbox.moved = performance.now();
      const chips = all("#alert-form button");
      (chips[Math.min(chip, chips.length - 1)] ?? find("#word")).focus();
    };
  };
  on("htmx:afterSettle", () => {
    settle?.();
    settle = null;
  });

  /* Two clicks on one spot: the second meets what has moved there. */
  on(
    "click",
    (event) => {
      if (!event.detail || !event.target.closest("#alert-form button") || event.timeStamp - inbox.moved > 500) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );

  /* Enter in a filter changes and submits: the change has asked already. */
  on("change", ({ target }) => {
    if (!target.closest("#filters")) return;
    changed = true;
    setTimeout(() => (changed = false));
  });
  on(
    "submit",
    (event) => {
      if (event.target.id !== "filters" || !changed) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );

  /* A status keeps the words that are typed. */
  on("htmx:configRequest", ({ detail }) => {
    if (detail.elt.closest("#tabs")) detail.path = searched(detail.path);
  });
  const searched = (path) => {
    const words = find("#q").value.trim(),
      address = new URL(path, location),
      given = address.searchParams;
    if (words === find("#q").defaultValue) return path;
    if (words) {
      if (!/status|snoozed/.test(path)) given.set("status", "open");
      given.set("q", words);
    } else {
      given.delete("q");
      given.delete("status", "all");
    }
    return address.pathname + address.search;
  };
};
