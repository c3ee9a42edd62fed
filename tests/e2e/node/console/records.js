// What is kept of a device: logs and their replay, shadow, information, sub-devices.
"use strict";

const info = require("./device/info.js");
const logs = require("./device/logs.js");
const replay = require("./device/replay.js");
const shadow = require("./device/shadow.js");
const { tabs } = require("./device/tabs.js");
const topology = require("./device/topology.js");

/** Something to be kept. */
const report = { walk: (_, { lamp }) => lamp.report({ brightness: 12 }) };

exports.walk = (tour) => tabs(tour, [report, logs, replay, shadow, info, topology]);
