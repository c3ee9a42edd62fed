// Walks some of the tabs of a device's page, with a lamp of its own that does what it is told.
"use strict";

const { demo, lamp } = require("../lamp.js");
const { live } = require("../live.js");

exports.tabs = async (tour, tabs) => {
  const { product, project } = await demo(tour.cloud);
  const name = `walked-${tour.language}`;
  const walked = await lamp(tour, product, name);
  const device = { product, project, name, lamp: walked, live: await live(tour), page: (tab, query = "") => `/devices/${product}/${name}/${tab}${query}` };
  try {
    for (const tab of tabs) await tab.walk(tour, device);
  } finally {
    await walked.end();
  }
};
