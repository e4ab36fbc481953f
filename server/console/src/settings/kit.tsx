// The small parts that the pages are made of.
import { createContext, type ComponentChildren } from 'preact';
import { useCallback, useContext, useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Host } from './host';
import { t } from './texts';

export const HostContext = createContext<Host | null>(null);
export const useHost = (): Host => useContext(HostContext)!;

export interface Loaded<T> { data: T | null; error: string; again: () => Promise<void>; set: (data: T) => void }

/** Fetches what a page shows, once, and again when asked. */
export function useLoaded<T>(path: string): Loaded<T> {
  const host = useHost();
  const [data, set] = useState<T | null>(null);
  const [error, setError] = useState('');
  const alive = useRef(true);
  const again = useCallback(async () => {
    try {
      const got = await host.call<T>('GET', path);
      if (!alive.current) return;
      set(got);
      setError('');
    } catch (problem) {
      if (alive.current) setError(host.sentence(problem));
    }
  }, [path]);
  useEffect(() => {
    alive.current = true;
    void again();
    return () => { alive.current = false; };
  }, [again]);
  return { data, error, again, set };
}

/** Loading and failing, in the place of what is loaded. */
export function Waiting({ of }: { of: { data: unknown; error: string; again: () => Promise<void> } }) {
  if (of.error) {
    return (
      <p class="problem" role="alert">
        <span>{of.error}</span> <button type="button" class="button small" onClick={() => void of.again()}>{t('retry')}</button>
      </p>
    );
  }
  return of.data === null ? <p role="status" class="dim">{t('loading')}</p> : null;
}

export function Problem({ text }: { text: string }) {
  return text ? <p class="problem" role="alert">{text}</p> : null;
}

/** An act with its own busy and error state. */
export function useAct(): { busy: boolean; error: string; setError: (text: string) => void; run: (act: () => Promise<void>) => Promise<boolean> } {
  const host = useHost();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  async function run(act: () => Promise<void>): Promise<boolean> {
    if (busy) return false;
    setBusy(true);
    setError('');
    try {
      await act();
      return true;
    } catch (problem) {
      setError(host.sentence(problem));
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { busy, error, setError, run };
}

export function Text(props: {
  label: string; value: string; set: (value: string) => void; hint?: string; name?: string; type?: string; required?: boolean; lines?: number;
  max?: number; placeholder?: string; disabled?: boolean; list?: string; autocomplete?: string;
}) {
  const id = useId();
  const common = {
    id, name: props.name, value: props.value, required: props.required, maxLength: props.max, placeholder: props.placeholder, disabled: props.disabled,
    'aria-describedby': props.hint ? id + 'h' : undefined,
  };
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.lines
        ? <textarea {...common} rows={props.lines} onInput={(e) => props.set(e.currentTarget.value)} />
        : <input {...common} type={(props.type ?? 'text') as 'text'} list={props.list} autocomplete={props.autocomplete ?? 'off'} onInput={(e) => props.set(e.currentTarget.value)} />}
      {props.hint && <small id={id + 'h'}>{props.hint}</small>}
    </div>
  );
}

export function NumberField(props: { label: string; value: number; set: (value: number) => void; min: number; max: number; hint?: string; disabled?: boolean }) {
  const id = useId();
  return (
    <div class="field short">
      <label for={id}>{props.label}</label>
      <input
        id={id} type="number" inputMode="numeric" min={props.min} max={props.max} value={props.value} disabled={props.disabled} required
        aria-describedby={props.hint ? id + 'h' : undefined} onInput={(e) => props.set(Number(e.currentTarget.value))}
      />
      {props.hint && <small id={id + 'h'}>{props.hint}</small>}
    </div>
  );
}

export function Select<T extends string>(props: { label: string; value: T; set: (value: T) => void; options: readonly (readonly [T, string])[]; disabled?: boolean; hidden?: boolean }) {
  const id = useId();
  return (
    <div class="field short">
      <label for={id} class={props.hidden ? 'sr' : undefined}>{props.label}</label>
      <select id={id} value={props.value} disabled={props.disabled} onChange={(e) => props.set(e.currentTarget.value as T)}>
        {props.options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    </div>
  );
}

export function Check(props: { label: string; on: boolean; set: (on: boolean) => void; hint?: string; disabled?: boolean }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={props.on} disabled={props.disabled} onChange={(e) => props.set(e.currentTarget.checked)} />
      <span>{props.label}{props.hint && <small>{props.hint}</small>}</span>
    </label>
  );
}

/** A group of checkboxes with one name. */
export function Checks<T extends string>(props: { legend: string; options: readonly (readonly [T, string])[]; on: readonly T[]; set: (on: T[]) => void; hint?: string; disabled?: boolean }) {
  return (
    <fieldset class="checks">
      <legend>{props.legend}</legend>
      {props.hint && <small>{props.hint}</small>}
      <div class="checks-row">
        {props.options.map(([value, text]) => (
          <Check
            key={value} label={text} on={props.on.includes(value)} disabled={props.disabled}
            set={(on) => props.set(on ? [...props.on, value] : props.on.filter((v) => v !== value))}
          />
        ))}
      </div>
    </fieldset>
  );
}

