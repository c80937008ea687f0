// Keeps a page with measured values up to date while it is open: <main data-live=seconds>.
//
// It asks for the page's own address again, which the browser does with the ETag of what it has,
// and changes only what the server has changed since; so pages, embeds and files that were kept for
// a flood night need nothing but themselves. Between two answers it keeps ages going, marks values
// that no longer speak of now, and says since when there is no connection.

import { applyChanges } from "./live-changes.js";

const german = globalThis.document?.documentElement.lang.startsWith("de") ?? true;
const WORDS = german
  ? {
      lost: (clock) => `Keine Verbindung seit ${clock} Uhr. Neuere Werte fehlen hier.`,
      back: "Die Verbindung ist wieder da.",
      late: "verspätet, ",
      old: "Werte auf dieser Seite sind nicht mehr aktuell.",
      now: "gerade eben",
      minutes: (n) => `vor ${n} Minute${n === 1 ? "" : "n"}`,
      hours: (n) => `vor ${n} Stunde${n === 1 ? "" : "n"}`,
    }
  : {
      lost: (clock) => `No connection since ${clock}. Newer values are missing here.`,
      back: "The connection is back.",
      late: "late, ",
      old: "Values on this page are no longer current.",
      now: "just now",
      minutes: (n) => `${n} minute${n === 1 ? "" : "s"} ago`,
      hours: (n) => `${n} hour${n === 1 ? "" : "s"} ago`,
    };
const MINUTE = 60_000;
const TICK = 10_000;
const FIRST_LOOK = 5_000;
const ANSWER_WITHIN = 20_000;
const LONGEST_PAUSE = 10 * MINUTE;
// A page without any live value has become old when it was kept that long ago.
const KEPT_FOR = 60 * MINUTE;

/** Milliseconds until the next try after some failures in a row; `random` is from 0 to 1. */
export function pauseAfter(failures, every, retryAfter, random) {
  const doubled = Math.min((every / 4) * 2 ** (failures - 1), LONGEST_PAUSE);
  // Browsers that lost the same server must not all come back in the same second.
  return Math.max(Math.round(doubled * (0.8 + 0.4 * random)), retryAfter);
}

/** The header Retry-After in milliseconds: seconds or a date; 0 without one. */
export function retryAfterOf(text, now) {
  if (!text) return 0;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const until = Date.parse(text);
  return Number.isNaN(until) ? 0 : Math.max(0, until - now);
}

export function ageInWords(instant, now) {
  const minutes = Math.floor((now - instant) / MINUTE);
  if (minutes < 1) return WORDS.now;
  return minutes < 60 ? WORDS.minutes(minutes) : WORDS.hours(Math.floor(minutes / 60));
}

/** What stands in a <time>: its age if it has one, and first whether its value is late by now. */
export function timeInWords(said, { age, instant, until, late = WORDS.late }, now) {
  const bare = said.startsWith(late) ? said.slice(late.length) : said;
  const words = age === undefined ? bare : age + ageInWords(instant, now);
  return until !== undefined && now >= until ? late + words : words;
}

function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

class LivePage {
  constructor(main) {
    this.main = main;
    this.every = Number(main.dataset.live) * 1000;
    this.served = main.cloneNode(true);
    this.tag = undefined;
    this.failures = 0;
    this.offset = undefined;
    this.contact = undefined;
    this.asking = false;
    this.bar = this.addLine("contact-lost");
    this.news = this.addLine("visually-hidden");
  }

  /** A line that is read out when its text changes; below the page, so that nothing moves. */
  addLine(name) {
    const line = document.createElement("p");
    line.className = `${name} no-print`;
    line.setAttribute("role", "status");
    document.body.append(line);
    return line;
  }

  start() {
    this.plan(Math.min(this.every, FIRST_LOOK));
    setInterval(() => this.tick(), Math.min(this.every, TICK));
    const lookNow = () => document.hidden || this.ask();
    document.addEventListener("visibilitychange", lookNow);
    addEventListener("online", lookNow);
    addEventListener("offline", () => this.ask());
    addEventListener("pageshow", (event) => event.persisted && lookNow());
  }

