import { describe, expect, it } from "vitest";

import { isTag, readTags, writeTags } from "./filter";

describe("tags in the address", () => {
  it("are read back as they were, whatever is in them", () => {
    for (const tags of [[], ["area=floor2"], ["area=floor2", "team="], ["a=1,2", "b=%2C", "c==", "键=值 %25,"]]) {
      expect(readTags(writeTags(tags))).toEqual(tags);
    }
  });

  it("need a key", () => {
    expect(["area=floor2", "area=", "=x", "area", ""].map(isTag)).toEqual([true, true, false, false, false]);
    expect(readTags("area,=x,ok=1")).toEqual(["ok=1"]);
  });
});
