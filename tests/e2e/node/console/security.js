// What other pages in the visitor's browser can do here: nothing. And a session that somebody put into the browser beforehand is not the one
// that a sign-in opens.
"use strict";

const http = require("node:http");

exports.walk = async (tour) => {
  await forged(tour);
  await fixed(tour);
};

/**
 * A page of somewhere else in the browser of a visitor who is signed in. At the same address with another port the browser sends the cookie along:
 * to it that is the same site. By another name it is another site.
 */
async function forged({ page, context, base, cloud, expect, until, language, user, password }) {
  const { server, port } = await listening();
  const project = `forged-${language}`;
  const api = `${base}/console/api`;
  const before = await (await context.request.get(`${base}/console/session`)).json();
  try {
    for (const host of ["127.0.0.1", "localhost"]) {
      const other = await context.newPage();
      const at = `http://${host}:${port}`;
      await other.goto(at);

      // A form, which needs no leave of this server: JSON in the name of its one field. It is not signed in as somebody else by one, either.
      const session = `${base}/console/session`;
      for (const [to, body] of [
        [`${api}/2019-04-23/CreateProject`, { ProjectName: project, ProjectDesc: "by a form" }],
        [`${api}/2026-11-01/SetPassword`, { OldPassword: password, NewPassword: "chosen by somebody else" }],
        [session, { User: user, Password: password }],
      ]) {
        await other.goto(at);
        const [answer] = await Promise.all([other.waitForResponse(to), other.waitForURL(to), other.evaluate(post, [to, body])]);
        expect(answer.status() === 403, `${host}: a form for ${to} was answered ${answer.status()}`);
      }

      // Calls by a script: as text without asking, and as the console makes them, for which the browser asks first.
      await other.goto(at);
      const calls = await other.evaluate(
        async ([to, one, all, name]) => {
          const body = JSON.stringify({ ProjectName: name, ProjectDesc: "by a script" });
          const tried = (where, more) => fetch(where, { credentials: "include", ...more }).then((answer) => answer.type === "opaque" ? "not to be read" : answer.status, () => "stopped");
          return [
            await tried(to, { method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body }),
            await tried(to, { method: "POST", headers: { "Content-Type": "application/json", "X-Csrf-Token": "a guess" }, body }),
            await tried(one, {}),
            await tried(all, { method: "DELETE" }),
          ];
        },
        [`${api}/2019-04-23/CreateProject`, session, `${session}/all`, project],
      );
      expect(calls.join() === "not to be read,stopped,stopped,stopped", `${host}: calls of another page were ${calls}`);

      // Neither a live connection nor a frame around the console.
      const socket = await other.evaluate(
        (to) => new Promise((resolve) => {
          const opened = new WebSocket(to);
          opened.onopen = () => resolve("open");
          opened.onerror = () => resolve("refused");
        }),
        `${base.replace("http", "ws")}/console/live`,
      );
      expect(socket === "refused", `${host}: another page has a live connection`);
      const shown = await other.evaluate(
        (to) => new Promise((resolve) => {
          const frame = document.createElement("iframe");
          frame.onload = () => resolve(frame.contentWindow.length);
          frame.src = to;
          document.body.append(frame);
        }),
        `${base}/console/`,
      );
      const inside = other.frames().find((frame) => frame.parentFrame());
      const text = await inside.locator("#console").count().catch(() => 0);
      expect(text === 0, `${host}: the console is shown in a frame (${shown})`);
      await other.close();
    }
  } finally {
    server.close();
  }
  const { Projects } = await cloud("GetProjectList", { Offset: 0, Limit: 100 });
  expect(!Projects.some(({ ProjectName }) => ProjectName === project), "another page made a project");
  const after = await (await context.request.get(`${base}/console/session`)).json();
  expect(after.User === before.User, `signed in is ${after.User}`);
  await until(async () => {
    await page.reload();
    return (await page.getByRole("navigation").count()) > 0;
  }, "the visitor is signed in no more");
}

/** Posts what a server that reads JSON whatever it is called would take. */
function post([to, body]) {
  const form = document.createElement("form");
  const field = document.createElement("input");
  const [start, end] = [JSON.stringify(body).slice(0, -1), '"}'];
  Object.assign(form, { action: to, method: "post", enctype: "text/plain" });
  Object.assign(field, { name: `${start},"Rest":"`, value: end });
  form.append(field);
  document.body.append(form);
  form.submit();
}

function listening() {
  const server = http.createServer((_, answer) => {
    answer.writeHead(200, { "Content-Type": "text/html" });
    answer.end("<!doctype html><title>another page</title><p>another page</p>");
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ server, port: server.address().port })));
}

/** What was in the browser before is neither what the sign-in opens, nor good for anything after it. */
async function fixed({ context, base, expect, word, user, password }) {
  const browser = context.browser();
  const opened = async (planted) => {
    const fresh = await browser.newContext({ locale: word("zh-CN", "en-GB") });
    await fresh.addCookies([{ name: "lianwu_session", value: planted, domain: new URL(base).hostname, path: "/console", httpOnly: true, sameSite: "Strict" }]);
    const page = await fresh.newPage();
    await page.goto(`${base}/console/sign-in`);
    await page.locator("input[name=user]").fill(user);
    await page.locator("input[name=password]").fill(password);
    await page.getByRole("button", { name: word("登录", "Sign in"), exact: true }).click();
    await page.getByRole("navigation", { name: word("导航", "Navigation") }).waitFor();
    const cookies = (await fresh.cookies()).filter(({ name }) => name === "lianwu_session");
    const read = await page.evaluate(() => document.cookie);
    await fresh.close();
    expect(!read.includes("lianwu_session"), "a script can read the session");
    expect(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === "Strict"), JSON.stringify(cookies));
    return cookies.map(({ value }) => value);
  };
  const isGood = async (value) => (await fetch(`${base}/console/session`, { headers: { Cookie: `lianwu_session=${value}` } })).status === 200;
  const madeUp = "A".repeat(43);
  const [first] = await opened(madeUp).then((all) => all.filter((value) => value !== madeUp));
  expect(first && (await isGood(first)) && !(await isGood(madeUp)), "a made-up session became one");
  // A real one of somebody else, put there: it ends with the sign-in.
  const [second] = await opened(first).then((all) => all.filter((value) => value !== first));
  expect(second && (await isGood(second)) && !(await isGood(first)), "the session that was put there is still good");
}
