// A device's page: each of its tabs, with a lamp of the demo and one that does what it is told.
"use strict";

const { demo, lamp } = require("./lamp.js");
const { live } = require("./live.js");
const debugging = require("./device/debugging.js");
const events = require("./device/events.js");
const history = require("./device/history.js");
const info = require("./device/info.js");
const logs = require("./device/logs.js");
const now = require("./device/now.js");
const replay = require("./device/replay.js");
const shadow = require("./device/shadow.js");
const topology = require("./device/topology.js");

exports.walk = async (tour) => {
  const { product, project } = await demo(tour.cloud);
  const name = `walked-${tour.language}`;
  const walked = await lamp(tour, product, name);
  const device = { product, project, name, lamp: walked, live: await live(tour), page: (tab, query = "") => `/devices/${product}/${name}/${tab}${query}` };
  try {
    for (const tab of [now, history, events, debugging, logs, replay, shadow, info, topology]) await tab.walk(tour, device);
  } finally {
    await walked.end();
  }
};
