// What there is to press and to fill in on the pages, and whether a walk did. Each walk writes what it saw and used; `all-used.js` asks at the end
// that every control any of them saw was used by one, in each language.
//
// A control is `page | place | role "name"`: the page without ids, the place a dialog, region, group or card it is in, the name what assistive
// technology reads, without what people and devices named. A hundred rows of a list have one "Delete …".
"use strict";

/** Every page by its address, and the tab it opens with. */
const PAGES = [
  [/^\/$/, "overview"],
  [/^\/sign-in$/, "sign-in"],
  [/^\/password$/, "password"],
  [/^\/products$/, "products"],
  [/^\/products\/[^/]+(?:\/(\w+))?$/, "product", "definition"],
  [/^\/devices$/, "devices"],
  [/^\/devices\/[^/]+\/[^/]+(?:\/(\w+))?$/, "device", "now"],
  [/^\/platform\/api(?:\/[^/]+)?$/, "api"],
  [/^\/platform\/keys$/, "keys"],
  [/^\/platform\/accounts(?:\/(\w+))?$/, "accounts", "users"],
  [/^\/platform\/tools(?:\/(\w+))?$/, "tools", "simulator"],
  [/^\/platform\/audit$/, "audit"],
  [/^\/platform\/problems$/, "problems"],
  [/^\/platform\/settings(?:\/(\w+))?$/, "settings", "limits"],
];

/** The name of a page: `product/topics`. */
function pageOf(address) {
  const under = address.replace(/^\/console(?=\/|$)/, "").replace(/\/$/, "") || "/";
  for (const [pattern, name, first] of PAGES) {
    const found = pattern.exec(under);
    if (found) return first ? `${name}/${found[1] ?? first}` : name;
  }
  return under;
}

/** Runs in the page, before anything of it. */
function watch(language) {
  const CONTROLS = "a[href], button, input, select, textarea, summary, [role=button], [role=switch], .t-pagination__btn, .t-pagination__number";
  const OWN = "[data-own], .mono";
  const PLACES = "dialog, [role=dialog], section, [role=region], [role=group], [role=search], fieldset, article, nav, form";
  const told = new Set();

  const squeezed = (text) => text.replace(/\s+/g, " ").trim();
  /** What is read of an element, with what people named left out. */
  function textOf(element) {
    let text = "";
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) text += node.data;
      if (!(node instanceof Element) || node.matches("svg, select, textarea, [aria-hidden=true]")) continue;
      text += node.matches(OWN) ? "…" : ` ${textOf(node)}`;
    }
    return element.matches(OWN) ? "…" : squeezed(text);
  }
  function labelledBy(element) {
    const ids = element.getAttribute("aria-labelledby");
    return ids ? squeezed(ids.split(/\s+/).map((id) => document.getElementById(id)).map((each) => (each ? textOf(each) : "")).join(" ")) : "";
  }
  function nameOf(element) {
    const label = element.labels?.[0];
    const given = labelledBy(element) || element.getAttribute("aria-label") || (label ? textOf(label) : "");
    return given || textOf(element) || element.title || element.placeholder || "";
  }
  /** Names and values shown beside a control, which its name may repeat. */
  function beside(element) {
    const [, , kind, ...ids] = location.pathname.split("/").map(decodeURIComponent);
    const texts = kind === "devices" ? ids.slice(0, 2) : kind === "products" ? ids.slice(0, 1) : [];
    const around = element.closest("main") ? element.closest("tr, li, article, .copy, .code") : null;
    for (const each of around?.querySelectorAll("td, [title], [data-own], .mono, h2, h3, dd") ?? []) {
      if (!each.contains(element)) texts.push(each.title, squeezed(each.textContent));
    }
    return texts.filter((text) => text.length > 1).sort((a, b) => b.length - a.length);
  }
  function roleOf(element) {
    const role = element.getAttribute("role");
    if (role) return role;
    if (element.localName === "input") return { checkbox: "checkbox", radio: "choice", file: "file" }[element.type] ?? "textbox";
    return { a: "link", select: "combobox", textarea: "textbox", li: "page", div: "page" }[element.localName] ?? element.localName;
  }
  function placeOf(element) {
    const dialog = element.closest("dialog, [role=dialog]");
    for (let place = element.parentElement?.closest(PLACES); place; place = place.parentElement?.closest(PLACES)) {
      const legend = place.localName === "fieldset" ? place.querySelector(":scope > legend") : null;
      const name = labelledBy(place) || place.getAttribute("aria-label") || (legend ? textOf(legend) : "");
      if (name) return dialog && place !== dialog ? `${labelledBy(dialog)}: ${name}` : name;
      if (place.localName === "article") return "article";
      if (place === dialog) break;
    }
    return element.closest("tbody") ? "row" : "";
  }
  const OFF = ":disabled, .t-is-disabled, [aria-disabled=true], [readonly], [type=hidden], [aria-current=page]";
  const isOn = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches(OFF);

  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  function plain(element, text) {
    let name = text.replace(/“[^”]*”/g, "“…”").replace(/^已复制(?= |$)/, "复制").replace(/^Copied(?= |$)/, "Copy");
    for (const other of beside(element)) name = name.replace(new RegExp(`(?<![A-Za-z])${escaped(other)}(?![A-Za-z])`, "g"), "…");
    return squeezed(name.replace(/[0-9][0-9A-Za-z.:_-]*/g, "#")).slice(0, 120);
  }
  /** The choice is the control, not each of its ends. */
  function choiceOf(element) {
    const all = [...document.querySelectorAll("input[type=radio]")].filter((each) => each.name === element.name);
    return all.map((each) => plain(each, nameOf(each))).join(" / ");
  }
  /** What is alone in its cell is the row's, and called by its column. */
  function cellOf(element) {
    const cell = element.closest("td");
    if (!cell || squeezed(cell.textContent) !== squeezed(element.textContent)) return "";
    const title = cell.closest("table").querySelectorAll("thead th")[cell.cellIndex];
    return title ? `… ${textOf(title)}` : "";
  }
  /** Names of operations and of their fields: any of them stands for all. */
  function isIdentifier(element) {
    if (!location.pathname.startsWith("/console/platform/api")) return false;
    return element.closest(".mono-label") !== null || (element.closest("main nav") !== null && /^[A-Z]\w+/.test(textOf(element)));
  }
  function keyOf(element) {
    const role = roleOf(element);
    let name = plain(element, nameOf(element));
    if (location.pathname.startsWith("/console/platform/api")) name = name.replace(/ [A-Z]\w*(?:\[#\])?$/, " …");
    if (role === "choice") name = choiceOf(element);
    // A tab's number comes when it is known.
    if (role === "link") name = cellOf(element) || name.replace(/ #$/, "");
    if ((role !== "combobox" && element.closest("[data-own]")) || isIdentifier(element)) name = "…";
    const control = `${role} "${name}"`;
    if (!element.closest("main, dialog, form")) return `shell | ${control}`;
    // What failed is asked for again by one part on all pages.
    if (element.closest(".t-alert__operation")) return `error | ${control}`;
    // Ways out of a dialog are the same in each, and a dialog is the same on every page.
    if (element.closest("dialog")) return ["取消", "关闭", "Cancel", "Close"].includes(name) ? `dialog | ${control}` : `dialog | ${plain(element, placeOf(element))} | ${control}`;
    return `${plain(element, placeOf(element))} | ${control}`;
  }
  function tell(kind, element) {
    // While the other language is tried out, nothing counts.
    if (!document.documentElement.lang.startsWith(language)) return;
    const key = keyOf(element);
    const isHead = !element.closest("dialog") && element.closest("main > section > header, main > section > nav") !== null;
    const once = `${kind} ${location.pathname} ${isHead} ${key}`;
    if (told.has(once)) return;
    told.add(once);
    window.tellWalk(kind, location.pathname, key, isHead);
  }

  let isWaiting = false;
  function look() {
    isWaiting = false;
    for (const element of document.querySelectorAll(CONTROLS)) if (isOn(element)) tell("seen", element);
  }
  function lookSoon() {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(look, 50);
  }
  const attributeFilter = ["class", "disabled", "style", "open"];
  new MutationObserver(lookSoon).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter });
  addEventListener("resize", lookSoon);
  const pressed = (event) => {
    const element = event.target instanceof Element ? event.target.closest(CONTROLS) : null;
    if (element && !element.matches("select, textarea, input")) tell("used", element);
  };
  const filled = (event) => {
    if (event.target instanceof Element && event.target.matches("select, textarea, input")) tell("used", event.target);
  };
  addEventListener("click", pressed, true);
  addEventListener("input", filled, true);
  addEventListener("change", filled, true);
  // What the policy of the pages stops would have run without it.
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    window.tellWalk("stopped", location.pathname, `${violatedDirective} ${blockedURI}`);
  });
}

