/** Long enough for a slow line, short enough to wait for. */
const TIMEOUT_MS = 5000;

/** Whether a file can be had from an address, or why not. */
export const unreachable = async (url: string, timeout: number = TIMEOUT_MS): Promise<string | undefined> => {
  const { host } = new URL(url);
  try {
    const { ok, status } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(timeout) });
    return ok ? undefined : `${host} answers ${status}`;
  } catch (error) {
    const { cause, name, message } = error as Error & { cause?: { code?: string } };
    return `${host} ${name === 'TimeoutError' ? 'does not answer' : `cannot be reached (${cause?.code ?? message})`}`;
  }
};
