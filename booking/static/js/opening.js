// Counts down to the opening of bookings, on the server's clock. Without this file the page says the same in words.
(() => {
  "use strict";

  const SECOND = 1000;
  const SIZES = [86400, 3600, 60, 1];

  // « 2 j 03 h 12 min 05 s »: from the first unit that is not zero.
  function words(seconds, units) {
    const parts = [];
    for (const [place, size] of SIZES.entries()) {
      const count = Math.floor(seconds / size);
      seconds -= count * size;
      if (count || parts.length || size === 1) parts.push(`${parts.length ? String(count).padStart(2, "0") : count}\u00a0${units[place]}`);
    }
    return parts.join(" ");
  }

  for (const note of document.querySelectorAll("[data-opens-at]")) {
    const opensAt = Date.parse(note.dataset.opensAt);
    // A computer whose clock is wrong must not announce the opening before, or after, the server opens.
    const ahead = Date.now() - Date.parse(note.dataset.now);
    const countdown = note.querySelector("[data-countdown]");
    const units = countdown.dataset.units.split("|");

    const tick = () => {
      const left = opensAt - (Date.now() - ahead);
      if (left > 0) {
        countdown.textContent = countdown.dataset.words.replace("%(time)s", words(Math.ceil(left / SECOND), units));
        return;
      }
      clearInterval(timer);
      for (const part of note.querySelectorAll("p")) part.hidden = !part.hasAttribute("data-open");
      note.classList.replace("warn", "ok");
    };
    const timer = setInterval(tick, SECOND);
    tick();
  }
})();
