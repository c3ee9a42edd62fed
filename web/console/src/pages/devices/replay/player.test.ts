// The clock of a replay.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";

import { type Player, usePlayer } from "./player";

let scope: ReturnType<typeof effectScope>;
let player: Player;

beforeEach(() => {
  vi.useFakeTimers();
  scope = effectScope();
  player = scope.run(() => usePlayer(() => 1000, () => 21_000)) as Player;
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

describe("a player", () => {
  it("runs at its speed, backwards too, and stands at either end", () => {
    player.speed.value = 1;
    player.play(1);
    vi.advanceTimersByTime(1000);
    expect(player.at.value).toBe(2000);
    player.speed.value = 60;
    vi.advanceTimersByTime(1000);
    expect([player.at.value, player.direction.value, player.isAtEnd.value]).toEqual([21_000, 0, true]);
    player.speed.value = 10;
    player.play(-1);
    vi.advanceTimersByTime(500);
    expect(player.at.value).toBe(16_000);
    vi.advanceTimersByTime(5000);
    expect([player.at.value, player.direction.value, player.isAtBegin.value]).toEqual([1000, 0, true]);
  });

  it("begins anew from the end, and stays within the window", () => {
    player.seek(99_000);
    expect(player.at.value).toBe(21_000);
    player.play(1);
    expect(player.at.value).toBe(1000);
    player.seek(0);
    expect(player.at.value).toBe(1000);
    player.play(-1);
    expect(player.at.value).toBe(21_000);
  });

  it("stops when it is paused or its page is left", () => {
    player.play(1);
    vi.advanceTimersByTime(100);
    const at = player.at.value;
    player.pause();
    vi.advanceTimersByTime(1000);
    expect(player.at.value).toBe(at);
    player.play(1);
    scope.stop();
    vi.advanceTimersByTime(1000);
    expect(player.at.value).toBe(at);
  });
});
