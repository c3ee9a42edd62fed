// What a browser holds while pages stay open and live. No test runs it: its figures stand in docs/performance.md. Arguments: address of a
// platform with the demo's lamps and limits.device_up_tps of 100, its first-run.json, and for how many minutes. Prints a line of JSON for each page
// and minute that is looked at: MiB of the JavaScript heap after everything that is free was collected, nodes of the document, listeners.
"use strict";

const fs = require("node:fs");
const { chromium } = require("playwright-core");
const { demo, lamp } = require("../lamp.js");
const { cloud: cloudOf, signIn } = require("../walk.js");

/** Reports a second; each makes four lines of the log. */
const RATE = 50;
const TABS = ["debugging", "logs", "now"];
const MINUTE = 60_000;

/** Reports until it is told to stop. */
function reporting(walked) {
  let nth = 0;
  const timer = setInterval(() => {
    nth += 1;
    void walked.report({ brightness: nth % 100, color: nth % 3 });
    // What the platform answered is not asked for.
    walked.heard.length = 0;
  }, 1000 / RATE);
  return () => clearInterval(timer);
}

async function look({ tab, session, page }, minute) {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  const rows = await page.locator("main tbody tr, main ol li, main article").count();
  const heap = Math.round((of("JSHeapUsedSize") / 2 ** 20) * 10) / 10;
  console.log(JSON.stringify({ tab, minute, heap, nodes: of("Nodes"), listeners: of("JSEventListeners"), rows }));
}

async function main() {
  const [base, firstRunFile, minutes] = process.argv.slice(2);
  const firstRun = JSON.parse(fs.readFileSync(firstRunFile, "utf8"));
  const cloud = cloudOf(base, firstRun);
  const { product } = await demo(cloud);
  const name = `memory-${Date.now() % 1_000_000}`;
  const walked = await lamp({ cloud, mqtt: firstRun.listen.mqtt }, product, name);
  const stop = reporting(walked);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
    await signIn(await context.newPage(), base, firstRun, (_, en) => en);
    const open = [];
    for (const tab of TABS) {
      const page = await context.newPage();
      await page.goto(`${base}/console/devices/${product}/${name}/${tab}`);
      const session = await context.newCDPSession(page);
      await session.send("Performance.enable");
      open.push({ tab, page, session });
    }
    const begun = Date.now();
    for (const minute of [1, 10, 20, 30, 40, 50, 60].filter((each) => each <= Number(minutes))) {
      await new Promise((resolve) => setTimeout(resolve, begun + minute * MINUTE - Date.now()));
      for (const each of open) await look(each, minute);
    }
  } finally {
    stop();
    await browser.close();
    await walked.end();
  }
}

void main();
