// A program around the vendor's Python device SDK, told what to do, beside the pages: one line of JSON for a command, one for what it heard.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const readline = require("node:readline");

const PROGRAMS = path.join(__dirname, "../../python");

/** Starts `program` of tests/e2e/python as a device; `subs` are product and name of each sub-device a gateway knows from its file. */
exports.sdk = (program, mqtt, { product, name, secret, subs = [] }) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "walk-"));
  const file = path.join(folder, "device.json");
  const identity = {
    auth_mode: "KEY",
    productId: product,
    deviceName: name,
    productSecret: "YOUR_PRODUCT_SECRET",
    key_deviceinfo: { deviceSecret: secret },
    cert_deviceinfo: { devCaFile: "", devCertFile: "", devPrivateKeyFile: "" },
    subDev: { subdev_num: subs.length, subdev_list: subs.map(([sub_productId, sub_devName]) => ({ sub_productId, sub_devName })) },
    region: "china",
  };
  fs.writeFileSync(file, JSON.stringify(identity));
  const [address, port] = mqtt.split(":");
  const python = path.join(process.env.NODE_PATH, "../../python/bin/python");
  const running = spawn(python, ["-B", path.join(PROGRAMS, program), file, address, port], { stdio: ["pipe", "pipe", "inherit"] });
  const heard = [];
  const waiting = new Set();
  const look = () => waiting.forEach((waiter) => waiter());
  const over = new Promise((resolve) => running.once("close", resolve));
  readline.createInterface({ input: running.stdout }).on("line", (line) => {
    heard.push(JSON.parse(line));
    look();
  });

  /** The next thing heard that is as wanted; what came before it is passed over. */
  const hears = (isWanted, what) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => settle(() => reject(new Error(`the SDK did not hear ${what}, but ${JSON.stringify(heard)}`))), 30_000);
      const settle = (then) => {
        clearTimeout(late);
        waiting.delete(waiter);
        then();
      };
      const waiter = () => {
        const at = heard.findIndex(isWanted);
        if (at >= 0) settle(() => resolve(heard.splice(0, at + 1).at(-1)));
      };
      waiting.add(waiter);
      waiter();
    });
  return {
    does: (command) => running.stdin.write(`${JSON.stringify(command)}\n`),
    hears: (event) => hears((one) => one.event === event, event),
    /** What its callback for properties, actions or events was called with. */
    told: async (kind, method) => (await hears((one) => one.event === kind && one.payload.method === method, method)).payload,
    finds: hears,
    end: async () => {
      running.stdin.end();
      running.kill();
      await over;
      fs.rmSync(folder, { recursive: true });
    },
  };
};
