// A thing model by the form: a property of each type with each of its fields, an event and actions with parameters; a number changed in each field. Then what
// the table itself changes: names, access, kinds of events, by the keyboard, with steps back and forth.
"use strict";

const { headStays } = require("../look.js");

exports.walk = async (tour, { id, dialog, button }) => {
  const { page, visit, word, expect, cloud } = tour;
  const box = (zh, en, within = dialog) => within.getByRole("textbox", { name: word(zh, en), exact: true });
  const press = (zh, en, within = dialog) => within.getByRole("button", { name: word(zh, en), exact: true }).click();
  const type = (name, within = dialog) => within.getByRole("combobox", { name: word("数据类型", "Data type") }).selectOption(name);
  const into = async () => {
    await button("放入草稿", "Put into the draft").click();
    await dialog.waitFor({ state: "detached" });
  };
  const fills = async (fields, within = dialog) => {
    for (const [zh, en, text] of fields) await box(zh, en, within).fill(text);
  };
  const called = (name, identifier) => [["功能名称", "Name", name], ["标识符", "Identifier", identifier]];
  const bounds = (min, max, start, step, unit) => [["最小值", "Minimum", min], ["最大值", "Maximum", max], ["初始值", "Initial value", start], ["步长", "Step", step], ["单位", "Unit", unit]];
  const add = async (zh, en, name, identifier) => {
    await button("新增功能", "Add a function").first().click();
    await dialog.getByRole("radio", { name: word(zh, en), exact: true }).check();
    await fills([...called(name, identifier), ["描述", "Description", `about ${identifier}`]]);
  };
  const property = async (name, identifier, kind) => {
    await add("属性", "Property", name, identifier);
    await type(kind);
  };
  const parameters = (zh, en) => dialog.getByRole("group", { name: word(zh, en), exact: true });
  const parameter = (nth, within = dialog) => within.getByRole("group", { name: word(`参数 ${nth}`, `Parameter ${nth}`), exact: true });
  await visit(`/products/${id}/definition`);

  await property("Power", "power", "bool");
  await fills([["0 的含义", "0 means", "off"], ["1 的含义", "1 means", "on"]]);
  await into();

  await property("Speed", "speed", "int");
  await fills(bounds("0", "10", "5", "1", "rpm"));
  await into();

  await property("Level", "level", "enum");
  await dialog.getByRole("radio", { name: word("只读", "Read-only"), exact: true }).check();
  await fills([["值 1", "Value 1", "5"], ["描述 1", "Meaning 1", "five"]]);
  await press("添加枚举项", "Add an entry");
  await fills([["值 3", "Value 3", "6"], ["描述 3", "Meaning 3", "six"]]);
  await dialog.getByRole("button", { name: word(/^删除枚举项/, /^Delete entry/) }).nth(1).click();
  await into();

  await property("Label", "label", "string");
  await fills([["最短（字节）", "Shortest (bytes)", "1"], ["最长（字节）", "Longest (bytes)", "30"]]);
  await into();

  await property("Mode", "mode", "stringenum");
  await press("添加枚举项", "Add an entry");
  await button("放入草稿", "Put into the draft").click();
  await dialog.getByRole("group", { name: word("枚举项", "Entries") }).getByText(word("必填", "Needed"), { exact: true }).waitFor();
  await fills([["值 1", "Value 1", "eco"], ["描述 1", "Meaning 1", "saving"], ["值 2", "Value 2", "boost"], ["描述 2", "Meaning 2", "strong"]]);
  await into();

  await property("Since", "since", "timestamp");
  await into();

  await property("List", "list", "array");
  await dialog.getByRole("combobox", { name: word("元素类型", "Type of the elements") }).selectOption("float");
  await fills(bounds("-1", "1", "0", "0.1", "m"));
  await into();

  await property("Spot", "spot", "struct");
  const members = parameters("结构体成员", "Members of the struct");
  while ((await parameter(2, members).count()) === 0) await press("添加参数", "Add a parameter", members);
  await fills([...called("Gone", "gone")], parameter(1, members));
  await fills([...called("X", "x")], parameter(2, members));
  await type("float", parameter(2, members));
  await fills(bounds("-180", "180", "0", "0.5", "°"), parameter(2, members));
  await members.getByRole("button", { name: word("删除参数“gone”", "Delete parameter “gone”") }).click();
  await into();

  await add("事件", "Event", "Low", "low");
  await dialog.getByRole("radio", { name: word("告警", "Alert"), exact: true }).check();
  const params = parameters("事件参数", "Parameters of the event");
  await press("添加参数", "Add a parameter", params);
  await fills([...called("Volt", "volt"), ...bounds("0", "5", "3", "1", "V")], parameter(1, params));
  await into();

  await add("行为", "Action", "Blink", "blink");
  const [input, output] = [parameters("调用参数", "Input parameters"), parameters("返回参数", "Output parameters")];
  // When one goes, the others keep what is theirs.
  for (const [nth, name, identifier, meanings] of [[1, "Gone", "gone", ["lost", "lost"]], [2, "Fast", "fast", ["slow", "fast"]]]) {
    await press("添加参数", "Add a parameter", input);
    const one = parameter(nth, input);
    await fills(called(name, identifier), one);
    await type("enum", one);
    for (const [at, meaning] of meanings.entries()) await fills([[`值 ${at + 1}`, `Value ${at + 1}`, String(at)], [`描述 ${at + 1}`, `Meaning ${at + 1}`, meaning]], one);
  }
  await input.getByRole("button", { name: word("删除参数“gone”", "Delete parameter “gone”") }).click();
  expect((await box("描述 1", "Meaning 1", parameter(1, input)).inputValue()) === "slow", "the entries of the parameter that went are shown");
  await press("添加参数", "Add a parameter", output);
  await fills(called("Code", "err_code"), parameter(1, output));
  await into();
  await add("行为", "Action", "Rest", "rest");
  await into();

  // Every field of a number, changed.
  await page.getByRole("button", { name: word("编辑功能“Speed”", "Edit function “Speed”") }).click();
  await fills([...called("Pace", "pace"), ["描述", "Description", "how fast"]]);
  await dialog.getByRole("radio", { name: word("只读", "Read-only"), exact: true }).check();
  await type("float");
  await fills(bounds("0.5", "20", "1", "0.5", "m/s"));
  await into();

  await inPlace(tour, button);
  await button("查看差异并保存", "Review and save").click();
  await dialog.getByRole("button", { name: word("保存", "Save"), exact: true }).click();
  await page.getByText(word("物模型已保存，立即生效", "The thing model is saved and in force")).first().waitFor();
  const saved = JSON.parse((await cloud("DescribeModelDefinition", { ProductId: id })).Model.ModelDefine);
  const is = (found, wanted) => {
    const parts = (value) => Object.entries(value).sort(([a], [b]) => a.localeCompare(b));
    expect(JSON.stringify(parts(found)) === JSON.stringify(parts(wanted)), `${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  };
  const of = Object.fromEntries(saved.properties.map((one) => [one.id, one]));
  expect(`${of.power.name} ${of.power.mode}` === "主 Power r" && of.label.name === "Label" && saved.events[0].name === "Low", JSON.stringify(saved));
  is(of.power.define, { type: "bool", mapping: { 0: "off", 1: "on" } });
  is(of.pace.define, { type: "float", min: "0.5", max: "20", start: "1", step: "0.5", unit: "m/s" });
  expect(`${of.pace.name} ${of.pace.mode} ${of.pace.desc}` === "Pace r how fast" && !of.speed, JSON.stringify(of.pace));
  expect(of.level.mode === "r" && of.level.desc === "about level" && JSON.stringify(of.level.define.mapping) === '{"5":"five","6":"six"}', JSON.stringify(of.level));
  is(of.label.define, { type: "string", min: "1", max: "30" });
  expect(JSON.stringify(of.mode.define.mapping) === '{"eco":"saving","boost":"strong"}', JSON.stringify(of.mode));
  expect(of.since.define.type === "timestamp", JSON.stringify(of.since));
  is(of.list.define.arrayInfo, { type: "float", min: "-1", max: "1", start: "0", step: "0.1", unit: "m" });
  expect(of.spot.define.specs.map((member) => member.id).join() === "x" && of.spot.define.specs[0].dataType.max === "180", JSON.stringify(of.spot));
  expect(saved.events[0].type === "fault" && saved.events[0].params[0].define.unit === "V", JSON.stringify(saved.events));
  const [blink, rest] = saved.actions;
  expect(blink.input[0].define.mapping["1"] === "fast" && blink.output[0].id === "err_code" && rest.id === "rest", JSON.stringify(saved.actions));
};

/** Cells that look like text and are fields. The JSON beside the table follows each. */
async function inPlace(tour, button) {
  const { page, word, looked, expect, until } = tour;
  const cell = (identifier) => page.getByRole("textbox", { name: word(`“${identifier}”的功能名称`, `Name of “${identifier}”`), exact: true });
  const choice = (zh, en) => page.getByRole("combobox", { name: word(zh, en), exact: true });
  const json = page.getByLabel(word("物模型 JSON", "Thing model as JSON"));
  const draft = async () => JSON.parse(await json.inputValue());
  const is = async (value, wanted) => until(async () => value(await draft()) === wanted, `the JSON does not say ${wanted}`);
  const [power, label, low] = [cell("power"), cell("label"), cell("low")];

  // Escape takes back what was typed; Enter and leaving put it into the draft. The row stays where it is.
  await power.focus();
  const before = await power.boundingBox();
  await power.fill("Gone");
  await power.press("Escape");
  expect((await power.inputValue()) === "Power" && (await draft()).properties[0].name === "Power", "Escape left something");
  await power.fill("主 Power");
  await power.press("Enter");
  await is((model) => model.properties[0].name, "主 Power");
  expect(await power.evaluate((input) => input === document.activeElement), "the focus is not in the cell any more");
  const after = await power.boundingBox();
  expect(before.x === after.x && before.y === after.y && before.height === after.height, `the cell moved: ${JSON.stringify([before, after])}`);
  const longest = "Tag of the box no 12";
  await label.fill(longest);
  await power.focus();
  await is((model) => model.properties.find((one) => one.id === "label").name, longest);
  expect(await label.evaluate((field) => field.scrollWidth <= field.clientWidth && field.scrollHeight <= field.clientHeight), "a name beside the JSON is cut");

  // A name that breaks the rule is told in its cell while it is typed, and at its line when it is taken; it cannot be saved.
  const wrong = word("只能包含文字、数字、空格和 _-/.()", "Letters, digits, spaces and _-/.() only");
  await low.fill("Low:");
  await page.getByRole("cell").getByText(wrong).waitFor();
  const told = await low.evaluate((field) => {
    const note = document.getElementById(field.getAttribute("aria-describedby"));
    return { text: note?.textContent, height: note?.closest("tr").offsetHeight };
  });
  expect(told.text?.includes(wrong) && told.height < 60, `the mistake of a name is told as ${JSON.stringify(told)}`);
  await low.press("Tab");
  await page.getByRole("alert").getByText(`events[0].name: ${wrong}`).waitFor();
  expect((await low.getAttribute("aria-invalid")) === "true", "the field does not say that it is wrong");
  expect(await button("查看差异并保存", "Review and save").isDisabled(), "a bad name could be saved");
  await looked("in-place");
  await headStays(tour);

  // A step back for each of them, and one forth.
  await button("撤销", "Undo").click();
  await is((model) => model.events[0].name, "Low");
  await button("撤销", "Undo").click();
  expect((await label.inputValue()) === "Label", "the name is not back");
  await button("撤销", "Undo").click();
  expect((await power.inputValue()) === "Power", "the first name is not back");
  await button("重做", "Redo").click();
  expect((await power.inputValue()) === "主 Power", "what was taken back is not done again");

  // Choices, by the keys.
  await choice("“power”的读写类型", "Access to “power”").focus();
  await page.keyboard.press("ArrowUp");
  await choice("“low”的事件类型", "Kind of event of “low”").selectOption({ label: word("故障", "Fault") });
  await is((model) => `${model.properties[0].mode} ${model.events[0].type}`, "r fault");

  // JSON that breaks off: the line, and the row it breaks off in; the other edits wait.
  const good = await json.inputValue();
  await json.fill(good.replace('"name": "Label"', '"name" "Label"'));
  const broken = word("这里不是合法的 JSON", "This is not JSON");
  await page.getByRole("row").filter({ has: page.getByRole("cell", { name: "label" }) }).getByText(broken).waitFor();
  // Cells within their table, table and JSON below their heading: whatever is scrolled.
  const boxes = () =>
    page.evaluate(() => {
      const within = (outer) => (element) => {
        const [box, from] = [element.getBoundingClientRect(), outer.getBoundingClientRect()];
        return [box.x - from.x, box.y - from.y, box.width, box.height].map(Math.round).join(" ");
      };
      const [heading, table, area] = ["h2", "table", "textarea"].map((one) => document.querySelector(`main ${one}`));
      return [...[table.parentElement, area].map(within(heading)), ...[...table.querySelectorAll("td")].map(within(table))].join("; ");
    });
  await looked("broken");
  const there = await boxes();
  expect((await power.isDisabled()) && (await choice("“power”的读写类型", "Access to “power”").isDisabled()), "a table that is behind its JSON can be edited");
  await json.fill(good);
  await until(() => power.isEnabled(), "the table stays behind");
  const here = await boxes();
  expect(here === there, `what is edited moves with each mistake: ${there} is ${here}`);
}
