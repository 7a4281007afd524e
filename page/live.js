// @ts-check
/**
 * Shows the live view of the unit, and each later one that the server sends. Values are set as text only, never as HTML: they
 * may come from a guest.
 *
 * @import { Cell, Fact, LiveView, Note, Point, Section, Tone } from "../src/service/live-view.ts"
 */

/** A shape for each tone, beside its word: colour says nothing alone. @type {Readonly<Record<Tone, string>>} */
const SHAPES = { good: "○", busy: "▶", attention: "△", problem: "✖" };
/** @type {Readonly<Record<Tone, string>>} */
const WORDS = { good: "all is well", busy: "at work", attention: "attention", problem: "problem" };
const RETRY_MS = 5000;
/** The server sends a view every 15 s at least: a connection that is silent for longer is a dead one, which may never say so. */
const SILENT_MS = 40_000;
const PLOT = { width: 600, height: 120, gap: 2 };

const page = {
  unit: element("unit"),
  summary: element("summary"),
  connection: element("connection"),
  pause: element("pause"),
  sections: element("sections"),
};
/** The server's clock minus this one's, in milliseconds. */
let skewMs = 0;
let isPaused = false;
let isConnected = false;
let heardAt = Date.now();
/** @type {LiveView | undefined} */
let latest;
let source = listen();

setInterval(tick, 1000);
setInterval(endSilence, RETRY_MS);
page.pause.addEventListener("click", () => {
  isPaused = !isPaused;
  page.pause.setAttribute("aria-pressed", String(isPaused));
  if (!isPaused && latest) show(latest);
  tellConnection();
});

/** Browsers connect again by themselves, unless the server has refused. */
function listen() {
  const started = new EventSource("view/events");
  heardAt = Date.now();
  started.addEventListener("message", ({ data }) => {
    latest = /** @type {LiveView} */ (JSON.parse(data));
    heardAt = Date.now();
    skewMs = latest.at - heardAt;
    isConnected = true;
    if (!isPaused) show(latest);
    tellConnection();
  });
  started.addEventListener("error", () => {
    isConnected = false;
    tellConnection();
  });
  return started;
}

/** A tunnel may end, or a computer sleep, without a word to the browser. */
function endSilence() {
  const isSilent = Date.now() - heardAt > SILENT_MS;
  if (isSilent) {
    isConnected = false;
    tellConnection();
  }
  if (!isSilent && source.readyState !== EventSource.CLOSED) return;
  source.close();
  source = listen();
}

function tellConnection() {
  const lost = latest ? `Not connected: values of ${clockTime(latest.at)}` : "Not connected";
  const text = isConnected ? (isPaused ? "Paused" : "Live") : lost;
  setText(page.connection, text);
  document.body.classList.toggle("stale", text !== "Live");
}

