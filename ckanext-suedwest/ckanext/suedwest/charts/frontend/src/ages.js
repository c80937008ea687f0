// Ages in words, kept up to date while the page is open: <time data-age datetime=…>.

const words = {
  de: {
    measured: "Gemessen",
    now: "gerade eben",
    minutes: (n) => `vor ${n} Minute${n === 1 ? "" : "n"}`,
    hours: (n) => `vor ${n} Stunde${n === 1 ? "" : "n"}`,
  },
  en: {
    measured: "Measured",
    now: "just now",
    minutes: (n) => `${n} minute${n === 1 ? "" : "s"} ago`,
    hours: (n) => `${n} hour${n === 1 ? "" : "s"} ago`,
  },
};

export function ageInWords(instant, now, language) {
  const { now: justNow, minutes, hours } = words[language];
  const age = Math.floor((now - instant) / 60000);
  if (age < 1) return justNow;
  return age < 60 ? minutes(age) : hours(Math.floor(age / 60));
}

export function updateAges() {
  const language = document.documentElement.lang.startsWith("de") ? "de" : "en";
  for (const element of document.querySelectorAll("time[data-age]")) {
    const instant = Date.parse(element.dateTime);
    element.textContent =
      `${words[language].measured} ${ageInWords(instant, Date.now(), language)}`;
  }
}

export function keepAgesCurrent() {
  // A page from a cache may be some minutes old already.
  updateAges();
  setInterval(updateAges, 20000);
}
