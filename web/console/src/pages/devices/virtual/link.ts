// The connection of a virtual device: MQTT.js over WebSocket to the console's own address, as any device may connect.
import type { MqttClient } from "mqtt";

export interface SignIn {
  clientId: string;
  userName: string;
  password: string;
}

/** Why there is no connection. */
export class Refused extends Error {
  /** CONNACK's code; 0 when none came. */
  constructor(
    readonly code: number,
    text: string,
  ) {
    super(text);
  }
}

export interface Link {
  /** Done when the platform has acknowledged it. */
  publish(topic: string, payload: string | Uint8Array): Promise<void>;
  /** Says goodbye. */
  leave(): Promise<void>;
  /** Ends without a word, as a device that lost its power. */
  cut(): void;
}

export interface Listener {
  heard(topic: string, payload: Uint8Array): void;
  /** Once, unless `leave` or `cut` ended it. */
  lost(): void;
}

const TIMEOUT = 10_000;
/** Seconds. Browsers let timers of pages out of view run once a minute. */
const KEEP_ALIVE = 240;

export function address(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/mqtt`;
}

/**
 * Signs in and subscribes.
 *
 * @throws Refused
 */
export async function connect(signIn: SignIn, filters: string[], listener: Listener): Promise<Link> {
  const { default: mqtt } = await import("mqtt");
  const client = mqtt.connect(address(), {
    clientId: signIn.clientId,
    username: signIn.userName,
    password: signIn.password,
    protocolVersion: 4,
    clean: true,
    keepalive: KEEP_ALIVE,
    connectTimeout: TIMEOUT,
    reconnectPeriod: 0,
    // Others run in a worker made of a text, which the console's policy forbids.
    timerVariant: "native",
  });
  await signedIn(client);
  let isOver = false;
  client.on("message", (topic, payload) => listener.heard(topic, payload));
  client.once("close", () => {
    if (!isOver) listener.lost();
    isOver = true;
  });
  try {
    // One filter at a time, as the vendor's C SDK does.
    for (const filter of filters) await client.subscribeAsync(filter, { qos: 1 });
  } catch (error) {
    isOver = true;
    client.end(true);
    throw error;
  }
  return {
    publish: async (topic, payload) => {
      await client.publishAsync(topic, payload as string, { qos: 1 });
    },
    leave: async () => {
      isOver = true;
      // Gone already is gone, too.
      await client.endAsync().catch(() => undefined);
    },
    cut: () => {
      isOver = true;
      client.end(true);
    },
  };
}

function signedIn(client: MqttClient): Promise<void> {
  return new Promise((done, fail) => {
    const settle = (): void => {
      client.off("connect", came).off("error", failed).off("close", closed);
      // Whatever else it has to say, nobody is asked any more.
      client.on("error", () => undefined);
    };
    const give = (error: Refused): void => {
      settle();
      client.end(true);
      fail(error);
    };
    const came = (): void => {
      settle();
      done();
    };
    const failed = (error: Error): void => give(new Refused("code" in error && typeof error.code === "number" ? error.code : 0, error.message));
    const closed = (): void => give(new Refused(0, "closed"));
    client.on("connect", came).on("error", failed).on("close", closed);
  });
}