/** @param {LiveView} view */
function show(view) {
  setText(page.unit, view.unit);
  setText(page.summary, `${SHAPES[view.tone] ?? ""} ${view.summary} (${WORDS[view.tone] ?? ""})`);
  page.summary.className = toneOf(view.tone);
  document.title = `${SHAPES[view.tone] ?? ""} ${view.summary} · ${view.unit}`;
  const shown = view.sections.map((section) => {
    const id = `section-${section.title.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
    return document.getElementById(id) ?? emptySection(id, section.title);
  });
  // Moves nothing that is there already: focus and open details stay.
  shown.forEach((one, index) => {
    if (page.sections.children[index] !== one)
      page.sections.insertBefore(one, page.sections.children[index] ?? null);
  });
  while (page.sections.children.length > shown.length) page.sections.lastElementChild?.remove();
  view.sections.forEach((section, index) => fill(/** @type {HTMLElement} */ (shown[index]), section));
  tick();
}

/**
 * @param {string} id
 * @param {string} title
 */
function emptySection(id, title) {
  const section = make("section", { id, "aria-labelledby": `${id}-title` });
  section.append(make("h2", { id: `${id}-title` }, title), make("div", { class: "body" }));
  return section;
}

/**
 * @param {HTMLElement} shown
 * @param {Section} section
 */
function fill(shown, section) {
  const text = JSON.stringify(section);
  // What has not changed stays as it is, for people who select or read it.
  if (shown.dataset.shown === text) return;
  shown.dataset.shown = text;
  const body = /** @type {HTMLElement} */ (shown.querySelector(".body"));
  const isOpen = body.querySelector("details")?.open === true;
  const hadFocus = body.contains(document.activeElement);
  body.replaceChildren(...bodyOf(section));
  const details = body.querySelector("details");
  if (details && isOpen) details.open = true;
  if (hadFocus) details?.querySelector("summary")?.focus();
}

/**
 * @param {Section} section
 * @returns {readonly Element[]}
 */
function bodyOf(section) {
  switch (section.kind) {
    case "grid":
      return section.cells.length === 0
        ? [make("p", {}, section.empty)]
        : [list("grid", section.cells.map(cellOf))];
    case "facts":
      return [facts(section.facts)];
    case "notes":
      return section.notes.length === 0
        ? [make("p", {}, section.empty)]
        : [list("notes", section.notes.map(noteOf))];
    case "plot":
      return section.points.length === 0
        ? [make("p", {}, section.empty)]
        : plot(section.title, section.points);
  }
}

/** @param {Cell} cell */
function cellOf({ name, state, tone, since }) {
  const item = make("li", { class: toneOf(tone) });
  item.append(shape(tone), make("span", { class: "state" }, state), make("span", { class: "name" }, name));
  if (since !== undefined) item.append(time(since));
  return item;
}

/** @param {Note} note */
function noteOf({ text, tone, at, nextAt }) {
  const item = make("li", { class: toneOf(tone) });
  item.append(shape(tone), make("span", { class: "hidden" }, `${WORDS[tone] ?? ""}: `));
  item.append(make("span", { class: "text" }, text));
  if (at !== undefined) item.append(time(at));
  if (nextAt !== undefined) item.append(make("span", {}, " tried again "), time(nextAt));
  return item;
}

/** @param {readonly Fact[]} all */
function facts(all) {
  const shown = make("dl", {});
  for (const { name, value, at } of all) {
    const described = make("dd", {}, value);
    if (at !== undefined) described.append(" ", time(at));
    const group = make("div", {});
    group.append(make("dt", {}, name), described);
    shown.append(group);
  }
  return shown;
}

/**
 * Bars, and the same as a table for those who cannot see them.
 *
 * @param {string} title
 * @param {readonly Point[]} points
 */
function plot(title, points) {
  const values = points.map(({ value }) => value);
  const most = Math.max(...values, 0.001);
  const label = `The last ${values.length}: median ${seconds(medianOf(values))}, longest ${seconds(most)}`;
  const drawing = svg("svg", {
    viewBox: `0 0 ${PLOT.width} ${PLOT.height}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": `${title}. ${label}`,
  });
  const width = PLOT.width / Math.max(values.length, 20);
  values.forEach((value, index) => {
    const height = Math.max(2, (value / most) * PLOT.height);
    const bar = { x: index * width, y: PLOT.height - height, width: Math.max(1, width - PLOT.gap), height };
    drawing.append(
      svg("rect", Object.fromEntries(Object.entries(bar).map(([name, size]) => [name, String(size)]))),
    );
  });
  const details = make("details", {});
  details.append(make("summary", {}, "Values"), table(points));
  return [make("p", {}, label), drawing, details];
}

/** @param {readonly Point[]} points */
function table(points) {
  const shown = make("table", {});
  const head = make("tr", {});
  head.append(make("th", { scope: "col" }, "Ended"), make("th", { scope: "col" }, "Took"));
  shown.append(head);
  for (const { at, value } of [...points].reverse()) {
    const row = make("tr", {});
    row.append(make("td", {}, clockTime(at)), make("td", {}, seconds(value)));
    shown.append(row);
  }
  return shown;
}

/** Sets how long ago all shown times are. */
function tick() {
  const now = Date.now() + skewMs;
  for (const shown of document.querySelectorAll("time")) {
    const at = Date.parse(shown.dateTime);
    setText(shown, at > now ? `in ${duration(at - now)}` : duration(now - at));
  }
}

/** @param {number} at */
function time(at) {
  const shown = make("time", {});
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return shown;
  shown.setAttribute("datetime", moment.toISOString());
  shown.title = moment.toLocaleString();
  return shown;
}

/** @param {number} at */
function clockTime(at) {
  return new Date(at).toLocaleTimeString();
}

/** @param {number} ms */
function duration(ms) {
  const all = Math.max(0, Math.floor(ms / 1000));
  if (all < 60) return `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min`;
  return all < 86_400 ? `${Math.floor(all / 3600)} h` : `${Math.floor(all / 86_400)} d`;
}

/** @param {number} value */
function seconds(value) {
  return value < 60 ? `${Math.round(value * 10) / 10} s` : duration(value * 1000);
}

/** @param {readonly number[]} values */
function medianOf(values) {
  return [...values].sort((left, right) => left - right)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/**
 * @param {string} name
 * @param {readonly Element[]} items
 */
function list(name, items) {
  // Safari's screen reader knows no list without list marks otherwise.
  const shown = make("ul", { class: name, role: "list" });
  shown.append(...items);
  return shown;
}

/** @param {Tone} tone */
function shape(tone) {
  return make("span", { class: "shape", "aria-hidden": "true" }, SHAPES[tone] ?? "");
}

/** A class only for the tones that are known. @param {Tone} tone */
function toneOf(tone) {
  return Object.hasOwn(SHAPES, tone) ? tone : "";
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string>>} attributes
 * @param {string} [text]
 */
function make(name, attributes, text) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string>>} attributes
 */
function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Changes nothing, and lets no screen reader speak, when the text is there already. @param {Element} shown @param {string} text */
function setText(shown, text) {
  if (shown.textContent !== text) shown.textContent = text;
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element ${id}`);
  return found;
}
