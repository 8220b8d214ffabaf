// Asking windvane. An error says in words what is wrong.
export async function ask(path, signal = undefined, timeout = 70_000) {
  const limits = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
  let answer;
  try {
    answer = await fetch(path, {signal: AbortSignal.any(limits)});
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error(error.name === "TimeoutError" ? `No answer within ${timeout / 1000} s.` : "windvane does not answer. Is it running?");
  }
  const said = await answer.json().catch(error => { if (signal?.aborted) throw error; return {}; });
  if (!answer.ok) throw new Error(said.error ?? `windvane answered with ${answer.status}.`);
  return said;
}
