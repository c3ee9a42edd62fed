// Who is signed in. The cookie is out of scripts' reach; what is here is for showing and for the CSRF header.
import { reactive } from "vue";

import { failure, reach } from "./error";

export interface Session {
  Uin: string;
  Owner: string;
  User: string;
  IsMainAccount: boolean;
  IsPlatformAdministrator: boolean;
  MustChangePassword: boolean;
  CsrfToken: string;
}

/** `undefined`: not asked yet; `null`: nobody. */
export const session = reactive<{ current: Session | null | undefined }>({ current: undefined });

const PATH = "/console/session";

/**
 * Asks once per page load who is signed in; again when the server did not say.
 *
 * @throws ApiError when it does not: that nobody is signed in is not known then.
 */
export async function restore(): Promise<Session | null> {
  if (session.current === undefined) await ask();
  return session.current ?? null;
}

/** Asks again: a changed password changes the session, too. */
export async function refresh(): Promise<Session | null> {
  session.current = undefined;
  return restore();
}

/** Looks whether somebody is still signed in; forgets nobody when no server answers. */
export async function look(): Promise<boolean> {
  // Whether the session goes on is seen when the server is back.
  await ask().catch(() => undefined);
  return session.current !== null;
}

async function ask(): Promise<void> {
  const answer = await reach(PATH, { headers: { Accept: "application/json" } });
  if (answer.ok) session.current = (await answer.json()) as Session;
  else if (answer.status === 401) session.current = null;
  else throw await failure(answer);
}

/** @throws ApiError when user or password is wrong, or it was tried too often. */
export async function signIn(user: string, password: string, language: string): Promise<Session> {
  const answer = await reach(PATH, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-TC-Language": language },
    body: JSON.stringify({ User: user, Password: password }),
  });
  if (!answer.ok) throw await failure(answer);
  session.current = (await answer.json()) as Session;
  return session.current;
}

/** Ends this session, or all of this user's. */
export async function signOut(everywhere: boolean): Promise<void> {
  const headers = { "X-Csrf-Token": session.current?.CsrfToken ?? "" };
  const answer = await reach(everywhere ? `${PATH}/all` : PATH, { method: "DELETE", headers });
  if (!answer.ok && answer.status !== 401) throw await failure(answer);
  session.current = null;
}
