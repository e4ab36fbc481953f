// What server/webbuild gives the sources besides TypeScript.

/** A style sheet's text, bundled and minified. */
declare module '*.css' {
  const text: string
  export default text
}

/** First digits of the SHA-256 of settings.js, so that a new console never loads an old one. */
declare const SETTINGS_VERSION: string
