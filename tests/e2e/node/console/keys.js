// Hands for walks by the keyboard: each stop of Tab is looked at as somebody would who cannot point.
"use strict";

/** So many stops no page has. */
const STOPS_MAX = 400;

/** In the page: what has the focus, and whether the stop before it looked different while it had it. */
function look() {
  const styleOf = (element) => {
    const parts = [];
    for (let each = element, up = 0; each && up < 4; each = each.parentElement, up += 1) {
      const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, textDecorationLine } = getComputedStyle(each);
      parts.push(outlineStyle === "none" ? "" : `${outlineWidth} ${outlineColor}`, boxShadow, borderColor, backgroundColor, textDecorationLine);
    }
    return parts.join("|");
  };
  const nameOf = (element) => {
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
    const text = element.matches("input, textarea, select") ? "" : element.textContent;
    return (element.getAttribute("aria-label") ?? (labels || text || element.getAttribute("title") || "")).replace(/\s+/g, " ").trim();
  };
  const element = document.activeElement ?? document.body;
  const last = window.lastStop;
  // Where a new page begins is no stop of Tab.
  const isStop = last && last.element.isConnected && !last.element.matches("body, main, dialog");
  const isUnseen = isStop && last.element !== element && styleOf(last.element) === last.style;
  window.lastStop = { element, style: styleOf(element) };
  const box = element.getBoundingClientRect();
  const isInView = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const isTop = element.closest("header")?.parentElement?.classList.contains("shell");
  const region = element.closest("main") ? "main" : isTop ? "header" : element.closest("nav") ? "nav" : "";
  return {
    tag: element.tagName.toLowerCase(),
    name: nameOf(element),
    landmark: element.closest("dialog") ? "dialog" : element.closest("nav") ? "nav" : region,
    region,
    isInView,
    unseen: isUnseen ? `${last.element.tagName.toLowerCase()} ${nameOf(last.element)}` : "",
  };
}

exports.keys = ({ page, expect }) => {
  const focused = () => page.evaluate(look);

  async function tab({ key = "Tab", mayLeave = false } = {}) {
    await page.keyboard.press(key);
    const stop = await focused();
    expect(stop.unseen === "", `nobody sees the focus at: ${stop.unseen}`);
    expect(mayLeave || stop.tag === "body" || stop.isInView, `out of view: ${JSON.stringify(stop)}`);
    return stop;
  }

  /** Goes on by Tab to a control of this kind and name. */
  async function to(tag, name, key = "Tab", landmark = "") {
    const fits = (text) => (name instanceof RegExp ? name.test(text) : text.includes(name));
    const passed = [];
    for (let tried = 0; tried < STOPS_MAX; tried += 1) {
      const stop = await tab({ key });
      if (stop.tag === tag && fits(stop.name) && (!landmark || stop.landmark === landmark)) return stop;
      passed.push(`${stop.tag} ${stop.name}`.slice(0, 40));
    }
    throw new Error(`Tab does not lead to ${tag} ${name}: ${[...new Set(passed)].join(", ")}`);
  }

  const press = (key) => page.keyboard.press(key);

  /** Once around the page: header, navigation, content, and out again. */
  async function round(path) {
    const order = ["header", "nav", "main", ""];
    let [at, main] = [0, 0];
    for (let stops = 0; ; stops += 1) {
      expect(stops < STOPS_MAX, `${path}: Tab does not leave the page`);
      const stop = await tab();
      if (stop.tag === "body") break;
      if (stops === 0) continue; // the skip link, before everything
      const next = order.indexOf(stop.region);
      if (next < at) break; // around
      at = next;
      if (stop.region === "main") main += 1;
    }
    expect(at >= 2 && main > 0, `${path}: Tab does not reach the content`);
    const forced = await page.evaluate(() => [...document.querySelectorAll("[tabindex]")].filter((one) => one.tabIndex > 0).length);
    expect(forced === 0, `${path}: ${forced} controls put themselves before others`);
  }

  /** One of each landmark with a name of its own, one heading of the first level. */
  async function landmarks(path) {
    const seen = await page.locator("body").ariaSnapshot();
    const count = (pattern) => (seen.match(pattern) ?? []).length;
    expect(count(/^\s*- banner/gm) === 1, `${path}: not one banner: ${seen.slice(0, 400)}`);
    expect(count(/^\s*- main/gm) === 1, `${path}: not one main`);
    expect(count(/^\s*- heading .*\[level=1\]/gm) === 1, `${path}: not one heading of level 1`);
    const navigations = seen.match(/^\s*- navigation.*$/gm) ?? [];
    expect(navigations.every((one) => / "[^"]+"/.test(one)), `${path}: a navigation without a name: ${navigations.join("; ")}`);
    expect(new Set(navigations.map((one) => one.trim())).size === navigations.length, `${path}: two navigations of one name: ${navigations.join("; ")}`);
  }

  return { tab, to, press, focused, round, landmarks };
};
