import { AppError, HTTP_PATHS } from "@switchyard/protocol";

/** Changes a sign-in link's token or an API token for the session cookie. Rejects with the controller's AppError. */
export async function signIn(token: string): Promise<void> {
  await ask("POST", { token });
}

export async function signOut(): Promise<void> {
  await ask("DELETE");
}

/** False when nobody is signed in. */
export async function isSignedIn(): Promise<boolean> {
  try {
    await ask("GET");
    return true;
  } catch (error) {
    if (error instanceof AppError && error.status === 401) return false;
    throw error;
  }
}

async function ask(method: string, body?: object): Promise<void> {
  let response: Response;
  try {
    response = await fetch(HTTP_PATHS.session, {
      method,
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new AppError(
      "controller-unreachable",
      { url: location.origin, reason: String(error) },
      { cause: error },
    );
  }
  if (response.ok) return;
  const payload = (await response.json().catch(() => undefined)) as
    { code?: string; message?: string } | undefined;
  throw AppError.fromPayload({
    code: payload?.code ?? "",
    message: payload?.message ?? `HTTP ${response.status}`,
    ...payload,
  });
}
