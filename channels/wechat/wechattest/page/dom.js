// Elements, made without HTML: every text is a text node.

/** h("button", {class: "x", type: "button", onclick: f}, "text", child) */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [k, v] of Object.entries(props || {})) {
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith("on")) el.addEventListener(k.slice(2), v);
    else if (k === "class") el.className = v;
    else if (v === true) el.setAttribute(k, "");
    else el.setAttribute(k, v);
  }
  add(el, children);
  return el;
}

function add(el, children) {
  for (const c of children.flat()) {
    if (c === null || c === undefined || c === false) continue;
    el.append(c instanceof Node ? c : document.createTextNode(String(c)));
  }
}

/** fill replaces what is in el. */
export function fill(el, ...children) {
  el.replaceChildren();
  add(el, children);
  return el;
}

/** clock is the time of day of an ISO time, as 14:05. */
export function clock(iso, seconds) {
  const d = new Date(iso);
  const two = (n) => String(n).padStart(2, "0");
  return two(d.getHours()) + ":" + two(d.getMinutes()) + (seconds ? ":" + two(d.getSeconds()) : "");
}

/** until is a time in words, with the day when it is another one. */
export function until(iso, now) {
  const d = new Date(iso);
  const n = new Date(now);
  if (d.toDateString() === n.toDateString()) return clock(iso);
  return `${d.getMonth() + 1}月${d.getDate()}日 ${clock(iso)}`;
}

/** took is a time in ms, as people say it. */
export function took(ms) {
  return ms < 1000 ? `${ms} 毫秒` : `${(ms / 1000).toFixed(1)} 秒`;
}

/** act tells the server what the user did. It throws a sentence for him. */
export async function act(body) {
  return answer(fetch("act", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));
}

export async function sendImage(tab, file) {
  return answer(fetch("image?tab=" + tab, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file }));
}

async function answer(request) {
  let res;
  try {
    res = await request;
  } catch {
    throw new Error("连不上模拟微信，它是不是停了？");
  }
  const out = await res.json().catch(() => ({}));
  if (!res.ok) throw new Error(out.error || "没有成功，请再试一次。");
  return out;
}
