// Walks pages of the console in Debian's chromium, as people do: by clicks and keys. Arguments: address of the platform, its first-run.json,
// area (a file beside this one that exports `walk`), folder for the lists of controls (see all-used.js), folder for screenshots or "". Prints one
// line per page looked at and `done` at the end; ends with 1 and the reason at the first thing that is wrong.
//
// An area's `walk(tour)` gets:
//   tour.page            a page of playwright, signed in, in tour.language ("zh" or "en") and tour.theme
//   tour.visit(path)     opens a page of the console by its address
//   tour.word(zh, en)    the one in the language of the walk
//   tour.looked(name)    the page is as it should be: checks it with axe, for leftovers of the other language and for width, takes a screenshot wide and narrow
//   tour.cloud(action, parameters, version)  the same through the vendor's cloud SDK, to see what a click did
//   tour.expect(is, text)
//   tour.until(check, text)  asks again and again, for what the platform does behind an answer
//   tour.user, tour.password, tour.uin  what it signed in with, and whose account it is
//   tour.mqtt            where devices connect: "host:port"
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");
const tencentcloud = require("tencentcloud-sdk-nodejs");
const controls = require("./controls.js");

const PASSWORD = "walks-through-all-pages";
/** Each language in a theme. */
const LANGUAGES = [["zh", "light"], ["en", "dark"]];
const WIDE = { width: 1440, height: 900 };
const LAPTOP = { width: 1180, height: 800 };
const NARROW = { width: 390, height: 844 };

function expect(is, text) {
  if (!is) throw new Error(text);
}