  /** Now by the server's clock; undefined before it is known. */
  now() {
    return this.offset === undefined ? undefined : Date.now() + this.offset;
  }

  plan(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), pause);
  }

  async ask() {
    // Nobody looks: it goes on when somebody does.
    if (this.asking || document.hidden) return;
    this.asking = true;
    let retryAfter = 0;
    try {
      const answer = await fetch(location.pathname + location.search, {
        cache: "no-cache",
        credentials: this.main.classList.contains("embed") ? "omit" : "same-origin",
        signal: AbortSignal.timeout(ANSWER_WITHIN),
      });
      retryAfter = retryAfterOf(answer.headers.get("Retry-After"), Date.now());
      await this.take(answer);
      this.failures = 0;
      this.plan(this.every);
    } catch (error) {
      console.warn("The page could not be refreshed.", error);
      this.failures += 1;
      this.offset ??= 0;
      this.plan(pauseAfter(this.failures, this.every, retryAfter, Math.random()));
    } finally {
      this.asking = false;
    }
    this.tick();
  }

  async take(answer) {
    if (!answer.ok) throw new Error(`answered with ${answer.status}`);
    const tag = answer.headers.get("ETag");
    if (!tag || tag !== this.tag) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("main[data-live]");
      // Such as the page of a network that wants a login first.
      if (!fresh) throw new Error("answered with another page");
      this.put(document.adoptNode(fresh));
      this.tag = tag;
    }
    const date = Date.parse(answer.headers.get("Date") ?? "");
    this.offset = Number.isNaN(date) ? 0 : date - Date.now();
    this.contact = this.now();
  }

  put(fresh) {
    const told = this.told();
    this.served = applyChanges(this.main, this.served, fresh);
    const news = this.told().filter((words) => !told.includes(words));
    if (news.length) setText(this.news, news.join(" "));
    document.dispatchEvent(new CustomEvent("suedwest:refreshed"));
  }

  /** Sentences whose change matters to who does not see it: data-told, or else the text itself. */
  told() {
    return [...this.main.querySelectorAll("[data-told]")].map((element) =>
      (element.dataset.told || element.textContent).replace(/\s+/g, " ").trim(),
    );
  }

  tick() {
    const now = this.now();
    if (now === undefined) return;
    this.sayContact(now);
    for (const time of this.main.querySelectorAll("time[data-age], time[data-live-until]")) {
      const { age, late, liveUntil } = time.dataset;
      const until = liveUntil === undefined ? undefined : Date.parse(liveUntil);
      const instant = Date.parse(time.dateTime);
      setText(time, timeInWords(time.textContent, { age, instant, until, late }, now));
      if (until !== undefined) this.mark(time, now >= until);
    }
    for (const line of this.main.querySelectorAll("p.kept[data-made]")) {
      const until = Date.parse(line.dataset.liveUntil ?? "");
      const end = Number.isNaN(until) ? Date.parse(line.dataset.made) + KEPT_FOR : until;
      setText(line.querySelector("[role=status]"), now >= end ? WORDS.old : "");
    }
  }

  mark(time, past) {
    const place = time.closest("li, tr, .tile, .station-head") ?? time.closest("main");
    place.classList.toggle("past", past);
    const sign = time.closest(".fresh, .t, .d, td, p, span")?.querySelector(".sym-fresh use");
    sign?.setAttribute("href", past ? "#f-late" : "#f-live");
  }

  sayContact(now) {
    const lost =
      this.failures > 0 &&
      (!navigator.onLine || this.contact === undefined || now - this.contact > 1.5 * this.every);
    if (lost) {
      const since = new Intl.DateTimeFormat(german ? "de" : "en-GB", {
        timeStyle: "short",
        timeZone: "Europe/Berlin",
      }).format(this.contact ?? now);
      this.lostSince ??= since;
      setText(this.bar, WORDS.lost(this.lostSince));
    } else if (this.lostSince !== undefined && this.failures === 0) {
      this.lostSince = undefined;
      setText(this.bar, "");
      setText(this.news, WORDS.back);
    }
    document.documentElement.classList.toggle("no-contact", this.lostSince !== undefined);
  }
}

const main = globalThis.document?.querySelector("main[data-live]");
if (main) new LivePage(main).start();
