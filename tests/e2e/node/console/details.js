// What the other walks pass by: each field of the thing-model editor, ways between the tabs of a product, its devices, files, settings and topics; then a
// device that the model made here is for.
"use strict";

const { demo } = require("./lamp.js");
const consequences = require("./details/consequences.js");
const debugging = require("./details/debugging.js");
const device = require("./details/device.js");
const editor = require("./details/editor.js");
const settings = require("./details/settings.js");
const steps = require("./details/steps.js");

exports.walk = async (tour) => {
  const run = `${tour.language}-${Date.now() % 1_000_000}`;
  const { page, word, cloud } = tour;
  const { project } = await demo(cloud);
  const made = { ProductName: `small-${run}`, CategoryId: 1, ProductType: 0, EncryptionType: "2", NetType: "wifi", DataProtocol: 1, ProjectId: project, ProductDesc: "" };
  const of = {
    run,
    id: (await cloud("CreateStudioProduct", made)).Product.ProductId,
    dialog: page.getByRole("dialog"),
    main: page.getByRole("main"),
    button: (zh, en) => page.getByRole("button", { name: word(zh, en), exact: true }),
    link: (zh, en) => page.getByRole("main").getByRole("link", { name: word(zh, en), exact: true }),
  };
  for (const part of [steps, editor, consequences, debugging, settings, device]) await part.walk(tour, of);
};
