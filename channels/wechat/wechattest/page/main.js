// The page: two phones, what goes on behind them, and the line to the server.

import { fill } from "./dom.js";
import { phone } from "./phone.js";
import { wire } from "./wire.js";

const $ = (id) => document.getElementById(id);
const phones = { oa: phone($("phone-oa"), "oa"), kf: phone($("phone-kf"), "kf") };
const behind = wire($("wire"));
const stage = document.querySelector(".stage");
const tabs = ["oa", "kf", "wire"];

function choose(tab, focus) {
  stage.dataset.tab = tab;
  for (const t of tabs) {
    const b = $("tab-" + t);
    b.setAttribute("aria-selected", String(t === tab));
    b.tabIndex = t === tab ? 0 : -1;
    if (t === tab && focus) b.focus();
  }
  if (tab !== "wire") {
    for (const t of ["oa", "kf"]) $("phone-" + t).hidden = t !== tab;
    behind.choose(tab);
    phones[tab].show();
  }
}

for (const t of tabs) {
  $("tab-" + t).addEventListener("click", () => choose(t));
  $("tab-" + t).addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (step) choose(tabs[(tabs.indexOf(t) + step + tabs.length) % tabs.length], true);
  });
}

function connect() {
  const line = new EventSource("live");
  const on = (name, f) => line.addEventListener(name, (e) => f(JSON.parse(e.data)));
  line.onopen = () => {
    for (const p of Object.values(phones)) p.clear();
    behind.clear();
  };
  line.onerror = () => fill($("link"), "连接断了，正在重连…");
  on("ready", () => fill($("link"), "已连接"));
  on("entry", (d) => phones[d.tab].entry(d.entry));
  on("push", (d) => behind.push(d.tab, d.push));
  on("call", (c) => behind.call(c));
  on("state", (s) => {
    for (const p of Object.values(phones)) p.state(s);
    behind.state(s);
    $("tab-kf").hidden = !s.kf;
  });
}

connect();
