"use strict";
/* The way back to a reply on another ticket ends when the reply goes out; a little before, by the server's clock. */
(() => {
  const { until, now } = document.getElementById("going-out").dataset;
  const over = () => {
    const form = document.getElementById("going-out");
    if (!form) return;
    // It keeps its place: nothing that somebody is about to press moves.
    form.querySelector("p span").textContent = form.dataset.over;
    const button = form.querySelector("button");
    if (button === document.activeElement) document.getElementById("main").focus({ preventScroll: true });
    button.classList.add("over");
  };
  setTimeout(over, Math.max(0, (Number(until) - Number(now)) * 1000 - 500));
})();
