"use strict";
/* The way back to a reply on another ticket goes when the reply does; a little before, by the server's clock. */
(() => {
  const { until, now } = document.getElementById("going-out").dataset;
  setTimeout(() => document.getElementById("going-out")?.remove(), Math.max(0, (Number(until) - Number(now)) * 1000 - 500));
})();
