// What server/webbuild gives the sources besides TypeScript.

/** A style sheet's text, bundled and minified. */
declare module '*.css' {
  const text: string
  export default text
}

/** First digits of the SHA-256 of the files, so that browsers may keep them for ever. */
declare const CHAT_JS_VERSION: string
declare const CHAT_CSS_VERSION: string
declare const CHAT_EN_VERSION: string
declare const EMBED_VERSION: string
declare const MORE_JS_VERSION: string
declare const MORE_CSS_VERSION: string
