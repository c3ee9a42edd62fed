// Every control that any walk saw on any page was used by a walk, in each language. Argument: the folder of the lists that the walks wrote (see
// walk.js). Ends with 1 and the controls that nobody used.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const LANGUAGES = ["zh", "en"];

/** The walks there are: files beside this one. */
function areas() {
  const files = fs.readdirSync(__dirname).filter((file) => file.endsWith(".js"));
  return files.filter((file) => /^exports\.walk = /m.test(fs.readFileSync(path.join(__dirname, file), "utf8"))).map((file) => path.parse(file).name);
}

/** What was seen in a language: each control with the walks that saw it, and those of them that were used. */
function union(lists, language) {
  const seen = new Map();
  const used = new Set();
  for (const area of areas()) {
    for (const line of fs.readFileSync(path.join(lists, `${area}-${language}.txt`), "utf8").split("\n").filter(Boolean)) {
      const control = line.slice(2);
      seen.set(control, [...(seen.get(control) ?? []), area]);
      if (line.startsWith("x")) used.add(control);
    }
  }
  return { seen, used };
}

function unused(lists, language) {
  const { seen, used } = union(lists, language);
  const left = [...seen].filter(([control]) => !used.has(control));
  console.log(`${language}: ${seen.size} controls, ${used.size} used`);
  return left.map(([control, by]) => `${language}: seen by ${by.join(", ")}, used by no walk: ${control}`);
}

const [lists] = process.argv.slice(2);
const missing = areas().flatMap((area) => LANGUAGES.map((language) => `${area}-${language}.txt`)).filter((file) => !fs.existsSync(path.join(lists, file)));
const faults = missing.length > 0 ? missing.map((file) => `there is no ${file} in ${lists}: the walk did not run to its end`) : LANGUAGES.flatMap((language) => unused(lists, language));
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
