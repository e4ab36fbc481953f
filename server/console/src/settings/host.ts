// What the console gives the settings, which are a file of their own and share
// no module with it.

export interface Host {
  me: { id: string; name: string; role?: string };
  lang: 'zh-CN' | 'en';
  call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** What went wrong, as a sentence in the language on screen. */
  sentence(error: unknown): string;
  toast(text: string): void;
  /** Back to the conversations. */
  leave(): void;
}

/** What the console asks of the settings: to show a page, and to go. */
export interface Mounted {
  show(page: string, host: Host): void;
  gone(): void;
}

export type Mount = (into: HTMLElement) => Mounted;
