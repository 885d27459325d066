/* The notice about a reply that waits on another ticket: its undo ends shortly before the reply is sent, by the server's clock. */
const ENDS_EARLY = 500; // milliseconds
const { until, now } = document.getElementById("going-out").dataset;

const endUndo = () => {
  const form = document.getElementById("going-out");
  if (!form) return;
  // The button keeps its space, so that nothing moves under the pointer.
  form.querySelector("p span").textContent = form.dataset.over;
  const button = form.querySelector("button");
  if (button === document.activeElement) document.getElementById("main").focus({ preventScroll: true });
  button.classList.add("over");
};

setTimeout(endUndo, Math.max(0, (Number(until) - Number(now)) * 1000 - ENDS_EARLY));
