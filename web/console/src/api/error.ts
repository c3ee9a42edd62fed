import { language } from "../text/language";

/** What a caller has no right to. */
export interface Denied {
  /** `<service>:<Action>` */
  operation: string;
  /** Names of the objects; none where it is not about one. */
  resources: string[];
  /** Why, when it is more than a policy that is missing. */
  reason: string;
}

/** A refusal, in the words of the server. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Empty when no server answered. */
    readonly requestId: string,
    readonly status = 200,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Set when a right is missing. The vendor's sentence for that is for programs; people are told what is in it. */
  get denied(): Denied | undefined {
    const operation = /you are not authorized to perform operation \(([^)]+)\)/.exec(this.message)?.[1];
    if (this.code !== "UnauthorizedOperation" || !operation) return undefined;
    const resources = [...this.message.matchAll(/resource \(([^)]*)\) has no permission/g)].map((found) => found[1] ?? "");
    const lines = this.message.split("\n").filter((line) => line && !/\[request id:|^resource \(/.test(line));
    return { operation, resources: resources.filter((resource) => resource !== "*"), reason: lines.join(" ") };
  }

  /** The message without the name of the parameter it is about: for beside that parameter's field. */
  get atField(): string {
    const text = this.message.replace(/^(?:参数 `\w+` (?:取值|格式)错误：|The (?:value of )?parameter `\w+` is (?:wrong|malformed): )/, "");
    return text.charAt(0).toUpperCase() + text.slice(1);
  }
}

/** What was thrown, as a page shows it. */
export function asApiError(thrown: unknown): ApiError {
  return thrown instanceof ApiError ? thrown : new ApiError("Console", String(thrown), "");
}

interface Refusal {
  Response?: { Error?: { Code: string; Message: string }; RequestId?: string };
}

/**
 * Asks the server.
 *
 * @throws ApiError with code `NoConnection` when none answers.
 */
export async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    const message = language.value === "zh" ? "连接不到服务器，请检查网络后重试。" : "The server cannot be reached. Check the network and try again.";
    throw new ApiError("NoConnection", message, "");
  }
}

/** What an answer that is no success says. */
export async function failure(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  try {
    const refused = (JSON.parse(text) as Refusal).Response;
    if (refused?.Error) {
      return new ApiError(refused.Error.Code, refused.Error.Message, refused.RequestId ?? "", answer.status);
    }
  } catch {
    // Not from the platform: a proxy's page, most likely. Its status says more than its text.
  }
  return new ApiError(`HTTP ${answer.status}`, answer.statusText || `HTTP ${answer.status}`, "", answer.status);
}
