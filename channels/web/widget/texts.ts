// Every word the chat says, in Chinese. English is in texts-en.ts and has this type, so their keys are equal; it is a
// file of its own in dist (chat-en.js), fetched when asked for, because most merchants never do.

import type { ActName } from './events'

const acts: Partial<Record<ActName, string>> = {
  escalate: '转人工',
  cancel_queue: '取消排队',
  end: '结束对话',
  solved: '已解决',
  unsolved: '没有解决',
}

export const zh = {
  locale: 'zh-CN',
  title: '机具助手',
  bot: '智能助手',
  you: '您',
  agentName: (name: string) => `人工客服 ${name}`,
  agent: '人工客服',
  holderBot: '智能助手',
  holderQueue: '排队中',
  holderLeave: '人工不在线',
  holderClosed: '对话已结束',
  connecting: '正在连接…',
  escalate: '转人工',
  escalated: '已转人工',
  more: '更多',
  collapse: '收起',
  log: '对话记录',
  loading: '正在打开对话',
  older: '加载更早消息',
  olderFailed: '没有加载成功，点击重试',
  newer: '有新消息',
  toQuestion: '看这个问题',
  today: '今天',
  yesterday: '昨天',
  homeShop: (name: string) => `${name}，`,
  homeContinue: '继续上次对话',
  homeTopics: '常见问题',
  homeCode: '故障码 · 屏幕上显示的代码',
  homeCodeHint: '如 51、A0',
  homeCodeGo: '查询',
  homeCodeSend: (code: string) => `故障码 ${code}`,
  choices: '请选择',
  typing: (who: string) => `${who}正在输入`,
  sending: '发送中',
  sent: '已送达',
  failed: '发送失败，点击重试',
  acting: (name: ActName) => `正在${acts[name] ?? '处理'}…`,
  actFailed: (name: ActName) => `「${acts[name] ?? '操作'}」没有成功，点击重试`,
  queueClosed: '现在没有人工客服在线。可以留言，客服上线后回复；也可以继续自助。',
  queueEntered: '已为您转人工，正在排队。',
  joined: (name: string) => `人工客服 ${name} 已接入`,
  left: '人工客服已离开，智能助手继续为您服务',
  transferred: '正在为您转接，请稍等',
  csat: '请为这次服务评分',
  csatThanks: '已收到您的评价，谢谢',
  endedLine: '对话已结束',
  ended: '本次对话已结束，有新问题直接写',
  composer: '输入问题',
  composerHint: '描述问题或输入代码',
  composerAgent: '给人工客服写消息',
  composerQueue: '排队时也可以继续提问',
  picture: '发送图片',
  send: '发送',
  left2000: (n: number) => `${n}/2000`,
  tooLong: (over: number) => `最多 2000 字，多了 ${over} 字，请分几次发送`,
  offline: '网络不稳，正在重连…',
  offlineLong: '仍未连上，连上后自动发送',
  retryNow: '立即重试',
  replaced: '对话已在另一个窗口打开',
  here: '在这里继续',
  limited: (s: number) => `发送太快了，请 ${s} 秒后再试`,
  expired: '登录已过期，请刷新页面',
  refused: '暂时连不上客服',
}

export type Texts = typeof zh

export type Locale = 'zh-CN' | 'en'

/** English, from the server. */
export async function loadTexts(base: string): Promise<Texts> {
  const { en } = (await import(`${base}/w/chat-en.js?v=${CHAT_EN_VERSION}`)) as { en: Texts }
  return en
}

/** The first that is set: the visitor's own choice, the site's setting, the page's language; else Chinese. */
export function pickLocale(...wishes: (string | undefined)[]): Locale {
  for (const w of [...wishes, document.documentElement.lang]) {
    if (w) return /^en/i.test(w) ? 'en' : 'zh-CN'
  }
  return 'zh-CN'
}
