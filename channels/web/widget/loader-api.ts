// What the loader offers the page that includes it.

export type Api = ((...call: unknown[]) => void) & {
  /** Calls made before the loader ran. */
  q?: ArrayLike<unknown>[]
  /** Set once the loader has taken over. */
  ready?: true
}

export type Settings = Partial<Record<string, string | number | boolean>>

declare global {
  interface Window {
    posdoctor?: Api
    posdoctorSettings?: Settings
  }
}
