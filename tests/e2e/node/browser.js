// mqtt.js in a page of Debian's chromium: signs in, subscribes, reports, waits for the reply. Arguments: address (ws: or wss:), client id,
// user name, password, topic to listen to, topic to send to, payload. Prints what happened, one JSON object a line.
"use strict";

const path = require("node:path");
const { chromium } = require("playwright-core");

async function inThePage([url, clientId, username, password, down, up, payload]) {
  const events = [];
  await new Promise((resolve) => {
    const client = mqtt.connect(url, { clientId, username, password, protocolVersion: 4, reconnectPeriod: 0 });
    const give = setTimeout(resolve, 30_000);
    client.on("connect", () => {
      events.push({ event: "connected" });
      client.subscribe(down, { qos: 1 }, (_, granted) => {
        events.push({ event: "subscribed", qos: granted.map((one) => one.qos) });
        client.publish(up, payload, { qos: 1 }, () => events.push({ event: "acknowledged" }));
      });
    });
    client.on("message", (topic, text) => {
      events.push({ event: "message", topic, payload: text.toString() });
      client.end();
    });
    client.on("error", (error) => events.push({ event: "error", code: error.code ?? error.message }));
    client.on("close", () => {
      clearTimeout(give);
      resolve();
    });
  });
  return events;
}

async function main() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--ignore-certificate-errors"],
  });
  const page = await browser.newPage();
  await page.addScriptTag({ path: path.join(process.env.NODE_PATH, "mqtt/dist/mqtt.min.js") });
  for (const event of await page.evaluate(inThePage, process.argv.slice(2))) {
    console.log(JSON.stringify(event));
  }
  await browser.close();
}

main();
