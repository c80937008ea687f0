// Numbers and times as the pages write them: levels in metres, clock times of Europe/Berlin.

const zone = "Europe/Berlin";
const noBreak = "\u00a0";

export class Format {
  constructor(language, unit) {
    this.language = language;
    this.factor = unit === "cm" ? 0.01 : 1;
    this.unit = unit === "cm" ? "m" : unit;
    const locale = language === "de" ? "de-DE" : "en-GB";
    const parts = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
    this.locale = locale;
    this.weekday = parts({ weekday: "short" });
    this.date = parts({ day: "numeric", month: language === "de" ? "numeric" : "short" });
    this.month = parts({ month: "short", year: "2-digit" });
    this.time = parts({ hour: "numeric", minute: "2-digit", hourCycle: "h23" });
    this.zoneName = parts({ hour: "numeric", timeZoneName: "short" });
  }

  number(value, decimals) {
    const text = new Intl.NumberFormat(this.locale, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    }).format(value);
    return text.replace("-", "\u2212");
  }

  // `value` in the shown unit.
  quantity(value) {
    const size = Math.abs(value);
    const decimals = this.unit === "m" || size < 10 ? 2 : size < 100 ? 1 : 0;
    return `${this.number(value, decimals)}${noBreak}${this.unit}`;
  }

  day(seconds) {
    const at = new Date(seconds * 1000);
    return `${this.weekday.format(at)} ${this.date.format(at)}`;
  }

  clock(seconds) {
    const text = this.time.format(new Date(seconds * 1000)).replace(/^0(?=\d:)/, "");
    return this.language === "de" ? `${text}${noBreak}Uhr` : text;
  }

  // A moment, an hour, a day: what a column stands for.
  span(start, end) {
    if (end - start > 20 * 3600) {
      const [first, last] = [this.day(start + 3600), this.day(end - 2 * 3600)];
      return first === last ? first : `${first} – ${last}`;
    }
    if (start === end) return `${this.day(start)}, ${this.clock(start)}`;
    const until = this.clock(end);
    const from = this.clock(start).replace(`${noBreak}Uhr`, "");
    return `${this.day(start)}, ${from}–${until}`;
  }

  monthOf(seconds) {
    return this.month.format(new Date(seconds * 1000));
  }

  isMidnight(seconds) {
    return /^0?0:00$/.test(this.time.format(new Date(seconds * 1000)));
  }
}
