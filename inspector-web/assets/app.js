// Shows the newest cycles. What an app recorded is untrusted: it becomes text nodes and nothing else.
"use strict";

// The token comes in the fragment, which no server sees; it stays in this tab and leaves the address bar.
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem("token");

// Control, bidirectional and zero-width characters are shown by number, not obeyed.
const escape = (text) =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

async function get(path) {
  const answer = await fetch(path, { headers: { authorization: `Bearer ${token}` } });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.detail);
  return json;
}

function line(cycle) {
  const item = document.createElement("li");
  const at = new Date(cycle.started_unix_us / 1000).toLocaleTimeString();
  const ms = (cycle.duration_ns / 1e6).toFixed(1);
  item.append(escape(`${at}  ${cycle.method} ${cycle.target}  ${cycle.status ?? "–"}  ${ms} ms`));
  return item;
}

async function show() {
  const status = document.getElementById("status");
  try {
    if (!token) throw new Error("Open the URL that the inspector printed at start: the token is behind its #.");
    const [about, page] = await Promise.all([get("/api/status"), get("/api/cycles?limit=50")]);
    const c = about.counters;
    status.textContent =
      `${about.connected} apps connected, ${c.seen} cycles seen, ${c.stored} kept; apps connect at ${about.socket}`;
    document.getElementById("cycles").replaceChildren(...page.cycles.map(line));
  } catch (error) {
    status.textContent = error.message;
  }
}

show();
if (token) setInterval(show, 2000);
