// Asked by test_live_script.py: what the pages' script says and how long it waits, as JSON.
import { pauseAfter, retryAfterOf, timeInWords } from "../../ckanext-suedwest/ckanext/suedwest/portal/public/suedwest/live.js";

const now = Date.parse("2026-11-23T12:00:00Z");
const minute = 60_000;
const before = (minutes) => now - minutes * minute;
console.log(
  JSON.stringify({
    pauses: [1, 2, 3, 4, 9, 30].map((failures) => pauseAfter(failures, minute, 0, 0.5)),
    apart: [0, 1].map((random) => pauseAfter(2, minute, 0, random)),
    told: pauseAfter(1, minute, 900_000, 0.5),
    retryAfter: ["", "120", "Mon, 23 Nov 2026 12:01:00 GMT", "Mon, 23 Nov 2026 11:00:00 GMT", "soon"].map(
      (text) => retryAfterOf(text, now),
    ),
    ages: [0, 1, 59, 60, 150].map((minutes) =>
      timeInWords("", { age: "", instant: before(minutes) }, now),
    ),
    live: timeInWords("vor 3 Minuten", { age: "", instant: before(9), until: now + 1 }, now),
    over: timeInWords("vor 3 Minuten", { age: "", instant: before(9), until: now }, now),
    still: timeInWords("verspätet, vor 9 Minuten", { age: "", instant: before(10), until: before(1) }, now),
    again: timeInWords("verspätet, 12:45 Uhr", { instant: before(1), until: now + minute }, now),
    other: timeInWords("Gemessen um 12:45 Uhr.", { instant: before(1), until: now, late: "Nicht mehr aktuell. " }, now),
  }),
);
