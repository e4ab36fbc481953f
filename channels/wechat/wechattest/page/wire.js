// What goes over the wire, what may still be sent, and the switches.

import { act, clock, fill, h, took, until } from "./dom.js";
import { errcodes, faults, grants, kfStates, whats } from "./texts.js";

const outcomes = {
  passive: ["good", "被动回复"],
  success: ["quiet", "success，不回复"],
  error: ["bad", "失败"],
  pending: ["quiet", "等待…"],
};

/** wire fills el and returns {push, call, state, choose(tab), clear}. */
export function wire(el) {
  const list = h("ol", { class: "traffic", "aria-label": "线上往来，新的在上" });
  const quota = h("p", { class: "quota", role: "status" });
  const controls = h("div", { class: "controls" });
  const fault = h("p", { class: "fault", role: "alert" });
  const pushes = new Map();
  let tab = "oa";
  let last = null;

  fill(el,
    h("h2", {}, "幕后"),
    quota, controls, fault,
    h("div", { class: "headline" }, h("h3", {}, "线上往来"), h("button", { type: "button", class: "plain", onclick: () => fill(list) }, "清空")),
    h("p", { class: "legend" }, "↓ 微信推给我们　↑ 我们调微信接口　新的在上"),
    list);

  async function run(body) {
    fill(fault);
    try {
      await act({ tab, ...body });
    } catch (e) {
      fill(fault, e.message);
    }
  }

  function push(tab, p) {
    const key = tab + p.n;
    const waiting = p.outcome === "pending";
    let [tone, word] = outcomes[p.outcome];
    if (tab === "kf" && p.outcome === "success") [tone, word] = ["good", "已签收"];
    const tries = p.attempts || [];
    const ms = tries.reduce((a, t) => a + t.ms, 0);
    const row = h("li", { class: "row in " + tone },
      h("div", { class: "head" },
        h("span", { class: "way", "aria-label": "微信推送" }, "↓"),
        h("span", { class: "name" }, (tab === "kf" ? "客服回调 " : "回调 ") + (whats[p.what] || p.what)),
        h("span", { class: "result" }, word),
        h("time", { datetime: p.at }, clock(p.at, true))),
      p.text ? h("p", { class: "said" }, "「" + p.text + "」") : null,
      h("p", { class: "meta" }, tries.length === 0 ? "第 1 次推送" : `推送 ${tries.length}${waiting ? "+" : ""} 次，${took(ms)}`,
        tries.filter((t) => t.fault).map((t) => h("span", { class: "oops" }, t.status ? `状态 ${t.status}` : t.fault))));
    const old = pushes.get(key);
    if (old && old.isConnected) old.replaceWith(row);
    else if (!old) list.prepend(row);
    pushes.set(key, row);
  }

  function call(c) {
    const ok = c.errcode === 0 && c.status === 200;
    const word = c.status === 0 ? "没有回应" : c.status !== 200 ? "状态 " + c.status : c.errcode === 0 ? "ok" : `${c.errcode} ${errcodes[c.errcode] || ""}`;
    list.prepend(h("li", { class: "row out " + (ok ? "good" : "bad") },
      h("div", { class: "head" },
        h("span", { class: "way", "aria-label": "接口调用" }, "↑"),
        h("span", { class: "name" }, c.path.replace("/cgi-bin/", "")),
        h("span", { class: "result" }, word),
        h("time", { datetime: c.at }, clock(c.at, true))),
      h("details", {}, h("summary", {}, h("span", { class: "open" }, "报文"), h("span", { class: "meta" }, ` ${c.method}，${took(c.ms)} `), c.fault ? h("span", { class: "oops" }, "故意：" + c.fault) : null),
        c.query ? h("pre", {}, "?" + c.query) : null,
        c.body !== undefined ? h("pre", {}, pretty(c.body)) : null,
        c.answer !== undefined ? h("pre", {}, "→ " + pretty(c.answer)) : null)));
    while (list.children.length > 300) list.lastChild.remove();
  }

  const pretty = (v) => (typeof v === "string" ? v : JSON.stringify(v, null, 1));

  function allowance(q, s) {
    if (!q || q.until.startsWith("0001")) return ["none", "现在不能主动发：等对方再说话"];
    const words = `还能发 ${q.left}/${q.of}，到 ${until(q.until, s.at)}`;
    return [q.left === 0 ? "none" : q.left < 3 ? "few" : "some", words + `（${grants[q.by] || q.by}）`];
  }

  function state(s) {
    last = s;
    const kf = tab === "kf";
    let [tone, words] = kf && !s.kf ? ["none", "微信客服没有接上"] : allowance(kf ? s.kf.quota : s.quota, s);
    if (kf && s.kf && s.kf.state > 1) [tone, words] = ["none", "现在接口发不了（95018）"];
    if (!kf && s.account === "unverified") [tone, words] = ["none", "未认证：不能主动发（48001），只有被动回复"];
    if (!kf && !s.following) [tone, words] = ["none", "没有关注：不能主动发"];
    quota.className = "quota " + tone;
    fill(quota, h("strong", {}, words), kf && s.kf ? h("span", {}, " · " + kfStates[s.kf.state] + (s.kf.servicer ? "：" + s.kf.servicer : "")) : null);
    const focus = document.activeElement && controls.contains(document.activeElement) ? document.activeElement.id : "";
    fill(controls, kf ? desk(s) : account(s), toggles(s), time(s));
    if (focus) document.getElementById(focus)?.focus();
  }

  const small = (text, body, id) => h("button", { type: "button", id, onclick: () => run(body) }, text);

  function account(s) {
    const select = h("select", { id: "w-account", onchange: () => run({ do: "account", text: select.value }) },
      [["verified", "服务号，已认证"], ["unverified", "服务号，未认证"], ["subscription", "订阅号，已认证"]].map(([v, t]) => h("option", { value: v, selected: v === s.account }, t)));
    return h("div", { class: "group" }, h("label", {}, "账号 ", select),
      s.menu ? small("删除菜单", { do: "nomenu" }, "w-menu") : small("推送示例菜单", { do: "menu" }, "w-menu"));
  }

  let draft = "";
  function desk(s) {
    const on = Boolean(s.kf && s.kf.servicer);
    const line = h("input", { id: "w-line", type: "text", value: draft, "aria-label": "接待人员说的话", placeholder: "接待人员说…", oninput: () => { draft = line.value; } });
    return h("form", { class: "group", onsubmit: (e) => { e.preventDefault(); if (line.value.trim()) { const text = line.value; draft = ""; line.value = ""; run({ do: "type", who: s.kf.servicer, text }); } } },
      h("span", {}, "企业微信里："),
      on ? [line, h("button", { type: "submit", id: "w-say" }, "发送"), small("结束会话", { do: "end", who: s.kf.servicer }, "w-end")]
        : small("张三接入", { do: "take", who: "zhangsan" }, "w-take"),
      small("客户拒收下一条", { do: "refuse" }, "w-refuse"));
  }

  function toggles(s) {
    return h("div", { class: "group", role: "group", "aria-label": "让发送接口出故障" },
      h("span", {}, "故障"),
      faults[tab].map(([name, text]) => {
        const on = s.faults.includes(name);
        return h("button", { type: "button", id: "w-" + name, class: "toggle", "aria-pressed": String(on), onclick: () => run({ do: "fault", text: name, on: !on }) }, text);
      }),
      small("令牌作废一次", { do: "expire" }, "w-expire"));
  }

  function time(s) {
    return h("div", { class: "group" }, h("span", {}, `微信时间 ${until(s.at, Date.now())}`),
      small("快进 1 分钟", { do: "clock", ms: 60000 }, "w-1m"), small("快进 48 小时", { do: "clock", ms: 172800000 }, "w-48h"));
  }

  return {
    push, call, state,
    choose(t) { tab = t; if (last) state(last); },
    clear() { fill(list); pushes.clear(); },
  };
}
