// What a page can do without a server: clocks that run, and whether news arrive. All of it is extra.
"use strict";

const SECOND = 1000;
const UNITS = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"]];

function span(seconds) {
  if (seconds < 60) return `${seconds} s`;
  for (const [size, name, small, smallName] of UNITS) {
    if (seconds >= size) {
      const rest = Math.floor((seconds % size) / small);
      return `${Math.floor(seconds / size)} ${name}${rest ? ` ${rest} ${smallName}` : ""}`;
    }
  }
  return `${Math.floor(seconds / 60)} min`;
}

function countdown(seconds) {
  if (seconds >= 3600 || seconds <= 0) return null;
  const two = (number) => String(number).padStart(2, "0");
  return `in ${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

function relative(at, exactly) {
  const seconds = Math.round((Date.parse(at) - Date.now()) / SECOND);
  const running = exactly ? countdown(seconds) : null;
  if (running) return running;
  if (Math.abs(seconds) < 1) return "now";
  return seconds > 0 ? `in ${span(seconds)}` : `${span(-seconds)} ago`;
}

function tick() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-left], time[data-ago]")) {
    const words = relative(time.dateTime, "left" in time.dataset);
    if (time.textContent !== words) time.textContent = words;
    if ("left" in time.dataset) time.classList.toggle("late", Date.parse(time.dateTime) < Date.now());
  }
}

function say(words, live) {
  for (const place of document.querySelectorAll("p[data-live]")) {
    if (place.textContent !== words) place.textContent = words;
    place.classList.toggle("on", live);
  }
}

document.addEventListener("htmx:sseOpen", () => say("Live", true));
document.addEventListener("htmx:sseError", () => say("Not connected, trying again", false));
document.addEventListener("htmx:afterSwap", tick);
document.addEventListener("DOMContentLoaded", () => {
  tick();
  setInterval(tick, SECOND);
});
