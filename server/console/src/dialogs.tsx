// Dialogs on the native element: it traps the focus, closes on Esc and gives
// the focus back.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from './api';
import { act, arrive, setKeys } from './desk';
import { loadColleagues } from './work';
import { REASONS, type Colleague, type Reason } from './types';
import { Icon } from './icons';
import { pagesFor } from './settings/pages';
import { IconButton } from './shell';
import { change, useDesk, type Talk } from './state';
import { t, type Key } from './texts';

export const shut = (): void => change({ dialog: '' });

export function Dialog({ title, children, fixed, kind = '' }: { title: string; children: ComponentChildren; fixed?: boolean; kind?: string }) {
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
      ref={box} aria-labelledby="dialog-title" class={kind}
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

const REASON: Record<Reason, Key> = { solved: 'whySolved', unsolvable: 'whyUnsolvable', duplicate: 'whyDuplicate', no_reply: 'whyNoReply' };

export const closeReason = (reason: string): string => (reason in REASON ? t(REASON[reason as Reason]) : reason);

// EndDialog asks why, since nobody can count what nobody said.
export function EndDialog({ talk }: { talk: Talk }) {
  const [reason, setReason] = useState<Reason | ''>('');
  const [gap, setGap] = useState(false);
  const [note, setNote] = useState('');
  const [asked, setAsked] = useState(false);
  function submit(event: Event): void {
    event.preventDefault();
    if (!reason) return setAsked(true);
    shut();
    void act(talk, 'close', { reason, gap, note: note.trim() });
  }
  return (
    <Dialog title={t('endAsk')}>
      <p>{t('endAskMore')}</p>
      <form onSubmit={submit}>
        <fieldset class="options" aria-describedby={asked && !reason ? 'end-error' : undefined}>
          <legend>{t('endReason')}</legend>
          {REASONS.map((it, i) => (
            <label key={it} class="option">
              <input type="radio" name="reason" value={it} checked={reason === it} autofocus={i === 0} onChange={() => setReason(it)} />
              <span>{t(REASON[it])}</span>
            </label>
          ))}
        </fieldset>
        {asked && !reason && <p class="red-text" id="end-error" role="alert">{t('endMissing')}</p>}
        <label class="check"><input type="checkbox" checked={gap} onChange={(e) => setGap(e.currentTarget.checked)} /><span>{t('endGap')}<small>{t('endGapMore')}</small></span></label>
        <label class="field"><span>{t('endNote')}</span><textarea rows={2} maxLength={500} value={note} onInput={(e) => setNote(e.currentTarget.value)} /></label>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={shut}>{t('cancel')}</button>
          <button type="submit" class="button danger solid"><Icon name="check" /><span>{t('endDo')}</span></button>
        </div>
      </form>
    </Dialog>
  );
}

// TransferDialog: to a colleague or a group, who have to accept, or back to the queue.
export function TransferDialog({ talk }: { talk: Talk }) {
  const { colleagues, me } = useDesk();
  const [to, setTo] = useState('queue');
  const [note, setNote] = useState('');
  useEffect(() => { void loadColleagues(); }, []);
  const others = colleagues.filter((it) => it.id !== me?.id);
  const teams = [...new Set(others.flatMap((it) => it.teams ?? []))].sort();
  const free = (it: Colleague): boolean => it.status === 'online' && it.load < it.capacity;
  const [kind, id] = to.includes(':') ? [to.slice(0, to.indexOf(':')), to.slice(to.indexOf(':') + 1)] : [to, ''];
  function submit(event: Event): void {
    event.preventDefault();
    shut();
    const text = note.trim();
    if (kind === 'queue') void act(talk, 'requeue', { note: text });
    else void act(talk, 'transfer', kind === 'team' ? { team: id, note: text } : { to: id, note: text });
  }
  const option = (value: string, name: string, more: string, dot = '') => (
    <label key={value} class="option">
      <input type="radio" name="to" value={value} checked={to === value} onChange={() => setTo(value)} />
      {dot && <span class={'status-dot ' + dot} aria-hidden="true" />}
      <span class="grow">{name}</span><span class="dim">{more}</span>
    </label>
  );
  return (
    <Dialog title={t('transferAsk')}>
      <form onSubmit={submit}>
        <fieldset class="options scroll">
          <legend>{t('transferTo')}</legend>
          {option('queue', t('requeue'), t('transferAtOnce'))}
          {teams.map((team) => option('team:' + team, t('team', { name: team }), t('transferTeam', { n: others.filter((it) => it.teams?.includes(team) && free(it)).length })))}
          {[...others].sort((a, b) => Number(free(b)) - Number(free(a)) || a.name.localeCompare(b.name, 'zh-CN')).map((it) =>
            option('agent:' + it.id, it.name, `${t(it.status)} ${it.load}/${it.capacity}`, it.status))}
        </fieldset>
        {!others.length && <p class="dim">{t('transferNobody')}</p>}
        <label class="field"><span>{t('transferNote')}</span><textarea rows={3} maxLength={500} value={note} placeholder={t('transferNoteHint')} onInput={(e) => setNote(e.currentTarget.value)} /></label>
        <p class="dim small">{t(kind === 'queue' ? 'transferQueueMore' : 'transferMore')}</p>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={shut}>{t('cancel')}</button>
          <button type="submit" class="button primary"><Icon name="transfer" /><span>{t('transfer')}</span></button>
        </div>
      </form>
    </Dialog>
  );
}

const MINUTE = 60_000;

// HoldDialog lays a conversation aside until a time; then it comes back by itself.
export function HoldDialog({ talk }: { talk: Talk }) {
  const times: [string, number][] = [
    [t('in', { n: 10 }), 10], [t('in', { n: 30 }), 30], [t('inHours', { n: 1 }), 60], [t('inHours', { n: 2 }), 120], [t('inHours', { n: 4 }), 240], [t('tomorrow'), 0],
  ];
  function until(minutes: number): number {
    if (minutes) return Math.round(api.serverNow() + minutes * MINUTE);
    const day = new Date(api.serverNow());
    day.setDate(day.getDate() + 1);
    day.setHours(9, 0, 0, 0);
    return day.getTime();
  }
  return (
    <Dialog title={t('holdAsk')}>
      <p>{t('holdMore')}</p>
      <div class="times">
        {times.map(([name, minutes], i) => (
          <button key={name} type="button" class="button" autofocus={i === 0} onClick={() => { shut(); void act(talk, 'hold', { until: until(minutes) }); }}>{name}</button>
        ))}
      </div>
    </Dialog>
  );
}

// TakeDialog asks a lead once more before a colleague's conversation is taken.
export function TakeDialog({ talk }: { talk: Talk }) {
  const name = talk.row?.holder.agent?.name ?? '';
  return (
    <Dialog title={t('takeAsk', { name })}>
      <p>{t('takeMore', { name })}</p>
      <div class="dialog-foot">
        <button type="button" class="button" autofocus onClick={shut}>{t('cancel')}</button>
        <button type="button" class="button primary" onClick={() => { shut(); void act(talk, 'take'); }}><Icon name="take" /><span>{t('take')}</span></button>
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
  const { keys, me } = useDesk();
  const rows: [string[], string][] = [
    [['J', 'K'], t('keyNext')],
    [['Enter'], t('keyOpen')],
    [['C'], t('keyClaim')],
    [['R'], t('keyReply')],
    [['N'], t('keyNote')],
    [['T'], t('keyTransfer')],
    [['H'], t('keyHold')],
    [['E'], t('keyEnd')],
    [['Alt+1', 'Alt+3'], t('keySuggest')],
    [['Alt+↑', 'Alt+↓'], t('keyUnread')],
    [['/'], t('keyCanned')],
    [['Ctrl+K'], t('keyPalette')],
    [['Ctrl+Enter'], t('keySend')],
    [['G', 'Q'], t('keyQueue')],
    [['G', 'M'], t('keyMine')],
    ...(pagesFor(me?.role).length ? [[['G', 'S'], t('keySettings')] as [string[], string]] : []),
    [['Esc'], t('keyBack')],
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