export function Button(props: { children: ComponentChildren; onClick?: () => void; kind?: string; busy?: boolean; submit?: boolean; label?: string }) {
  return (
    <button
      type={props.submit ? 'submit' : 'button'} class={'button ' + (props.kind ?? '')} aria-disabled={props.busy} aria-label={props.label}
      onClick={() => { if (!props.busy) props.onClick?.(); }}
    >
      {props.children}
    </button>
  );
}

/** A dialog on the native element: it keeps the focus, closes on Esc and gives the focus back. */
export function Dialog({ title, children, shut }: { title: string; children: ComponentChildren; shut: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    box.current!.showModal();
    return () => { if (from?.isConnected) from.focus(); };
  }, []);
  return (
    <dialog ref={box} class="settings-dialog" aria-labelledby={id} onClose={shut} onClick={(e) => { if (e.target === box.current) shut(); }}>
      <div class="dialog-body">
        <header class="dialog-head"><h3 id={id}>{title}</h3></header>
        {children}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, text, act, shut, error, busy }: { title: string; text: string; act: () => void; shut: () => void; error: string; busy: boolean }) {
  return (
    <Dialog title={title} shut={shut}>
      <p>{text}</p>
      <Problem text={error} />
      <div class="dialog-foot">
        <Button onClick={shut}>{t('cancel')}</Button>
        <Button kind="danger solid" busy={busy} onClick={act}>{title}</Button>
      </div>
    </Dialog>
  );
}

/** A secret that is shown this once, with a button to copy it. */
export function Secret({ text, what, done }: { text: string; what: string; done: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <div class="secret" role="status">
      <p>{what}</p>
      <code>{text}</code>
      <div class="acts">
        <Button kind="small" onClick={() => { void navigator.clipboard?.writeText(text).then(() => setCopied(true), () => setCopied(false)); }}>{t(copied ? 'copied' : 'copy')}</Button>
        <Button kind="small" onClick={done}>{t('noted')}</Button>
      </div>
    </div>
  );
}

export interface Document<T> { name: string; value: T; version: number; at: number; by: string; may_change: boolean }

/** A setting with a version: loads it, keeps what is being changed, saves it over the version that was seen. */
export function useDocument<T>(name: string) {
  const host = useHost();
  const loaded = useLoaded<Document<T>>('settings/' + name);
  const [draft, setDraft] = useState<T | null>(null);
  const act = useAct();
  const [stale, setStale] = useState(false);
  const value = draft ?? loaded.data?.value ?? null;

  async function save(change?: T): Promise<boolean> {
    const now = change ?? value;
    return act.run(async () => {
      try {
        const kept = await host.call<Document<T>>('PUT', 'settings/' + name, { value: now, version: loaded.data!.version });
        loaded.set(kept);
        setDraft(null);
        setStale(false);
        host.toast(t('saved'));
      } catch (problem) {
        setStale((problem as { status?: number }).status === 409);
        throw problem;
      }
    });
  }
  async function renew(): Promise<void> {
    await loaded.again();
    setDraft(null);
    setStale(false);
    act.setError('');
  }
  return { loaded, value, set: setDraft, changed: draft !== null, save, renew, stale, error: act.error, busy: act.busy, fixed: !loaded.data?.may_change };
}

/** The foot of a form over a setting. */
export function SaveBar({ doc }: { doc: { loaded: Loaded<Document<never>> | Loaded<any>; changed: boolean; busy: boolean; error: string; stale: boolean; fixed: boolean; renew: () => Promise<void> } }) {
  const now = doc.loaded.data as Document<unknown> | null;
  return (
    <div class="save-bar">
      <Problem text={doc.error} />
      {doc.fixed ? <p class="dim">{t('readOnly')}</p> : (
        <div class="acts">
          <Button submit kind="primary" busy={doc.busy || !doc.changed}>{t(doc.busy ? 'saving' : 'save')}</Button>
          {doc.changed && <Button onClick={() => void doc.renew()}>{t(doc.stale ? 'showNew' : 'undo')}</Button>}
        </div>
      )}
      {now && now.version > 0 && <p class="dim small">{t('changedBy', { who: now.by, when: when(now.at) })}</p>}
    </div>
  );
}

const two = (n: number): string => String(n).padStart(2, '0');

export function when(ms: number): string {
  const d = new Date(ms);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`;
}

export const day = (d: Date): string => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;

/** The beginning of a day in milliseconds, of this computer's clock; plus says how many days later. */
export function dayStart(text: string, plus = 0): number {
  const d = new Date(text + 'T00:00:00');
  d.setDate(d.getDate() + plus);
  return d.getTime();
}
