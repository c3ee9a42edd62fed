// The page's live view: whether it is up, what is asked for besides, and its loss.
"use strict";

/** Lets the walk cut the page's socket. Call before the page is opened. */
exports.live = async ({ page, word, until, expect }) => {
  const sockets = [];
  let isCut = false;
  await page.routeWebSocket(/\/console\/live$/, (socket) => {
    if (isCut) return void socket.close({ code: 1001 });
    const server = socket.connectToServer();
    const watches = [];
    sockets.push({ socket, server, watches });
    socket.onMessage((message) => {
      const { Watch, Request } = JSON.parse(message);
      if (Request) watches.push({ Watch, kinds: Request.Kinds.join() });
      server.send(message);
    });
  });
  const asked = [];
  const open = new Set();
  page.on("request", (request) => {
    if (!request.url().endsWith("/ListDeviceLog")) return;
    asked.push(request);
    open.add(request);
  });
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => open.delete(request));
  const says = (within, zh, en) => within.locator("[role=status][aria-busy=false]").filter({ hasText: word(zh, en) }).first().waitFor();
  return {
    /** The mark says so. */
    isUp: (within) => says(within, "实时", "Live"),
    isPaused: (within) => says(within, "已暂停", "Paused"),
    isLost: (within) => says(within, "正在重连", "Reconnecting"),
    /** Nothing is asked for while this is done. */
    unasked: async (what, work) => {
      await until(() => open.size === 0, `${what}: the log is read again and again`);
      const before = asked.length;
      await work();
      expect(asked.length === before, `${what}: it was asked for: ${asked.at(-1)?.postData()}`);
    },
    /** As if so many lines of a log of these kinds had come too quickly. */
    miss: (kinds, count) => {
      const { socket, watches } = sockets.at(-1);
      const { Watch } = watches.findLast((watch) => watch.kinds === kinds);
      socket.send(JSON.stringify({ Type: "Rows", Time: Date.now(), Watches: [{ Watch, Rows: [], Missed: count, HasGap: false }] }));
    },
    cut: async () => {
      isCut = true;
      for (const { socket, server } of sockets.splice(0)) {
        await server.close();
        await socket.close({ code: 1001 });
      }
    },
    /** The network is back, and the browser says so. */
    mend: async () => {
      isCut = false;
      await page.evaluate(() => window.dispatchEvent(new Event("online")));
    },
  };
};
