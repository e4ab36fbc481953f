// The launcher's few words, apart from texts.ts so that the loader stays small.

export function launcherTexts(...wishes: (string | undefined)[]) {
  const wish = [...wishes, document.documentElement.lang].find(Boolean) ?? ''
  return /^en/i.test(wish)
    ? { locale: 'en', launcher: 'Chat with us', failed: 'Could not load. Try again' }
    : { locale: 'zh-CN', launcher: '在线客服', failed: '加载失败，点此重试' }
}
