import { beforeEach, describe, expect, it } from "vitest";

import { useLook } from "./listLook";

describe("how a list is seen", () => {
  beforeEach(() => localStorage.clear());

  it("is remembered for each list, until it is reset", () => {
    const devices = useLook("devices");
    devices.set({ hidden: ["firmware"] });
    devices.set({ isCompact: true });
    expect(devices.look.value).toEqual({ hidden: ["firmware"], isCompact: true });
    expect(JSON.parse(localStorage.getItem("lianwu.list.devices") ?? "")).toEqual({ hidden: ["firmware"], isCompact: true });
    expect(useLook("keys").look.value).toEqual({ hidden: [], isCompact: false });
    devices.reset();
    expect(useLook("devices").look.value.hidden).toEqual([]);
    expect(localStorage.length).toBe(0);
  });

  it("takes nothing from the browser's store that is no look", () => {
    for (const [nth, kept] of ["no JSON", "null", '{"hidden":"all","isCompact":"yes"}', '{"hidden":[1,"a"]}'].entries()) {
      localStorage.setItem(`lianwu.list.bad-${nth}`, kept);
      expect(useLook(`bad-${nth}`).look.value).toEqual({ hidden: nth === 3 ? ["a"] : [], isCompact: false });
    }
  });
});
