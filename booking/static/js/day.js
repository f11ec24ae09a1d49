// The day of the visit on a telephone: what is typed stays here until the site has confirmed it, however bad the network.
// Without this file every form works as any other: it posts, and comes back with what was typed when something is wrong.
(() => {
  "use strict";

  const PREFIX = "etabli:day:";
  const KEPT_MS = 7 * 24 * 3600 * 1000;
  const PATIENCE_MS = 20000;

  const storage = {
    read(name) {
      try { return JSON.parse(localStorage.getItem(PREFIX + name)); } catch { return null; }
    },
    write(name, value) {
      try { localStorage.setItem(PREFIX + name, JSON.stringify(value)); } catch { /* full or forbidden: the form itself still holds it */ }
    },
    forget(name) {
      try { localStorage.removeItem(PREFIX + name); } catch { /* nothing was kept */ }
    },
    forgetOld() {
      try {
        for (const name of Object.keys(localStorage).filter((each) => each.startsWith(PREFIX))) {
          const kept = this.read(name.slice(PREFIX.length));
          if (!kept || Date.now() - kept.at > KEPT_MS) localStorage.removeItem(name);
        }
      } catch { /* nothing was kept */ }
    },
  };

  const formsOf = (root) => [...root.querySelectorAll("form[data-day]")];
  const keysOf = (root) => (root.querySelector("#day-keys")?.dataset.keys || "").split(" ").filter(Boolean);

  // Everything typed or hidden, but the token, which is the session's.
  function valuesOf(form) {
    const values = Object.fromEntries(new FormData(form).entries());
    delete values.csrf_token;
    return values;
  }

  function putBack(form, values) {
    for (const field of form.elements) {
      if (!field.name || field.name === "csrf_token" || !(field.name in values)) continue;
      if (field.type === "radio") field.checked = field.value === values[field.name];
      else if (field.type !== "submit") field.value = values[field.name];
    }
    form.closest("details")?.setAttribute("open", "");
  }

  function say(form, isWaiting) {
    const note = form.querySelector("[data-waiting]");
    if (note) note.hidden = !isWaiting;
  }

  function keep(form, more) {
    const before = storage.read(form.dataset.day) || {};
    storage.write(form.dataset.day, { ...before, ...more, values: valuesOf(form), at: Date.now() });
  }

  async function fetched(address, options) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const answer = await fetch(address, { credentials: "same-origin", signal: patience.signal, ...options });
      return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
    } finally {
      clearTimeout(timer);
    }
  }

  async function post(form, extra) {
    const body = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(extra)) body.set(name, value);
    return fetched(location.pathname, { method: "POST", body });
  }

  // A form that waited for hours has an old token: take the one of a fresh page, once.
  async function renewToken() {
    const { page } = await fetched(location.pathname, {});
    const token = page.querySelector("input[name=csrf_token]")?.value;
    if (!token) return false;
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
    return true;
  }

  async function send(form, extra) {
    const name = form.dataset.day;
    const pressed = form.elements.namedItem("pressed_at");
    if (pressed && !pressed.value) pressed.value = new Date().toISOString();
    keep(form, { extra, sent: true });
    form.setAttribute("aria-busy", "true");
    try {
      let { answer, page } = await post(form, extra);
      if (answer.status === 400 && (await renewToken())) ({ answer, page } = await post(form, extra));
      if (answer.status >= 500) throw new Error("the site did not answer");
      const isDayPage = page.querySelector("#day-keys") !== null;
      if (!isDayPage) {
        // Signed out, or the link has ended: the browser shows what the site says; what was typed is still kept.
        form.submit();
        return;
      }
      if (keysOf(page).includes(valuesOf(form).key) || !formsOf(page).some((each) => each.dataset.day === name)) storage.forget(name);
      else keep(form, { sent: false });
      show(page, answer.url);
    } catch {
      say(form, true);
    } finally {
      form.removeAttribute("aria-busy");
    }
  }

  function show(page, address) {
    document.title = page.title;
    document.querySelector("main").replaceWith(page.querySelector("main"));
    history.replaceState(null, "", address);
    start();
    const here = document.querySelector(".error-summary") || (location.hash && document.querySelector(location.hash));
    here?.scrollIntoView();
    here?.focus();
  }

  function start() {
    storage.forgetOld();
    const confirmed = keysOf(document);
    for (const form of formsOf(document)) {
      const name = form.dataset.day;
      const kept = storage.read(name);
      if (kept && confirmed.includes(kept.values?.key)) storage.forget(name);
      else if (kept?.values && !document.querySelector(".error-summary")) {
        putBack(form, kept.values);
        say(form, Boolean(kept.sent));
      }
      form.addEventListener("input", () => keep(form, {}));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (form.getAttribute("aria-busy") === "true") return;
        const button = event.submitter;
        send(form, button?.name ? { [button.name]: button.value } : {});
      });
      form.querySelector("[data-again]")?.addEventListener("click", () => send(form, storage.read(name)?.extra || {}));
    }
  }

  start();
})();
