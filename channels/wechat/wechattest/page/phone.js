// One phone with a chat, as WeChat shows it.

import { act, clock, fill, h, sendImage, took } from "./dom.js";
import { paths } from "./texts.js";

/** phone fills el and returns {entry(e), state(s), show()}. tab is "oa" or "kf". */
export function phone(el, tab) {
  const title = h("h2", { class: "title" }, tab === "oa" ? "公众号" : "微信客服");
  const typing = h("p", { class: "typing", role: "status" });
  const log = h("ol", { class: "log", role: "log", "aria-label": "聊天内容", "aria-live": "polite", tabindex: "0" });
  const fault = h("p", { class: "fault", role: "alert" });
  const input = h("textarea", { rows: "1", "aria-label": "消息", placeholder: "发消息", enterkeyhint: "send", maxlength: "2000" });
  const send = h("button", { class: "send", type: "submit" }, "发送");
  const file = h("input", { type: "file", accept: "image/*", class: "hide", tabindex: "-1", "aria-hidden": "true" });
  const more = h("div", { class: "more", hidden: true, role: "group", "aria-label": "更多" });
  const plus = h("button", { class: "plus", type: "button", "aria-label": "更多", "aria-expanded": "false", onclick: () => open(more.hidden) }, "＋");
  const menu = h("div", { class: "menu", role: "group", "aria-label": "自定义菜单", hidden: true });
  let drawn = "";
  let shownAt = 0;

  fill(el,
    h("div", { class: "bar" }, title, typing),
    log,
    fault,
    h("form", { class: "write", onsubmit: (e) => { e.preventDefault(); say(); } }, input, plus, send),
    file, more, menu);

  input.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      say();
    }
  });
  file.addEventListener("change", () => {
    if (file.files[0]) run(sendImage(tab, file.files[0]));
    file.value = "";
  });

  function open(yes) {
    more.hidden = !yes;
    plus.setAttribute("aria-expanded", String(yes));
    toEnd();
  }

  async function run(promise) {
    fill(fault);
    try {
      await promise;
    } catch (e) {
      fill(fault, e.message);
    }
  }

  const go = (body) => { open(false); return run(act({ tab, ...body })); };

  function say() {
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    go({ do: "say", text });
    input.focus();
  }

  function toEnd() { log.scrollTop = log.scrollHeight; }

  function bubble(e) {
    if (e.kind === "image" && e.media) return h("img", { class: "picture", src: "media?id=" + encodeURIComponent(e.media), alt: "图片", onload: toEnd });
    if (e.kind === "voice") return h("p", { class: "bubble" }, "语音 1″");
    if (e.menu) {
      return h("div", { class: "bubble items" },
        e.menu.head ? h("p", {}, e.menu.head) : null,
        e.menu.items.map((it) => item(it)),
        e.menu.tail ? h("p", {}, e.menu.tail) : null);
    }
    return h("p", { class: "bubble" }, e.text || `［${e.kind}］`);
  }

  function item(it) {
    if (it.kind === "text") return h("p", {}, it.text);
    if (it.kind === "view" || it.kind === "miniprogram") return h("p", { class: "away" }, it.text + "（打开网页）");
    return h("button", { type: "button", class: "item", onclick: () => go({ do: "tap", item: it }) }, it.text);
  }

  function entry(e) {
    const at = new Date(e.at).getTime();
    if (Math.abs(at - shownAt) > 120000) log.append(h("li", { class: "time" }, clock(e.at)));
    shownAt = at;
    if (e.from === "system") {
      log.append(h("li", { class: e.kind === "notice" ? "notice" : "event" }, h("span", {}, e.text)));
    } else {
      const mine = e.from === "me";
      const notes = [];
      if (!mine && paths[e.path]) notes.push(paths[e.path] + (e.ms ? " " + took(e.ms) : "") + (e.attempts > 1 ? `，第 ${e.attempts} 次推送` : ""));
      log.append(h("li", { class: mine ? "line mine" : "line theirs" },
        h("span", { class: "face" + (e.path === "servicer" || e.agent ? " person" : ""), "aria-hidden": "true" }, mine ? "我" : e.agent ? "人" : "医"),
        h("div", { class: "body" },
          h("span", { class: "hide" }, mine ? "我说：" : "对方说："),
          e.agent ? h("span", { class: "agent" }, e.agent) : null,
          bubble(e),
          e.ai ? h("span", { class: "note ai" }, "内容由第三方AI生成") : null,
          notes.length ? h("span", { class: "note" }, notes.join("，")) : null)));
    }
    toEnd();
  }

  function button(b) {
    const subs = b.sub_button || [];
    if (subs.length === 0) return h("button", { type: "button", onclick: () => press(b) }, b.name);
    const list = h("div", { class: "subs", hidden: true, role: "group", "aria-label": b.name }, subs.map((s) => h("button", { type: "button", onclick: () => { list.hidden = true; head.setAttribute("aria-expanded", "false"); press(s); } }, s.name)));
    const head = h("button", { type: "button", "aria-expanded": "false", onclick: () => {
      const yes = list.hidden;
      for (const other of menu.querySelectorAll(".subs")) other.hidden = true;
      for (const other of menu.querySelectorAll("[aria-expanded]")) other.setAttribute("aria-expanded", "false");
      list.hidden = !yes;
      head.setAttribute("aria-expanded", String(yes));
    } }, "≡ " + b.name);
    return h("div", { class: "sub" }, head, list);
  }

  function shut(e) {
    if (e.type === "keydown" ? e.key !== "Escape" : menu.contains(e.target)) return;
    for (const list of menu.querySelectorAll(".subs")) list.hidden = true;
    for (const head of menu.querySelectorAll("[aria-expanded]")) head.setAttribute("aria-expanded", "false");
  }
  document.addEventListener("click", shut);
  document.addEventListener("keydown", shut);

  function press(b) {
    if (b.type === "view" || b.type === "miniprogram") fill(fault, "真的微信会打开：" + b.url);
    else go({ do: "click", text: b.key || "" });
  }

  const small = (text, body) => h("button", { type: "button", onclick: () => go(body) }, text);

  function state(s) {
    fill(title, tab === "oa" ? s.name : s.kf_name);
    fill(typing, tab === "oa" && s.typing ? "对方正在输入…" : "");
    const now = JSON.stringify([s.menu, s.following, Boolean(s.kf)]);
    if (now === drawn) return;
    drawn = now;
    const picture = h("button", { type: "button", onclick: () => { open(false); file.click(); } }, "图片");
    if (tab === "oa") {
      fill(more, picture, small("语音", { do: "voice" }),
        s.following ? small("扫门店码", { do: "follow", text: "shop42" }) : small("扫码关注", { do: "follow", text: "shop42" }),
        s.following ? small("取消关注", { do: "unfollow" }) : small("关注", { do: "follow" }));
      menu.hidden = !s.menu;
      if (s.menu) fill(menu, s.menu.button.map(button));
    } else {
      fill(more, picture, small("语音", { do: "voice" }), small("进入会话", { do: "enter", text: "shop42" }));
      for (const c of [input, plus, send]) c.disabled = !s.kf;
      if (!s.kf) fill(fault, "微信客服没有接上。");
    }
    toEnd();
  }

  return { entry, state, show: toEnd, clear: () => { fill(log); shownAt = 0; drawn = ""; } };
}
