// Calls told from Node, with its own fetch and nothing installed. Start `windvane up` first, then: node node.mjs
//
// record() is plain JSON, trace() is OTLP/JSON. Both keep what is told in memory until the gateway has it, send it in
// batches, and come back when they are asked to. Neither throws into the app, nor waits in its way.
import { randomBytes, randomUUID } from "node:crypto";

const to = process.env.WINDVANE_ENDPOINT ?? "http://127.0.0.1:7070";
const key = process.env.WINDVANE_KEY;
const headers = { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };
const MOST = 10_000; // told and not yet sent; beyond it the newest are dropped, and counted

class Sender {
  constructor(path, wrap) {
    Object.assign(this, { path, wrap, waiting: [], dropped: 0, sending: Promise.resolve(), timer: null });
  }

  tell(item) {
    if (this.waiting.length >= MOST) return void this.dropped++;
    this.waiting.push(item);
    // unref: a timer of ours does not keep the app alive
    this.timer ??= setTimeout(() => this.flush(), 200).unref();
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    const batch = this.waiting.splice(0);
    if (batch.length) this.sending = this.sending.then(() => this.send(batch));
    return this.sending;
  }

  async send(batch) {
    const body = JSON.stringify(this.wrap(batch));
    const once = { ...headers, "Idempotency-Key": randomUUID() }; // sent again, it still counts once
    for (let attempt = 0; attempt < 6; attempt++) {
      let wait = 2 ** attempt / 4;
      try {
        const answer = await fetch(to + this.path, { method: "POST", headers: once, body, signal: AbortSignal.timeout(10_000) });
        const told = await answer.text();
        if (answer.ok) return console.log(this.path, answer.status, told);
        if (![429, 502, 503, 504].includes(answer.status)) {
          this.dropped += batch.length;
          return console.error(this.path, answer.status, told);
        }
        wait = Number(answer.headers.get("Retry-After")) || wait;
      } catch {
        // nobody answers: later
      }
      await new Promise((done) => setTimeout(done, wait * 1000));
    }
    this.dropped += batch.length;
  }
}

const events = new Sender("/v1/events", (batch) => batch);
const spans = new Sender("/v1/traces", (batch) => ({
  resourceSpans: [{ resource: { attributes: attributes({ "service.name": "node" }) }, scopeSpans: [{ spans: batch }] }],
}));

const attributes = (said) => Object.entries(said).map(([name, value]) => ({ key: name, value: anyValue(value) }));
const anyValue = (said) =>
  Array.isArray(said) ? { arrayValue: { values: said.map(anyValue) } }
  : typeof said === "number" ? (Number.isInteger(said) ? { intValue: String(said) } : { doubleValue: said })
  : { stringValue: String(said) };
const message = (role, content, more) => JSON.stringify([{ role, parts: [{ type: "text", content }], ...more }]);

/** Run a call of a model and tell of it as plain JSON; what it returns or throws goes on to the app. */
export async function record(model, prompt, call) {
  const begun = performance.now();
  const told = { service: "node", provider: "openai", operation: "chat", model, prompt, id: randomUUID() };
  try {
    const answer = await call(prompt);
    Object.assign(told, { response: answer.text, input_tokens: answer.input, output_tokens: answer.output });
    return answer;
  } catch (error) {
    Object.assign(told, { error: String(error?.status ?? error?.name ?? error), "error.message": error?.message });
    throw error;
  } finally {
    events.tell({ ...told, time: Date.now(), latency: (performance.now() - begun) / 1000 });
  }
}

/** The same as a span of OpenTelemetry. */
export async function trace(model, prompt, call) {
  const begun = BigInt(Date.now()) * 1_000_000n, clock = process.hrtime.bigint();
  const said = { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": model,
                 "gen_ai.input.messages": message("user", prompt) };
  let status = {};
  try {
    const answer = await call(prompt);
    said["gen_ai.output.messages"] = message("assistant", answer.text, { finish_reason: "stop" });
    said["gen_ai.usage.input_tokens"] = answer.input;
    said["gen_ai.usage.output_tokens"] = answer.output;
    return answer;
  } catch (error) {
    said["error.type"] = String(error?.status ?? error?.name ?? error);
    status = { code: 2, message: error?.message ?? "" };
    throw error;
  } finally {
    spans.tell({
      traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex"), name: `chat ${model}`, kind: 3,
      startTimeUnixNano: String(begun), endTimeUnixNano: String(begun + process.hrtime.bigint() - clock),
      attributes: attributes(said), status,
    });
  }
}

// A model that is not called here, and an app that asks it.
const model = async (prompt) => {
  await new Promise((done) => setTimeout(done, 50));
  if (prompt.includes("8")) throw Object.assign(new Error("slow down"), { status: 429 });
  return { text: "In Lisbon.", input: 12, output: 4 };
};
for (const told of [record, trace]) {
  for (const prompt of ["Where is parcel 7?", "Where is parcel 8?"]) {
    await told("small-1", prompt, model).catch((error) => console.log("the app sees:", error.message));
  }
}
await Promise.all([events.flush(), spans.flush()]);
