/* The sign-in page sends the browser's time zone, for accounts that have none yet. */
document.getElementById("time-zone").value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
