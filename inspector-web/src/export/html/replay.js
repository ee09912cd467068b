"use strict";
// Writes text nodes and nothing else: whatever a request held, here it is letters.
const cycle = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const last = Math.max(cycle.steps.length - 1, 0);
const PACE_MS = 700;
let step = 0;
let playing = 0;

function make(tag, text, kind) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function put(parent, ...children) {
  parent.replaceChildren(...children);
}

function facts() {
  const status = cycle.status === null ? "no status" : String(cycle.status);
  document.title = `${cycle.title}: ${status}`;
  at("title").textContent = cycle.title;
  at("facts").textContent = [status, cycle.duration, cycle.outcome, cycle.started, cycle.app, cycle.id].join(" · ");
  put(at("notes"), ...cycle.notes.map((note) => make("li", note)));
  at("scrubber").max = String(last);
}

// Bars are SVG: its lengths are attributes, where a style would need the page's policy to allow it.
function bar(row) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 1000 10");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const all = Math.max(cycle.duration_ns, 1);
  box.setAttribute("x", String((1000 * row.from) / all));
  box.setAttribute("width", String(Math.max((1000 * (row.to - row.from)) / all, 2)));
  box.setAttribute("height", "10");
  if (row.ran) picture.append(box);
  return picture;
}

function timeline() {
  const lines = cycle.bars.map((row) => {
    const line = make("li", "", row.ran ? "" : "never");
    const name = "\u2007\u2007".repeat(row.depth) + row.name + (row.ran ? "" : " (never ran)");
    const button = make("button", name);
    button.disabled = row.step === null;
    button.addEventListener("click", () => go(row.step));
    line.append(button, bar(row));
    return line;
  });
  put(at("timeline"), ...lines);
}

function owner(index) {
  let found = -1;
  cycle.bars.forEach((row, i) => {
    if (row.step !== null && row.step <= index) found = i;
  });
  return found;
}

function message(index, before) {
  if (index === null) return [make("p", "Not yet.", "none")];
  const shown = cycle.messages[index];
  const changed = (held) => (held.by === step && index !== before ? "new" : "");
  const table = document.createElement("table");
  for (const held of shown.headers) {
    const row = make("tr", "", changed(held));
    row.append(make("th", held.name), make("td", held.value), make("td", `step ${held.by + 1}`, "by"));
    table.append(row);
  }
  for (const held of shown.extensions) {
    const row = make("tr", "", changed(held));
    row.append(make("th", "extension"), make("td", held.name), make("td", `step ${held.by + 1}`, "by"));
    table.append(row);
  }
  const parts = [make("p", shown.line, "line"), table];
  if (shown.body) {
    const size = shown.body.cut ? `body, ${shown.body.size}, its beginning` : `body, ${shown.body.size}`;
    parts.push(make("p", size, "none"), make("pre", shown.body.lines.join("\n"), changed(shown.body)));
  }
  return parts;
}

function show() {
  const now = cycle.steps[step];
  if (!now) return;
  const before = cycle.steps[step - 1] || { request: null, response: null };
  at("scrubber").value = String(step);
  at("where").textContent = `step ${step + 1} of ${last + 1}, ${now.time}`;
  at("step").textContent = `${now.edge} ${now.stage} ${now.name}`;
  const changes = now.changes.map((change) => make("li", `${change.sign} ${change.text}${change.by ? `  by ${change.by}` : ""}`));
  const marks = now.marks.map((mark) => make("li", `· ${mark}`, "mark"));
  put(at("changes"), ...changes, ...marks);
  if (changes.length + marks.length === 0) put(at("changes"), make("li", "nothing", "none"));
  put(at("request"), ...message(now.request, before.request));
  put(at("response"), ...message(now.response, before.response));
  const current = owner(step);
  [...at("timeline").children].forEach((line, i) => line.classList.toggle("current", i === current));
}

function go(to) {
  step = Math.min(Math.max(to, 0), last);
  show();
}

function play() {
  if (playing) {
    clearInterval(playing);
    playing = 0;
  } else {
    if (step === last) go(0);
    playing = setInterval(() => (step === last ? play() : go(step + 1)), PACE_MS);
  }
  at("play").textContent = playing ? "Pause" : "Play";
}

const keys = {
  ArrowLeft: () => go(step - 1),
  ArrowRight: () => go(step + 1),
  Home: () => go(0),
  End: () => go(last),
  " ": play,
};

at("first").addEventListener("click", keys.Home);
at("back").addEventListener("click", keys.ArrowLeft);
at("forward").addEventListener("click", keys.ArrowRight);
at("play").addEventListener("click", play);
at("scrubber").addEventListener("input", (event) => go(Number(event.target.value)));
document.addEventListener("keydown", (event) => {
  const key = keys[event.key];
  if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  key();
});
facts();
timeline();
// `#7` opens the file at the seventh step.
go((Number.parseInt(location.hash.slice(1), 10) || 1) - 1);
