"use strict";
/* The sign-in page tells the browser's time zone, for an account that has none yet. */
document.getElementById("time-zone").value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
