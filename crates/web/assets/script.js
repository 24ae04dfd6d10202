// Live updates, countdowns, the date slider and keys. Everything on a page works without this.
"use strict";
(() => {
  const main = document.getElementById("main");

  // Live: when something happened, the page is asked for again and its content replaced, unless somebody is
  // filling in a form. The server tells of what this viewer may see, and no more.
  let stale = false;
  const busy = () => main.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
  async function refresh(shows = true) {
    if (busy()) { stale = true; return; }
    stale = false;
    const open = [...main.querySelectorAll("details[open][id]")].map((each) => each.id);
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
    if (!fresh || fresh.innerHTML === main.innerHTML) return;
    const focused = main.contains(document.activeElement) ? document.activeElement.id : "";
    main.replaceChildren(...fresh.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.focus();
    main.classList.remove("changed");
    if (shows) { void main.offsetWidth; main.classList.add("changed"); }
    tick();
  }
  // Figures that come in without an event are asked for again now and then, and nothing lights up for them.
  if (main?.dataset.every) setInterval(() => { if (!document.hidden) refresh(false).catch(() => {}); }, main.dataset.every * 1000);
  if (main?.dataset.live) {
    let source, lost = false;
    const look = () => refresh().catch(() => {});
    const listen = () => {
      source = new EventSource(main.dataset.live);
      source.addEventListener("changed", look);
      // What happened while nobody was heard was told to nobody.
      source.addEventListener("open", () => { if (lost) look(); lost = false; });
      source.addEventListener("error", () => {
        lost = true;
        // A browser comes back by itself, but not after an answer that is no stream.
        if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
      });
    };
    listen();
    main.addEventListener("focusout", () => { if (stale) setTimeout(look, 0); });
    addEventListener("pagehide", () => source.close());
  }

  // Countdowns: <time data-until datetime="…"> gets how long is left.
  function tick() {
    for (const time of document.querySelectorAll("time[data-until]")) {
      const left = Math.floor((new Date(time.dateTime) - Date.now()) / 1000);
      const days = Math.floor(left / 86400), hours = Math.floor(left / 3600) % 24, minutes = Math.floor(left / 60) % 60;
      const words = left < 0 ? "over" : days ? `${days} d ${hours} h left` : hours ? `${hours} h ${minutes} min left` : `${minutes} min ${left % 60} s left`;
      const place = time.nextElementSibling?.matches(".left") ? time.nextElementSibling : null;
      if (place && place.textContent !== words) place.textContent = words;
    }
  }
  tick();
  setInterval(tick, 1000);

  // The date slider: <input type=range data-dates="id"> moves the date field of that id.
  for (const range of document.querySelectorAll("input[type=range][data-dates]")) {
    const field = document.getElementById(range.dataset.dates);
    const first = new Date(range.dataset.first + "T00:00:00Z");
    range.hidden = false;
    range.value = Math.round((new Date(field.value + "T00:00:00Z") - first) / 86400000);
    range.addEventListener("input", () => {
      field.value = new Date(first.getTime() + range.value * 86400000).toISOString().slice(0, 10);
    });
    range.addEventListener("change", () => field.form.requestSubmit());
  }

  // Keys: g and a letter opens an area, / goes to the first field, ? shows the keys.
  const areas = { h: "/", a: "/agreement", k: "/ask", s: "/sourcing", t: "/traffic", m: "/statements", l: "/ledger", p: "/position", j: "/journal" };
  let prefix = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    if (event.key === "g") { prefix = Date.now(); return; }
    const soon = Date.now() - prefix < 1500;
    prefix = 0;
    if (soon && areas[event.key]) { location.assign(areas[event.key]); return; }
    if (event.key === "/") { event.preventDefault(); main?.querySelector("input:not([type=hidden]), select")?.focus(); }
    if (event.key === "?") location.assign("/keys");
  });
})();
