import { afterEach, expect, it } from "vitest";

import { beginWork, endAllWork, endWork, isWorking, works } from "./longWork";

afterEach(endAllWork);

function begun() {
  const stopped: string[] = [];
  const work = beginWork({ title: () => "Import", all: 3, stop: () => stopped.push("stopped") });
  return { work, stopped };
}

it("is told of until it is put away, also when it came to its end", () => {
  const { work, stopped } = begun();
  expect([works.length, isWorking.value]).toEqual([1, true]);
  work.done = 3;
  work.outcome = () => "3 made";
  expect([works.length, isWorking.value]).toEqual([1, false]);
  endWork(work);
  expect([works.length, stopped]).toEqual([0, []]);
});

it("stops what still runs when it is put away, and only once", () => {
  const { work, stopped } = begun();
  endWork(work);
  endWork(work);
  expect(stopped).toEqual(["stopped"]);
});

it("stops all of it when somebody signs out", () => {
  const first = begun();
  const second = begun();
  endAllWork();
  expect([first.stopped, second.stopped, works.length]).toEqual([["stopped"], ["stopped"], 0]);
});
