/** The ways in which a page may send something to an address, each named; what it says is what the page could read. */
export const ways = [
  "cors fetch",
  "no-cors fetch",
  "fetch of JSON",
  "fetch with keys",
  "delete",
  "form",
  "form of text",
  "image",
  "script",
  "frame",
  "events",
  "socket",
  "beacon",
] as const;
export type Way = (typeof ways)[number];

/** A page that has `attack(url, body)`: it tries every way at once and gives what it could read by each, or null. */
export const attackingPage = `<!doctype html><meta charset="utf-8"><title>page</title><body><script>
const readable = async (response) => response.type === "opaque" ? null : response.text();
const ask = (url, init) => fetch(url, init).then(readable).catch(() => null);
const element = (name, url, more = {}) => new Promise((done) => {
  const made = Object.assign(document.createElement(name), more);
  made.onload = () => done(made.tagName === "IFRAME" ? frameText(made) : "loaded");
  made.onerror = () => done(null);
  made.src = url;
  document.body.append(made);
});
const frameText = (frame) => { try { return frame.contentDocument.body.innerText; } catch { return null; } };
let forms = 0;
const form = (url, body, enctype) => new Promise((done) => {
  const name = "frame" + forms++;
  const frame = Object.assign(document.createElement("iframe"), { name });
  const sent = Object.assign(document.createElement("form"), { method: "POST", action: url, target: name, enctype });
  const field = Object.assign(document.createElement("input"), { name: body, value: "" });
  sent.append(field);
  document.body.append(frame, sent);
  frame.onload = () => done(frameText(frame));
  sent.submit();
});
const events = (url) => new Promise((done) => {
  const source = new EventSource(url);
  source.onopen = source.onmessage = () => { source.close(); done("opened"); };
  source.onerror = () => { source.close(); done(null); };
});
const socket = (url, body) => new Promise((done) => {
  let opened;
  try { opened = new WebSocket(url.replace("http", "ws")); } catch { done(null); return; }
  opened.onopen = () => { opened.send(body); done("opened"); };
  opened.onerror = opened.onclose = () => done(null);
});
const json = { "content-type": "application/json" };
const keys = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.Scan",
  "x-amz-date": "20250101T000000Z", authorization:
  "AWS4-HMAC-SHA256 Credential=a/20250101/ap-south-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0" };
const tried = {
  "cors fetch": (url) => ask(url),
  "no-cors fetch": (url, body) => ask(url, { method: "POST", mode: "no-cors", body }),
  "fetch of JSON": (url, body) => ask(url, { method: "POST", headers: json, body }),
  "fetch with keys": (url, body) => ask(url, { method: "POST", headers: keys, body: '{"TableName":"Records"}' }),
  "delete": (url) => ask(url, { method: "DELETE" }),
  "form": (url, body) => form(url, body, "application/x-www-form-urlencoded"),
  "form of text": (url, body) => form(url, body, "text/plain"),
  "image": (url) => element("img", url),
  "script": (url) => element("script", url),
  "frame": (url) => element("iframe", url),
  "events": events,
  "socket": socket,
  "beacon": async (url, body) => { navigator.sendBeacon(url, new Blob([body], { type: "text/plain" })); return null; },
};
const late = () => new Promise((done) => setTimeout(done, 10000, "no end after 10 s"));
window.attack = async (url, body) => Object.fromEntries(await Promise.all(Object.entries(tried).map(async ([way, run]) => {
  const to = url + (url.includes("?") ? "&" : "?") + "way=" + encodeURIComponent(way);
  return [way, await Promise.race([run(to, body), late()])];
})));
</script></body>`;
