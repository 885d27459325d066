/* The client of the live events (docs/realtime.md): one WebSocket per page, polling if no socket connects. It reports to the
   document: `quimbi:event` for each event, `quimbi:live` when the state of the connection changes. */
const FIRST_WAIT = 500; // milliseconds before the first new attempt; doubled after each failure
const LONGEST_WAIT = 30000;
const POLL_EVERY = 5000;
const RETRY_SOCKET_AFTER = 60000; // while polling
const CHECK_EVERY = 5000;
const SILENT_AFTER = 65000; // the server sends a ping every 25 seconds
const REPEAT_PRESENCE_AFTER = 15000; // the server forgets a viewer after 30 seconds
const FAILURES_BEFORE_POLLING = 2;
const SIGNED_OUT = [4400, 4401, 4403]; // close codes: the server would refuse the next attempt, too
const TOO_MANY = 4429;

let options = {};
let socket = null;
let stopped = true;
let failures = 0;
let welcomed = false; // whether the server has accepted the current socket
let limited = false; // whether the server has refused the last socket because there were too many
let lastHeardAt = 0;
let lastAttemptAt = 0;
let retryTimer = 0;
let pollTimer = 0;
let checkTimer = 0;
let presence = null; // which ticket the agent views, and whether they are typing
let presenceSentAt = 0;

export let state = "offline"; // or "live", "polling", "ended"
export let sequence = null; // of the last event that was reported

const dispatch = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

const setState = (newState) => {
  if (state === newState) return;
  state = newState;
  dispatch("quimbi:live", { state });
};

/* --- The socket --- */
const openSocket = () => {
  clearTimeout(retryTimer);
  retryTimer = 0;
  lastAttemptAt = Date.now();
  welcomed = false;
  const opened = new WebSocket(options.url, ["quimbi.events"]);
  socket = opened;
  opened.onopen = async () => {
    lastHeardAt = Date.now();
    const hello = { type: "hello" };
    if (sequence !== null) hello.since = sequence;
    if (options.token) hello.token = await options.token();
    if (opened === socket && opened.readyState === WebSocket.OPEN) opened.send(JSON.stringify(hello));
  };
  opened.onmessage = ({ data }) => {
    if (opened === socket) handleMessage(JSON.parse(data));
  };
  opened.onclose = ({ code }) => {
    if (opened === socket) handleClose(code);
  };
};

const send = (message) => {
  if (socket && welcomed && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
};

const handleMessage = (message) => {
  lastHeardAt = Date.now();
  if (message.type === "ping") send({ type: "pong" });
  else if (message.type === "welcome") handleWelcome(message);
  else if (message.type !== "pong" && message.type !== "error") reportEvent(message);
};

const handleWelcome = (message) => {
  welcomed = true;
  failures = 0;
  stopPolling();
  setState("live");
  // The server sends the events after `since`; without one, this page begins here.
  if (sequence === null) sequence = message.sequence;
  if (presence) send({ type: presence.state, ticket: presence.ticket });
};

const reportEvent = (message) => {
  if (message.sequence !== undefined) {
    if (message.type !== "reset" && message.sequence <= sequence) return; // already reported by polling
    sequence = message.type === "reset" ? message.sequence : Math.max(sequence, message.sequence);
  }
  dispatch("quimbi:event", message);
};

const handleClose = (code) => {
  socket = null;
  if (stopped) return;
  if (SIGNED_OUT.includes(code)) return void endConnection();
  limited = code === TOO_MANY;
  failures += 1;
  if (!pollTimer) setState("offline");
  if (!welcomed && failures >= FAILURES_BEFORE_POLLING) startPolling();
  // Half of the wait is random, so that pages that lost their connection together do not reconnect together.
  const longest = pollTimer ? RETRY_SOCKET_AFTER : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1));
  const wait = longest / 2 + (Math.random() * longest) / 2;
  // The server counts attempts per minute.
  retryTimer = setTimeout(openSocket, limited ? RETRY_SOCKET_AFTER * (1 + Math.random() / 2) : wait);
};

const endConnection = () => {
  stop();
  setState("ended");
};

/* --- Polling --- */
const startPolling = () => {
  if (pollTimer) return;
  pollTimer = setInterval(pollEvents, POLL_EVERY);
  pollEvents();
};

const stopPolling = () => {
  clearInterval(pollTimer);
  pollTimer = 0;
};

const pollEvents = async () => {
  if (document.hidden || stopped) return;
  const headers = { accept: "application/json" };
  if (options.token) headers.authorization = `Bearer ${await options.token()}`;
  try {
    const address = options.poll + (sequence === null ? "" : `?since=${sequence}`);
    const answer = await fetch(address, { headers, credentials: "same-origin", cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) return void endConnection();
    if (!answer.ok) throw new Error(answer.status);
    const body = await answer.json();
    if (!pollTimer) return; // a socket has opened meanwhile and reported the same events
    if (sequence === null) sequence = body.sequence;
    body.events.forEach(reportEvent);
    sequence = Math.max(sequence, body.sequence);
    setState("polling");
  } catch {
    if (pollTimer) setState("offline");
  }
};

/* --- Checks at intervals, and when the page or the network comes back --- */
const checkConnection = () => {
  const now = Date.now();
  if (socket && now - Math.max(lastHeardAt, lastAttemptAt) > SILENT_AFTER) {
    // A sleeping laptop or a changed network leaves a socket that is dead but never closes.
    const dead = socket;
    handleClose(1006);
    dead.onclose = null;
    dead.close();
  }
  if (presence && now - presenceSentAt >= REPEAT_PRESENCE_AFTER && !document.hidden) watch(presence.ticket, "viewing");
};

const reconnectNow = () => {
  if (!stopped && !socket && !limited) openSocket();
  if (pollTimer) pollEvents();
};

const reconnectWhenVisible = () => {
  if (!document.hidden) reconnectNow();
};

/* --- For pages --- */
/* Connect. `options` may give other addresses (`url`, `poll`) and a function `token` that returns an access token. */
export const start = (given) => {
  if (!stopped) return;
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  options = { url: `${scheme}${location.host}/ws/events`, poll: "/api/events", ...given };
  stopped = false;
  failures = 0;
  checkTimer = setInterval(checkConnection, CHECK_EVERY);
  window.addEventListener("online", reconnectNow);
  document.addEventListener("visibilitychange", reconnectWhenVisible);
  if ("WebSocket" in window) openSocket();
  else startPolling();
};

export const stop = () => {
  stopped = true;
  clearTimeout(retryTimer);
  clearInterval(checkTimer);
  stopPolling();
  window.removeEventListener("online", reconnectNow);
  document.removeEventListener("visibilitychange", reconnectWhenVisible);
  if (socket) socket.close(1000);
  socket = null;
};

/* Tell other agents that this one is on a ticket: "viewing" or "typing". Repetitions within a few seconds are not sent. */
export const watch = (ticket, how) => {
  const now = Date.now();
  const same = presence && presence.ticket === ticket && presence.state === how;
  if (same && now - presenceSentAt < REPEAT_PRESENCE_AFTER / 3) return;
  presence = { ticket, state: how };
  presenceSentAt = now;
  send({ type: how, ticket });
};

/* Tell other agents that this one has left the ticket. */
export const leave = () => {
  presence = null;
  send({ type: "left" });
};

/* A page of the CRM asks for the connection by the attribute `data-live`. By then all its scripts listen. */
document.addEventListener("DOMContentLoaded", () => {
  if (document.querySelector("script[data-live]")) start();
});
