// The live view of this page.
import { onScopeDispose, type Ref, ref, watch } from "vue";

import { language } from "../../text/language";
import { look, session } from "../session";
import { type Line, LiveConnection, type LiveState } from "./connection";
import type { LogRequest, Shown } from "./words";

/** Out of sight for so long, a page gives its socket back, milliseconds. */
const HIDDEN = 60_000;

const connection = new LiveConnection({
  open() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/console/live`);
    const close = () => {
      // One that is still on its way is let arrive: of the other the browser complains in its console.
      if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
      else socket.close();
    };
    const line: Line = { send: (text) => socket.send(text), close, onopen: null, onmessage: null, onclose: null };
    socket.onopen = () => line.onopen?.();
    socket.onmessage = ({ data }) => line.onmessage?.({ data });
    socket.onclose = ({ code }) => line.onclose?.({ code });
    return line;
  },
  hello() {
    return { CsrfToken: session.current?.CsrfToken ?? "", Language: language.value === "zh" ? "zh-CN" : "en-US" };
  },
  isSignedIn: look,
  random: Math.random,
});

let hiding: ReturnType<typeof setTimeout> | undefined;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.visibilityState === "visible") connection.wake();
  else hiding = setTimeout(() => connection.hide(), HIDDEN);
});
window.addEventListener("online", () => connection.wake());

export interface Live {
  /** Lines come by themselves; where they do not, a page asks. */
  isUp: Readonly<Ref<boolean>>;
  /** The server does not let the page watch this. */
  isRefused: Readonly<Ref<boolean>>;
  state: Readonly<Ref<LiveState>>;
  /** When the server said something last, milliseconds. */
  at: Readonly<Ref<number>>;
}

export interface Watched {
  /** Lines come from now on: time to ask for what was before. */
  begun(): void;
  shown(news: Shown): void;
}

/** Watches a log while the page is open; another one when the request changes, none when there is no request. */
export function useLive(request: () => LogRequest | undefined, watched: Watched): Live {
  const isUp = ref(false);
  const isRefused = ref(false);
  let stop: (() => void) | undefined;

  function begin(): void {
    stop?.();
    isUp.value = false;
    isRefused.value = false;
    const wanted = request();
    if (!wanted) {
      stop = undefined;
      return;
    }
    stop = connection.watch(wanted, {
      begun() {
        isUp.value = true;
        isRefused.value = false;
        watched.begun();
      },
      shown: (news) => watched.shown(news),
      ended(error) {
        isUp.value = false;
        isRefused.value = error !== undefined;
      },
    });
  }

  watch(() => JSON.stringify(request() ?? null), begin, { immediate: true });
  onScopeDispose(() => stop?.());
  return { isUp, isRefused, state: connection.state, at: connection.at };
}

/** Parameters for everything a device's log gets from now on. */
export function fromNow(product: string, name: string, filter: { kinds: string[]; direction?: string; keyword?: string }): LogRequest {
  return {
    ProductId: product,
    DeviceName: name,
    Kinds: filter.kinds,
    Direction: filter.direction ?? "",
    Keyword: filter.keyword ?? "",
    MinTime: 0,
    MaxTime: 0,
  };
}
