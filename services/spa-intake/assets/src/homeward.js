// The interface works without this script; it adds the design system's behaviour and live cells.
import "htmx.org";
import "htmx.org/dist/ext/hx-sse.js";
import { initAll } from "nhsuk-frontend";

const QUIET_MS = 45_000; // the server says something every 15 seconds
const POLL_MS = 30_000;

initAll();

const live = document.getElementById("live");
const notLive = document.getElementById("not-live");
const freshness = document.getElementById("freshness");

if (live) {
  let heardAt = Date.now();
  let poll = null;

  const clock = () => new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

  const heard = () => {
    heardAt = Date.now();
    if (poll === null) return;
    clearInterval(poll);
    poll = null;
    if (notLive) notLive.hidden = true;
  };

  const fetchCells = () => {
    if (live.dataset.cells) window.htmx.ajax("GET", live.dataset.cells, { source: live, swap: "none" });
  };

  const lost = () => {
    const since = clock();
    if (freshness) freshness.textContent = `Not live since ${since}`;
    if (notLive) {
      notLive.textContent = `Not live since ${since}. The page looks for changes every 30 seconds.`;
      notLive.hidden = false;
    }
    poll = setInterval(fetchCells, POLL_MS);
    fetchCells();
  };

  document.addEventListener("htmx:sse:before:message", heard);
  setInterval(() => {
    if (poll === null && Date.now() - heardAt > QUIET_MS) lost();
  }, 1000);
}
