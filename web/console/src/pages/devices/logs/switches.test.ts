import { describe, expect, it } from "vitest";

import { askedBy, readSwitches, switchOf } from "./switches";

const row = (Kind: string, Direction = "", Scene = "") => ({ Kind, Direction, Scene });

describe("the switches of the timeline", () => {
  it("are read from the address in one order, without what is none", () => {
    expect(readSwitches("")).toEqual([]);
    expect(readSwitches("status,up,nonsense,up")).toEqual(["up", "status"]);
  });

  it("sort every line under one of them", () => {
    expect(switchOf(row("content", "up", "PROPERTY"))).toBe("up");
    expect(switchOf(row("content", "down", "PROPERTY"))).toBe("down");
    expect(switchOf(row("content", "up", "EVENT"))).toBe("event");
    expect(switchOf(row("thing_model", "up", "EVENT"))).toBe("thing_model");
    expect(switchOf(row("status", "", "ONLINE"))).toBe("status");
    expect(switchOf(row("device", "", "INF"))).toBe("device");
    expect(switchOf(row("diagnostic", "up", "MESSAGE"))).toBe("diagnostic");
  });

  it("ask the server for no more than is needed", () => {
    expect(askedBy([])).toEqual({ kinds: [], direction: "", word: "" });
    expect(askedBy(["up"])).toEqual({ kinds: ["content"], direction: "up", word: "" });
    expect(askedBy(["event"])).toEqual({ kinds: ["content"], direction: "", word: "EVENT" });
    expect(askedBy(["up", "down", "status"])).toEqual({ kinds: ["content", "status"], direction: "", word: "" });
    expect(askedBy(["up", "diagnostic"])).toEqual({ kinds: ["content", "diagnostic"], direction: "", word: "" });
  });
});