async function until(check, text) {
  for (let tried = 0; tried < 100; tried += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(text);
}

function cloud(base, firstRun) {
  const { CommonClient } = tencentcloud.common ?? require("tencentcloud-sdk-nodejs/tencentcloud/common");
  const clients = new Map();
  return (action, parameters = {}, version = "2019-04-23") => {
    if (!clients.has(version)) {
      const profile = { httpProfile: { endpoint: base.replace("http://", ""), protocol: "http://" } };
      const credential = { secretId: firstRun.secret_id, secretKey: firstRun.secret_key };
      const service = version === "2026-11-01" ? "lianwu" : "iotexplorer";
      clients.set(version, new CommonClient(service, version, { credential, region: firstRun.region, profile }));
    }
    return clients.get(version).request(action, parameters);
  };
}

/** Signs in with the generated password where it still holds, and makes the change the console asks for. */
async function signIn(page, base, firstRun, word) {
  await page.goto(`${base}/console/`);
  expect((await page.locator("#console").count()) === 1, "the binary was built without the pages: `make console`, then build it again");
  const first = firstRun.admin_password;
  await fill(page, "user", firstRun.admin_user);
  await fill(page, "password", PASSWORD);
  await page.getByRole("button", { name: word("登录", "Sign in"), exact: true }).click();
  const outcome = await Promise.race([
    page.getByRole("navigation", { name: word("导航", "Navigation") }).waitFor().then(() => "in"),
    page.getByRole("alert").waitFor().then(() => "refused"),
  ]);
  if (outcome === "in") return;
  await fill(page, "password", first);
  await page.getByRole("button", { name: word("登录", "Sign in"), exact: true }).click();
  await fill(page, "old", first);
  await fill(page, "fresh", PASSWORD);
  await fill(page, "repeat", PASSWORD);
  await page.getByRole("button", { name: word("修改密码", "Change password"), exact: true }).click();
  await page.getByRole("navigation", { name: word("导航", "Navigation") }).waitFor();
}

async function fill(page, name, text) {
  await page.locator(`input[name=${name}]`).fill(text);
}

async function axe(page, name) {
  // The page's policy lets nobody else's scripts in; what the debugger evaluates is no script of the page.
  if (await page.evaluate(() => !window.axe)) await page.evaluate(fs.readFileSync(path.join(process.env.NODE_PATH, "axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], preload: false }));
  const told = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  expect(told.length === 0, `${name}: not accessible: ${told.join("; ")}`);
}

/** Chinese on an English page, but for what people named so themselves. */
async function onlyItsLanguage(page, name, language) {
  if (language !== "en") return;
  const found = await page.evaluate(() => {
    const shown = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const owner = node.parentElement;
      if (owner && !owner.closest("[data-own], [lang=zh-CN], pre, textarea") && /[\u4e00-\u9fff]/.test(node.data)) {
        shown.push(node.data.trim().slice(0, 60));
      }
    }
    return shown;
  });
  expect(found.length === 0, `${name}: not in English: ${found.join(" | ")}`);
}

async function fits(page, name) {
  const over = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const isOut = (element) => element.getBoundingClientRect().right > clientWidth;
    const out = scrollWidth > clientWidth ? [...document.body.querySelectorAll("*")].filter((each) => isOut(each) && ![...each.children].some(isOut)) : [];
    return { by: scrollWidth - clientWidth, out: out.map((each) => `<${each.localName} class="${each.className}"> ${each.textContent.trim().slice(0, 30)}`).slice(0, 5) };
  });
  expect(over.by <= 0, `${name}: the page is ${over.by} px wider than the window: ${over.out.join(" | ")}`);
  const cut = await page.evaluate(cutControls);
  expect(cut.length === 0, `${name}: cut off: ${cut.join(" | ")}`);
}

/** In the page: controls that reach out of what shows them, where nothing can be scrolled to see the rest. */
function cutControls() {
  const host = document.querySelector("dialog[open]") ?? document.body;
  const cut = [];
  for (const control of host.querySelectorAll("button, a[href], input, select, textarea")) {
    const { left, right, width } = control.getBoundingClientRect();
    if (width <= 1 || !control.checkVisibility({ visibilityProperty: true }) || control.closest(".visually-hidden, .skip")) continue;
    for (let box = control.parentElement; box; box = box.parentElement) {
      const { overflowX } = getComputedStyle(box);
      if (["auto", "scroll"].includes(overflowX)) break;
      if (overflowX === "visible" && box !== document.body) continue;
      const shown = box === document.body ? { left: 0, right: innerWidth } : box.getBoundingClientRect();
      if (left < shown.left - 1 || right > shown.right + 1) cut.push(control.outerHTML.slice(0, 120));
      break;
    }
  }
  return cut;
}

async function tourOf({ browser, base, firstRun, language, theme, lists, folder, area }) {
  const word = (zh, en) => (language === "zh" ? zh : en);
  const context = await browser.newContext({
    viewport: WIDE,
    locale: language === "zh" ? "zh-CN" : "en-GB",
    colorScheme: theme,
    timezoneId: "Asia/Shanghai",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  // A machine that does other work, too, may be slow; nothing waits longer than it must.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    // A refused call is shown by the page itself; the browser's own line about its status is no complaint of ours.
    const isStatus = message.text().startsWith("Failed to load resource");
    if (["error", "warning"].includes(message.type()) && !isStatus) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  const found = await controls.collect(context, base, language, complaints);
  const copied = new Set();
  const failed = async (error) => {
    if (folder) await page.screenshot({ path: path.join(folder, `${area}-failed.png`) }).catch(() => {});
    throw error;
  };
  await signIn(page, base, firstRun, word).catch(failed);
  console.log(`${language} ${theme} signed in`);
  const quiet = (name) => expect(complaints.length === 0, `${name}: the browser's console says: ${complaints.join(" | ")}`);
  const tour = {
    page,
    context,
    base,
    language,
    theme,
    word,
    expect,
    until,
    user: firstRun.admin_user,
    uin: firstRun.uin,
    password: PASSWORD,
    mqtt: firstRun.listen.mqtt,
    cloud: cloud(base, firstRun),
    visit: (address) => page.goto(`${base}/console${address}`),
    looked: async (name) => {
      for (const [size, viewport] of [["wide", WIDE], ["laptop", LAPTOP], ["narrow", NARROW]]) {
        await page.setViewportSize(viewport);
        await fits(page, `${name}, ${size}`);
        await page.evaluate(() => scrollTo(0, 0));
        if (folder && size !== "laptop") await page.screenshot({ path: path.join(folder, `${area}-${name}-${size}-${language}.png`), fullPage: true });
      }
      await page.setViewportSize(WIDE);
      await onlyItsLanguage(page, name, language);
      // Colours are judged when they have arrived.
      await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== "running"));
      await axe(page, name);
      await controls.copies(page, copied, expect);
      quiet(name);
      console.log(`${language} ${theme} ${name}`);
    },
  };
  await require(`./${area}.js`).walk(tour).catch(failed);
  quiet("at the end");
  fs.writeFileSync(path.join(lists, `${area}-${language}.txt`), controls.list(found));
  await context.close();
}

async function main() {
  const [base, firstRunFile, area, lists, folder] = process.argv.slice(2);
  const firstRun = JSON.parse(fs.readFileSync(firstRunFile, "utf8"));
  fs.mkdirSync(lists, { recursive: true });
  for (const [language] of LANGUAGES) fs.rmSync(path.join(lists, `${area}-${language}.txt`), { force: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    for (const [language, theme] of LANGUAGES) {
      await tourOf({ browser, base, firstRun, language, theme, lists, folder, area });
    }
  } finally {
    await browser.close();
  }
  console.log("done");
}

exports.cloud = cloud;
exports.signIn = signIn;
exports.until = until;

if (require.main === module) {
  main().catch((error) => {
    console.error(String(error.stack ?? error).slice(0, 4000));
    // Devices of the walk may still be connected.
    process.exit(1);
  });
}
