// How quick the pages are in the browser: the time of a page switch less that of the server, and frames while long tables are scrolled. No test
// runs it: its figures stand in docs/performance.md. Arguments: address of a platform with the demo's lamps and limits.dev_product_devices of
// 1000, and its first-run.json. Prints a line of JSON for each figure, milliseconds.
"use strict";

const fs = require("node:fs");
const { chromium } = require("playwright-core");
const { demo, lamp } = require("../lamp.js");
const { cloud: cloudOf, signIn, until } = require("../walk.js");

const LINES = 1000;
const ROWS = 100;
const ROUNDS = 5;
/** Between two switches, milliseconds: faster ones would use up the rate an account may ask the log at, and wait for it. */
const PAUSE = 400;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const rounded = (value) => Math.round(value * 10) / 10;

/** In the page: presses a link and waits until what it leads to is painted; milliseconds in all and of waiting for the server. */
async function goes([href, ready]) {
  performance.clearResourceTimings();
  const link = [...document.querySelectorAll("a")].find((each) => each.getAttribute("href")?.split("?")[0] === href);
  const start = performance.now();
  link.click();
  const isThere = () => location.pathname === href && document.querySelector(ready) && !document.querySelector("main .t-skeleton");
  while (!isThere()) await new Promise((next) => requestAnimationFrame(next));
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next, 0)));
  const end = performance.now();
  // What was asked at a time is waited for once.
  const spans = performance.getEntriesByType("resource").map((entry) => [Math.max(entry.startTime, start), Math.min(entry.responseEnd, end)]);
  let server = 0;
  let until = start;
  for (const [from, to] of spans.sort((a, b) => a[0] - b[0])) {
    server += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return { all: end - start, server };
}

/** In the page: scrolls a box, or the page, to its end and back, a step each frame; frames and long tasks on the way. */
async function scrolls([selector, step]) {
  const box = selector ? document.querySelector(selector) : document.scrollingElement;
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
  const frames = [];
  const end = box.scrollHeight - box.clientHeight;
  for (const [from, to] of [[0, end], [end, 0]]) {
    const way = Math.sign(to - from) * step;
    let before = await new Promise((next) => requestAnimationFrame(next));
    for (let at = from; way > 0 ? at < to : at > to; at += way) {
      box.scrollTop = at;
      const now = await new Promise((next) => requestAnimationFrame(next));
      frames.push(now - before);
      before = now;
    }
  }
  observer.disconnect();
  frames.sort((a, b) => a - b);
  const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))];
  return { frames: frames.length, median: at(0.5), p95: at(0.95), worst: frames.at(-1), longTasks: tasks.length, worstTask: Math.max(0, ...tasks) };
}

function tell(what, figures) {
  console.log(JSON.stringify({ what, ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)])) }));
}

async function switches({ page, visit }, device) {
  const tab = (name) => `/console${device}/${name}`;
  const ways = [
    ["overview", "/console/", ".figures"],
    ["products", "/console/products", "main tbody tr"],
    ["devices", "/console/devices", "main tbody tr"],
    ["explorer", "/console/platform/api", "main nav a"],
  ];
  const tabs = [
    ["now", tab("now"), "main article"],
    ["history", tab("history"), "main canvas"],
    ["events", tab("events"), "main form"],
    ["debugging", tab("debugging"), "main ol li"],
    ["logs", tab("logs"), "main tbody tr"],
    ["diagnosis", tab("diagnosis"), "main h2"],
    ["info", tab("info"), "main dl"],
  ];
  for (const [begin, list] of [["/", ways], [`${device}/now`, tabs]]) {
    await visit(begin);
    const taken = new Map(list.map(([name]) => [name, []]));
    // The first round reads the pages' programs; it is told apart.
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [name, href, ready] of [...list.slice(1), list[0]]) {
        await page.locator(`a[href^="${href}"]`).first().waitFor();
        await page.waitForTimeout(PAUSE);
        taken.get(name).push(await page.evaluate(goes, [href, ready]));
      }
    }
    for (const [name, [first, ...others]] of taken) {
      const own = others.map(({ all, server }) => all - server);
      tell(`switch to ${name}`, { first: first.all - first.server, median: median(own), worst: Math.max(...own), server: median(others.map(({ server }) => server)) });
    }
  }
}

/** A device with more lines in its log than are scrolled, and a page full of devices. */
async function prepare(cloud, mqtt, product, name) {
  const walked = await lamp({ cloud, mqtt }, product, name);
  for (let nth = 0; nth < LINES / 4 + 25; nth += 1) {
    await walked.report({ power_switch: nth % 2, brightness: nth % 100, color: nth % 3 });
    // Slower than the device's rate.
    if (nth % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 600));
  }
  const { Devices } = await cloud("ListDevices", { ProductId: product, Limit: ROWS }, "2026-11-01");
  for (let nth = Devices.length; nth < ROWS; nth += 1) await cloud("CreateDevice", { ProductId: product, DeviceName: `row-${nth}` });
  return walked;
}

async function scrolling({ page, visit }, product, name) {
  const rows = page.locator("main tbody tr");
  await visit(`/devices?product=${product}&size=${ROWS}`);
  await until(async () => (await rows.count()) === ROWS, "not all rows are there");
  tell(`scroll ${ROWS} devices`, await page.evaluate(scrolls, ["main .t-table__content", 120]));
  await visit(`/devices/${product}/${name}/logs?span=3d&auto=false`);
  await rows.first().waitFor();
  for (let count = await rows.count(); count < LINES; count = await rows.count()) {
    await page.getByRole("button", { name: "Older lines" }).click();
    await until(async () => (await rows.count()) > count, "no older lines came");
  }
  tell(`scroll ${await rows.count()} lines`, await page.evaluate(scrolls, ["", 240]));
}

async function main() {
  const [base, firstRunFile] = process.argv.slice(2);
  const firstRun = JSON.parse(fs.readFileSync(firstRunFile, "utf8"));
  const cloud = cloudOf(base, firstRun);
  const { product } = await demo(cloud);
  const name = `speed-${Date.now() % 1_000_000}`;
  const walked = await prepare(cloud, firstRun.listen.mqtt, product, name);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
    await signIn(page, base, firstRun, (_, en) => en);
    const tour = { page, visit: (address) => page.goto(`${base}/console${address}`) };
    await switches(tour, `/devices/${product}/${name}`);
    await scrolling(tour, product, name);
  } finally {
    await browser.close();
    await walked.end();
  }
}

void main();
