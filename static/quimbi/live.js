// Live events for pages, which docs/realtime.md describes: one socket, polling where none gets through.
(function () {
  "use strict";
  if (window.quimbiLive) return; // loaded already: a page has one connection

  const FIRST_WAIT = 500,
    LONGEST_WAIT = 30000; // milliseconds between attempts, doubled after each
  const POLL_EVERY = 5000,
    SOCKET_AGAIN = 60000;
  const SILENT_AFTER = 65000; // the server asks every 25 seconds
  const SAY_AGAIN = 15000; // who is looking is forgotten after 30 seconds
  const FAILURES_BEFORE_POLLING = 2;
  const SIGNED_OUT = [4400, 4401, 4403]; // to connect again would be refused again
  const TOO_MANY = 4429;

  let options = {};
  let socket = null,
    sequence = null,
    state = "offline",
    stopped = true;
  let failures = 0,
    opened = false,
    lastHeard = 0,
    lastTry = 0,
    slowDown = false;
  let retry = 0,
    poller = 0,
    keeper = 0,
    watched = null,
    watchedAt = 0;

  function tell(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail: detail }));
  }

  function become(now) {
    if (state !== now) {
      state = now;
      tell("quimbi:live", { state: now });
    }
  }

  function connect() {
    clearTimeout(retry);
    retry = 0;
    lastTry = Date.now();
    opened = false;
    const mine = new WebSocket(options.url, ["quimbi.events"]);
    socket = mine;
    mine.onopen = async function () {
      lastHeard = Date.now();
      const hello = { type: "hello" };
      if (sequence !== null) hello.since = sequence;
      if (options.token) hello.token = await options.token();
      if (mine === socket && mine.readyState === WebSocket.OPEN) mine.send(JSON.stringify(hello));
    };
    mine.onmessage = function (event) {
      if (mine === socket) hear(JSON.parse(event.data));
    };
    mine.onclose = function (event) {
      if (mine === socket) closed(event.code);
    };
  }

  function hear(message) {
    lastHeard = Date.now();
    if (message.type === "ping") return say({ type: "pong" });
    if (message.type === "pong" || message.type === "error") return undefined;
    if (message.type === "welcome") {
      opened = true;
      failures = 0;
      stopPolling();
      become("live");
      // The events behind `since` follow; where there is none, this is where we begin.
      if (sequence === null) sequence = message.sequence;
      if (watched) say({ type: watched.state, ticket: watched.ticket });
      return undefined;
    }
    return take(message);
  }

  function take(message) {
    if (message.sequence !== undefined) {
      if (message.type !== "reset" && message.sequence <= sequence) return; // told by the poll already
      sequence = message.type === "reset" ? message.sequence : Math.max(sequence, message.sequence);
    }
    tell("quimbi:event", message);
  }

  function closed(code) {
    socket = null;
    if (stopped) return;
    if (SIGNED_OUT.includes(code)) return end();
    slowDown = code === TOO_MANY;
    failures += 1;
    if (!poller) become("offline");
    if (!opened && failures >= FAILURES_BEFORE_POLLING) startPolling();
    // Half by chance, so that all who were cut off together do not come back together.
    const longest = poller ? SOCKET_AGAIN : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1));
    const wait = longest / 2 + (Math.random() * longest) / 2;
    // What was too many is counted by the minute.
    retry = setTimeout(connect, slowDown ? SOCKET_AGAIN * (1 + Math.random() / 2) : wait);
  }

  function end() {
    stop();
    become("ended");
  }

  // --- Where no socket gets through ---
  function startPolling() {
    if (!poller) {
      poller = setInterval(poll, POLL_EVERY);
      poll();
    }
  }

  function stopPolling() {
    clearInterval(poller);
    poller = 0;
  }

  async function poll() {
    if (document.hidden || stopped) return;
    const headers = { accept: "application/json" };
    if (options.token) headers.authorization = "Bearer " + (await options.token());
    try {
      const address = options.poll + (sequence === null ? "" : "?since=" + sequence);
      const answer = await fetch(address, { headers: headers, credentials: "same-origin", cache: "no-store" });
      if (answer.status === 401 || answer.status === 403) return end();
      if (!answer.ok) throw new Error(answer.status);
      const body = await answer.json();
      if (!poller) return; // a socket has opened meanwhile and told the same
      if (sequence === null) sequence = body.sequence;
      body.events.forEach(take);
      sequence = Math.max(sequence, body.sequence);
      become("polling");
    } catch (error) {
      if (poller) become("offline");
    }
  }

  // --- Every few seconds ---
  function keep() {
    const now = Date.now();
    if (socket && now - Math.max(lastHeard, lastTry) > SILENT_AFTER) {
      // A connection that died without a word: a sleeping laptop, a network that changed.
      const dead = socket;
      closed(1006);
      dead.onclose = null;
      dead.close();
    }
    if (watched && now - watchedAt >= SAY_AGAIN && !document.hidden) watch(watched.ticket, "viewing");
  }

  function hurry() {
    // Back online, or back in front: no reason to wait for the next attempt.
    if (!stopped && !socket && !slowDown) connect();
    if (poller) poll();
  }

  function say(message) {
    if (socket && opened && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function watch(ticket, how) {
    // Typing is said at most every few seconds, however fast somebody types.
    const now = Date.now();
    const same = watched && watched.ticket === ticket && watched.state === how;
    if (same && now - watchedAt < SAY_AGAIN / 3) return;
    watched = { ticket: ticket, state: how };
    watchedAt = now;
    say({ type: how, ticket: ticket });
  }

  function leave() {
    watched = null;
    say({ type: "left" });
  }

  function start(given) {
    if (!stopped) return;
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    options = Object.assign({ url: scheme + location.host + "/ws/events", poll: "/api/events" }, given);
    stopped = false;
    failures = 0;
    keeper = setInterval(keep, 5000);
    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", seen);
    if ("WebSocket" in window) connect();
    else startPolling();
  }

  function seen() {
    if (!document.hidden) hurry();
  }

  function stop() {
    stopped = true;
    clearTimeout(retry);
    clearInterval(keeper);
    stopPolling();
    window.removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", seen);
    if (socket) socket.close(1000);
    socket = null;
  }

  window.quimbiLive = {
    start: start,
    stop: stop,
    watch: watch,
    leave: leave,
    get state() {
      return state;
    },
    get sequence() {
      return sequence;
    },
  };
  if (document.currentScript && document.currentScript.hasAttribute("data-live")) start({});
})();
