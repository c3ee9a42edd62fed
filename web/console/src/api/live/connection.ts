// One socket of the page, shared by all who watch something: opened when somebody does, opened again when it is lost.
import { ref } from "vue";

import { ApiError } from "../error";
import { isAboutSession, type LogRequest, type Shown, type Told } from "./words";

/** `off`: nobody watches, or the page is out of sight. `asking`: no socket can be had, so pages ask now and then. */
export type LiveState = "off" | "connecting" | "live" | "reconnecting" | "asking";

export interface Listener {
  /** Every later line comes; what was before has to be asked for. */
  begun(): void;
  shown(news: Shown): void;
  /** Nothing comes any more: the socket is lost, or the watch is refused. */
  ended(error?: ApiError): void;
}

/** What of a WebSocket is used. */
export interface Line {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface Around {
  open(): Line;
  /** The first message: who the page belongs to. */
  hello(): { CsrfToken: string; Language: string };
  /** Looks who is signed in; `false` when nobody is. */
  isSignedIn(): Promise<boolean>;
  /** From 0 to 1. */
  random(): number;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** Failures in a row after which a socket counts as not to be had. */
const TRIES = 3;
/** The server says something every 20 s. */
const SILENCE = 50_000;
/** How long a socket stays open for nobody. */
const UNUSED = 30_000;

interface Watch {
  request: LogRequest;
  listener: Listener;
}

export class LiveConnection {
  readonly state = ref<LiveState>("off");
  /** When the server said something last, milliseconds. */
  readonly at = ref(0);
  private readonly watches = new Map<number, Watch>();
  private last = 0;
  private line: Line | undefined;
  private isReady = false;
  private failures = 0;
  private isHidden = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private unused: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly around: Around) {}

  /** Watches a log until the function it gives is called. */
  watch(request: LogRequest, listener: Listener): () => void {
    const id = ++this.last;
    this.watches.set(id, { request, listener });
    clearTimeout(this.unused);
    if (this.isReady) this.say({ Watch: id, Request: request });
    else if (!this.line && this.retry === undefined) this.connect();
    return () => this.unwatch(id);
  }

  /** Out of sight for long: the socket is given back until somebody looks again. */
  hide(): void {
    this.isHidden = true;
    this.drop("off");
  }

  /** Somebody looks again, or the network is back: no longer waiting. */
  wake(): void {
    this.isHidden = false;
    if (this.isReady || this.watches.size === 0 || (this.line && this.failures === 0)) return;
    this.failures = 0;
    this.drop("connecting");
    this.connect();
  }

  private unwatch(id: number): void {
    if (!this.watches.delete(id)) return;
    if (this.isReady) this.say({ Unwatch: id });
    if (this.watches.size > 0) return;
    clearTimeout(this.unused);
    this.unused = setTimeout(() => this.drop("off"), UNUSED);
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    if (this.isHidden) return;
    if (this.state.value === "off") this.state.value = "connecting";
    let line: Line;
    try {
      line = this.around.open();
    } catch {
      void this.lost(1006);
      return;
    }
    this.line = line;
    line.onopen = () => line.send(JSON.stringify(this.around.hello()));
    line.onmessage = ({ data }) => {
      if (this.line === line) this.hear(JSON.parse(String(data)) as Told);
    };
    line.onclose = ({ code }) => {
      if (this.line === line) void this.lost(code);
    };
    this.listen(line);
  }

  /** A network that fails without a word is noticed by the silence. */
  private listen(line: Line): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      if (this.line !== line) return;
      this.close();
      void this.lost(1006);
    }, SILENCE);
  }

  private hear(told: Told): void {
    if (this.line) this.listen(this.line);
    this.at.value = Date.now();
    switch (told.Type) {
      case "Ready":
        this.isReady = true;
        this.failures = 0;
        this.state.value = "live";
        for (const [id, { request }] of this.watches) this.say({ Watch: id, Request: request });
        break;
      case "Watching":
        this.watches.get(told.Watch)?.listener.begun();
        break;
      case "Refused":
        this.watches.get(told.Watch)?.listener.ended(new ApiError(told.Code, told.Message, told.RequestId));
        break;
      case "Rows":
        for (const shown of told.Watches) this.watches.get(shown.Watch)?.listener.shown(shown);
        break;
      case "Alive":
        break;
    }
  }

  private async lost(code: number): Promise<void> {
    const wasReady = this.isReady;
    this.forget();
    if (wasReady) for (const { listener } of this.watches.values()) listener.ended();
    if (this.watches.size === 0) {
      this.state.value = "off";
      return;
    }
    this.failures += 1;
    this.state.value = this.failures > TRIES ? "asking" : "reconnecting";
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1)) * (0.5 + this.around.random() / 2);
    this.retry = setTimeout(() => this.connect(), wait);
    // Whoever was signed out is led to the sign-in; a page whose password was changed goes on with its new session.
    if (isAboutSession(code) && !(await this.around.isSignedIn())) this.drop("off");
  }

  private say(message: object): void {
    this.line?.send(JSON.stringify(message));
  }

  private drop(state: LiveState): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    const wasReady = this.isReady;
    this.close();
    this.forget();
    this.state.value = state;
    if (wasReady) for (const { listener } of this.watches.values()) listener.ended();
  }

  private close(): void {
    const line = this.line;
    this.line = undefined;
    line?.close();
  }

  private forget(): void {
    this.line = undefined;
    this.isReady = false;
    clearTimeout(this.silence);
  }
}
