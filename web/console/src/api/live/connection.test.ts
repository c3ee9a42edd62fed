import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type Line, LiveConnection } from "./connection";

const LAMP = { ProductId: "P", DeviceName: "lamp", Kinds: ["content"], MinTime: 0, MaxTime: 0 };

class Socket implements Line {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly said: unknown[] = [];
  isClosed = false;

  send(text: string): void {
    this.said.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  tells(told: object): void {
    this.onmessage?.({ data: JSON.stringify(told) });
  }

  /** The server knows the page. */
  opens(): void {
    this.onopen?.();
    this.tells({ Type: "Ready", Time: 1 });
  }
}

function scene() {
  const sockets: Socket[] = [];
  const heard: string[] = [];
  const around = { isSignedIn: true };
  const connection = new LiveConnection({
    open() {
      const socket = new Socket();
      sockets.push(socket);
      return socket;
    },
    hello: () => ({ CsrfToken: "token", Language: "en-US" }),
    isSignedIn: () => Promise.resolve(around.isSignedIn),
    random: () => 1,
  });
  const listener = {
    begun: () => heard.push("begun"),
    shown: ({ Rows }: { Rows: unknown[] }) => heard.push(`${Rows.length} rows`),
    ended: (error?: { code: string }) => heard.push(`ended ${error?.code ?? ""}`),
  };
  const socket = () => sockets.at(-1) as Socket;
  return { connection, sockets, socket, heard, listener, around };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the page's socket", () => {
  it("is opened by the first who watches, shared, and closed when nobody does", () => {
    const { connection, sockets, socket, heard, listener } = scene();
    expect([connection.state.value, sockets.length]).toEqual(["off", 0]);
    const first = connection.watch(LAMP, listener);
    socket().opens();
    const second = connection.watch({ ...LAMP, Kinds: ["status"] }, listener);
    expect(sockets.length).toBe(1);
    expect(socket().said).toEqual([
      { CsrfToken: "token", Language: "en-US" },
      { Watch: 1, Request: LAMP },
      { Watch: 2, Request: { ...LAMP, Kinds: ["status"] } },
    ]);
    socket().tells({ Type: "Watching", Watch: 1, Time: 1 });
    socket().tells({ Type: "Rows", Time: 2, Watches: [{ Watch: 1, Rows: [{}, {}], Missed: 0, HasGap: false }, { Watch: 9, Rows: [] }] });
    expect([heard, connection.state.value]).toEqual([["begun", "2 rows"], "live"]);
    first();
    second();
    expect(socket().said.slice(3)).toEqual([{ Unwatch: 1 }, { Unwatch: 2 }]);
    vi.advanceTimersByTime(29_999);
    expect(socket().isClosed).toBe(false);
    vi.advanceTimersByTime(1);
    expect([socket().isClosed, connection.state.value]).toEqual([true, "off"]);
  });

  it("is opened again after it was lost, later and later, and asks for everything again", async () => {
    const { connection, sockets, socket, heard, listener } = scene();
    connection.watch(LAMP, listener);
    socket().opens();
    socket().tells({ Type: "Watching", Watch: 1, Time: 1 });
    socket().onclose?.({ code: 1001 });
    expect([heard, connection.state.value]).toEqual([["begun", "ended "], "reconnecting"]);
    for (const [tries, wait] of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(sockets.length).toBe(tries + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(sockets.length).toBe(tries + 2);
      socket().onclose?.({ code: 1006 });
      expect(connection.state.value).toBe(tries < 2 ? "reconnecting" : "asking");
    }
    await vi.advanceTimersByTimeAsync(30_000);
    socket().opens();
    expect(socket().said).toEqual([{ CsrfToken: "token", Language: "en-US" }, { Watch: 1, Request: LAMP }]);
    expect(connection.state.value).toBe("live");
  });

  it("is given up when nothing is heard", async () => {
    const { connection, sockets, socket, listener } = scene();
    connection.watch(LAMP, listener);
    socket().opens();
    await vi.advanceTimersByTimeAsync(49_000);
    socket().tells({ Type: "Alive", Time: 2 });
    await vi.advanceTimersByTimeAsync(49_999);
    expect(connection.state.value).toBe("live");
    const silent = socket();
    await vi.advanceTimersByTimeAsync(1);
    expect([silent.isClosed, connection.state.value]).toEqual([true, "reconnecting"]);
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets.length).toBe(2);
    silent.onclose?.({ code: 1006 });
    expect(connection.state.value).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets.length).toBe(2);
  });

  it("ends with the session, and goes on with a new one", async () => {
    const { connection, sockets, socket, listener, around } = scene();
    connection.watch(LAMP, listener);
    socket().opens();
    socket().onclose?.({ code: 4401 });
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets.length).toBe(2);
    socket().opens();
    around.isSignedIn = false;
    socket().onclose?.({ code: 4401 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sockets.length, connection.state.value]).toEqual([2, "off"]);
  });

  it("is given back out of sight, and taken again at once", () => {
    const { connection, sockets, socket, heard, listener } = scene();
    connection.watch(LAMP, listener);
    socket().opens();
    connection.hide();
    expect([sockets[0]?.isClosed, connection.state.value, heard]).toEqual([true, "off", ["ended "]]);
    connection.wake();
    expect(sockets.length).toBe(2);
    socket().opens();
    connection.wake();
    expect([sockets.length, connection.state.value]).toEqual([2, "live"]);
  });

  it("tells who may not watch", () => {
    const { connection, socket, heard, listener } = scene();
    connection.watch(LAMP, listener);
    socket().opens();
    socket().tells({ Type: "Refused", Watch: 1, Code: "UnauthorizedOperation", Message: "no", RequestId: "r" });
    expect(heard).toEqual(["ended UnauthorizedOperation"]);
  });
});
