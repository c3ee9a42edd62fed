// A device's page as it is used while the device is there: values, history, events and actions, debugging.
"use strict";

const debugging = require("./device/debugging.js");
const events = require("./device/events.js");
const history = require("./device/history.js");
const now = require("./device/now.js");
const { tabs } = require("./device/tabs.js");

exports.walk = (tour) => tabs(tour, [now, history, events, debugging]);