/** Collects in a browser context; `stopped` gets what the policy of the pages kept from running. */
exports.collect = async (context, base, language, stopped) => {
  const seen = new Set();
  const used = new Set();
  await context.exposeBinding("tellWalk", ({ frame }, kind, address, key, isHead) => {
    if (!frame.url().startsWith(`${base}/`)) return;
    if (kind === "stopped") stopped.push(`${address}: ${key}`);
    // The head of a page and its tabs are there on each of them.
    const page = isHead ? pageOf(address).split("/")[0] : pageOf(address);
    const whole = /^(?:shell|dialog|error) \| /.test(key) ? key : `${page} | ${key}`;
    // What is used the moment it appears is told as used before it is told as seen.
    if (kind !== "stopped") seen.add(whole);
    if (kind === "used") used.add(whole);
  });
  await context.addInitScript(watch, language);
  return { seen, used };
};

/** Presses each button in view that copies, one of a kind: the clipboard has what stands beside it then. */
exports.copies = async (page, pressed, expect) => {
  const buttons = page.locator("span.copy > button, .code > button");
  const all = await buttons.evaluateAll((found) => {
    const open = document.querySelector("dialog[open]");
    return found.map((button) => {
      const code = button.closest(".code")?.querySelector("pre");
      const place = button.closest("section, article, dialog");
      return {
        isThere: button.checkVisibility() && (!open || open.contains(button)),
        kind: `${location.pathname} ${place?.getAttribute("aria-labelledby")} ${place?.className} ${button.closest("td")?.cellIndex} ${code?.getAttribute("aria-label")}`,
        text: code ? code.textContent : button.closest("span.copy").querySelector("[title]").title,
      };
    });
  });
  for (const [at, { isThere, kind, text }] of all.entries()) {
    if (!isThere || pressed.has(kind)) continue;
    pressed.add(kind);
    await buttons.nth(at).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied === text, `copied is ${copied}, shown was ${text}`);
    await page.mouse.move(0, 0);
  }
};

/** A line for each control that was seen, with an x before what was used, too. */
exports.list = ({ seen, used }) => `${[...seen].sort().map((key) => `${used.has(key) ? "x" : " "} ${key}`).join("\n")}\n`;
