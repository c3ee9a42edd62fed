// What a device sends to sign in, computed in the page: the secret leaves it for nowhere.
export interface SignIn {
  clientId: string;
  userName: string;
  password: string;
}

export type Method = "hmacsha256" | "hmacsha1";

/** Browsers offer WebCrypto to pages over HTTPS and from this machine only. */
export const canCompute = typeof crypto !== "undefined" && crypto.subtle !== undefined;

/** The bytes of a device secret, which is base64; `undefined` when it is not. */
export function decodeSecret(secret: string): Uint8Array<ArrayBuffer> | undefined {
  const text = secret.trim();
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) || text === "") return undefined;
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

/** `expiry` in UNIX seconds. */
export async function signIn(
  productId: string,
  deviceName: string,
  key: Uint8Array<ArrayBuffer>,
  method: Method,
  expiry: number,
  connection: string,
): Promise<SignIn> {
  const clientId = `${productId}${deviceName}`;
  const userName = userNameOf(clientId, connection, expiry);
  const hash = method === "hmacsha256" ? "SHA-256" : "SHA-1";
  const secret = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(userName));
  return { clientId, userName, password: `${hex(new Uint8Array(signature))};${method}` };
}

export function userNameOf(clientId: string, connection: string, expiry: number): string {
  return `${clientId};12010126;${connection};${expiry}`;
}

/** The same on a command line, for when the page may not compute. */
export function commandFor(userName: string, method: Method): string {
  return [
    "SECRET='…'",
    `USERNAME='${userName}'`,
    `KEY=$(printf %s "$SECRET" | base64 -d | od -An -v -tx1 | tr -d ' \\n')`,
    `PASSWORD="$(printf %s "$USERNAME" | openssl dgst -${method.slice(4)} -mac HMAC -macopt hexkey:$KEY | sed 's/.*= //');${method}"`,
    'echo "$PASSWORD"',
  ].join("\n");
}

export function hex(bytes: ArrayLike<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Letters and digits, for the connection id. */
export function randomId(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => letters[byte % letters.length]).join("");
}
