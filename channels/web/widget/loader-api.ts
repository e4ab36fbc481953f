// What the loader offers the page that includes it.

export type Api = ((...call: unknown[]) => unknown) & {
  /** Calls made before the loader ran. */
  q?: ArrayLike<unknown>[]
  /** Set once the loader has taken over. */
  ready?: true
}

/** Settings by name; data-* attributes give text. onTokenExpired and offset can be set in window.posdoctorSettings alone. */
export type Settings = Partial<Record<string, unknown>>

declare global {
  interface Window {
    posdoctor?: Api
    posdoctorSettings?: Settings
  }
}
