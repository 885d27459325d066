/* The rows of the inbox: finding them, moving the focus, the selection, and the address of the list. The inbox's other modules
   share these and what is going on (`inbox`). */
export const find = (selector, within = document) => within.querySelector(selector);
export const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
export const listen = (name, handle, options) => document.addEventListener(name, handle, options);

/* What the inbox's modules share. */
export const inbox = {
  keySelected: "", // id of the ticket that a key has selected because nothing was selected
  requested: 0, // how many lists have been requested
  pending: 0, // how many of them have not been answered
  focusedByPage: false, // whether the page itself has put the focus into the list
  alertsMovedAt: -1000, // when the topic alerts last changed their places, by performance.now()
};

/* --- Rows --- */
const findLinks = () => findAll(".row h3 a");
export const findBoxes = () => findAll(".pick input");
export const closestRow = (element) => element?.closest?.(".row");
export const ticketIdOf = (row) => find(".pick input", row).value;
export const indexOfTicket = (id) => findBoxes().findIndex((box) => box.value === id);
export const indexOfFocus = () => findLinks().findIndex((link) => closestRow(link) === closestRow(document.activeElement));

export const focusRow = (index) => {
  const link = findLinks()[Math.max(index, 0)] ?? findLinks().at(-1);
  link?.focus({ preventScroll: true });
  closestRow(link)?.scrollIntoView({ block: "nearest" });
};

/* Focus a ticket wherever it is in the next list, or what is at its old place. */
let heldFocus = null; // the ticket that gets the focus in the next list, and its index
export const holdFocus = (id, index = 0) => (heldFocus = id ? { id, index } : null);
export const restoreFocus = () => {
  if (!heldFocus) return;
  const index = indexOfTicket(heldFocus.id);
  focusRow(index < 0 ? heldFocus.index : index);
  heldFocus = null;
};

/* --- Selecting --- */
export const findSelected = () => findBoxes().filter((box) => box.checked);
export const showSelectionCount = () => {
  const place = find("#picked");
  if (place) place.textContent = place.dataset.many.replace("{n}", findSelected().length);
};

/* Clear a selection that a key has made if the agent did not go on with the action. */
export const clearKeySelection = () => {
  const box = findBoxes()[indexOfTicket(inbox.keySelected)];
  inbox.keySelected = "";
  if (!box?.checked) return;
  box.checked = false;
  showSelectionCount();
  const active = document.activeElement;
  if (active === document.body || active.closest("#bulk")) find("h3 a", closestRow(box)).focus({ preventScroll: true });
};

/* --- The address --- */
/* Store filters and page for the link back from a ticket; drop the cursor if the list has become the first page. */
export const storeAddress = () => {
  const address = new URL(location);
  if (address.searchParams.has("cursor") && find("#inbox") && !find("#first")) {
    address.searchParams.delete("cursor");
    history.replaceState(history.state, "", address);
  }
  sessionStorage.setItem("queue", location.search);
  scrollToTab();
};
/* On a phone the status tabs scroll sideways: scroll to the current one. */
const scrollToTab = () => {
  const tab = find("#tabs [aria-current]");
  const row = tab?.closest("ul");
  if (row) row.scrollLeft += Math.max(tab.getBoundingClientRect().right - row.getBoundingClientRect().right, 0);
};
