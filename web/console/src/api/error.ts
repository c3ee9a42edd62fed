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
}

interface Refusal {
  Response?: { Error?: { Code: string; Message: string }; RequestId?: string };
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
