// Every operation goes through here: the vendor's and those of service `lianwu`, in the name of the session.
import { language } from "../text/language";
import { ApiError, failure, reach } from "./error";
import { type Operations, versions } from "./generated";
import { session } from "./session";

export type OperationName = keyof Operations;
export type Request<O extends OperationName> = Operations[O]["request"];
export type Answer<O extends OperationName> = Operations[O]["response"] & { RequestId: string };

/**
 * Calls one operation.
 *
 * @throws ApiError with the server's code, message and request id; code `NoConnection` when no server answered.
 */
export async function call<O extends OperationName>(
  operation: O,
  request: Request<O>,
  signal?: AbortSignal,
): Promise<Answer<O>> {
  return (await callAny(versions[operation], operation, request, signal)) as Answer<O>;
}

/** The same for a name only known at run time. */
export async function callAny(
  version: string,
  operation: string,
  request: unknown,
  signal?: AbortSignal,
): Promise<{ RequestId: string }> {
  const answer = await reach(`/console/api/${version}/${operation}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Csrf-Token": session.current?.CsrfToken ?? "",
      "X-TC-Language": language.value === "zh" ? "zh-CN" : "en-US",
    },
    body: JSON.stringify(request),
    signal: signal ?? null,
  });
  if (answer.status === 401) session.current = null;
  if (!answer.ok) throw await failure(answer);
  const { Response } = (await answer.json()) as {
    Response: { RequestId: string; Error?: { Code: string; Message: string } };
  };
  if (Response.Error) throw new ApiError(Response.Error.Code, Response.Error.Message, Response.RequestId);
  return Response;
}
