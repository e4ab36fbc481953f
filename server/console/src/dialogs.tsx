// Dialogs on the native element: it traps the focus, closes on Esc and gives
// the focus back.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from './api';
import { act, arrive, setKeys } from './desk';
import { Icon } from './icons';
import { IconButton } from './shell';
import { change, useDesk, type Talk } from './state';
import { t } from './texts';

const shut = (): void => change({ dialog: '' });

function Dialog({ title, children, fixed }: { title: string; children: ComponentChildren; fixed?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    const el = box.current!;
    if (!el.open) el.showModal();
    return () => {
      if (el.open) el.close();
      if (from?.isConnected) from.focus();
    };
  }, []);
  return (
    <dialog
      ref={box} aria-labelledby="dialog-title"
      onClose={() => {
        if (!fixed) shut();
        else if (box.current?.isConnected) box.current.showModal(); // browsers let a second Esc through
      }}
      onCancel={(e) => { if (fixed) e.preventDefault(); }}
      onClick={(e) => { if (e.target === box.current && !fixed) shut(); }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id="dialog-title">{title}</h2>
          {!fixed && <IconButton icon="cross" label={t('close')} onClick={shut} />}
        </header>
        {children}
      </div>
    </dialog>
  );
}

export function EndDialog({ talk }: { talk: Talk }) {
  return (
    <Dialog title={t('endAsk')}>
      <p>{t('endAskMore')}</p>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={shut}>{t('cancel')}</button>
        <button type="button" class="button danger solid" autofocus onClick={() => { shut(); void act(talk, 'close'); }}>
          <Icon name="check" /><span>{t('end')}</span>
        </button>
      </div>
    </Dialog>
  );
}

export function PasswordDialog() {
  const { me } = useDesk();
  const must = !!me?.must_change;
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    if (!old || !fresh) return;
    if (fresh !== again) return setError(t('passwordDiffers'));
    if (fresh === old) return setError(t('passwordSame'));
    setBusy(true);
    setError('');
    try {
      await api.password(old, fresh);
      if (me && must) arrive({ ...me, must_change: false });
      change({ dialog: '', toast: { text: t('passwordDone') } });
    } catch (problem) {
      setError(api.sentence(problem));
      setBusy(false);
    }
  }

  const field = (name: string, label: string, value: string, set: (v: string) => void, complete: string) => (
    <label class="field">
      <span>{label}</span>
      <input
        type="password" name={name} autocomplete={complete} value={value} required onInput={(e) => set(e.currentTarget.value)}
        aria-describedby={error ? 'password-error' : undefined}
      />
    </label>
  );
  return (
    <Dialog title={t('changePassword')} fixed={must}>
      {must && <p class="banner amber"><Icon name="key" /><span>{t('passwordMust')}</span></p>}
      <form onSubmit={submit}>
        <input class="sr" type="text" name="username" autocomplete="username" value={me?.name} readOnly tabIndex={-1} aria-hidden="true" />
        {error && <p class="banner red" role="alert" id="password-error"><Icon name="alarm" /><span>{error}</span></p>}
        {field('old', t('oldPassword'), old, setOld, 'current-password')}
        {field('new', t('newPassword'), fresh, setFresh, 'new-password')}
        {field('again', t('newPasswordAgain'), again, setAgain, 'new-password')}
        <div class="dialog-foot">
          {!must && <button type="button" class="button" onClick={shut}>{t('cancel')}</button>}
          <button type="submit" class="button primary" aria-disabled={busy}>{t(busy ? 'saving' : 'save')}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function HelpDialog() {
  const { keys } = useDesk();
  const rows: [string[], string][] = [
    [['J', 'K'], t('keyNext')],
    [['Enter'], t('keyOpen')],
    [['C'], t('keyClaim')],
    [['R'], t('keyReply')],
    [['E'], t('keyEnd')],
    [['Esc'], t('keyBack')],
    [['Ctrl+Enter'], t('keySend')],
    [['?'], t('keyHelp')],
  ];
  return (
    <Dialog title={t('shortcuts')}>
      <dl class="keys">
        {rows.map(([names, text]) => (
          <div key={text}><dt>{names.map((name) => <kbd key={name}>{name}</kbd>)}</dt><dd>{text}</dd></div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={keys} onChange={(e) => setKeys(e.currentTarget.checked)} />
        <span>{t('keysOn')}<small>{t('keysMore')}</small></span>
      </label>
    </Dialog>
  );
}
